// Loads and stores: every spelling moves bytes that are known.
#include "test.h"

#include <algorithm>

namespace test {
namespace {

struct Element {
  const char* name;
  int size;
  bool is_signed;
};

const Element ELEMENTS[] = {{".b8", 1, false}, {".u8", 1, false}, {".s8", 1, true},
    {".b16", 2, false}, {".u16", 2, false}, {".s16", 2, true}, {".b32", 4, false},
    {".u32", 4, false}, {".s32", 4, true}, {".f32", 4, false}, {".b64", 8, false},
    {".u64", 8, false}, {".s64", 8, true}, {".f64", 8, false}};

// Signs of all sizes are set in the first half, and none in the second.
const std::uint8_t BYTES[16] = {
    0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 0x09, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x70};

const std::string FIXED = ".global .align 16 .b8 bytes[16] = {129, 146, 163, 180, 197, 214, 231, "
                          "248, 9, 26, 43, 60, 77, 94, 111, 112};\n";

std::uint64_t element(int at, const Element& type) {
  std::uint64_t value = 0;
  for (int i = 0; i < type.size; ++i) {
    value |= std::uint64_t{BYTES[at * type.size + i]} << 8 * i;
  }
  if (type.is_signed && (value >> (8 * type.size - 1) & 1) != 0) {
    for (int bit = 8 * type.size; bit < 64; ++bit) {
      value |= std::uint64_t{1} << bit;
    }
  }
  return value;
}

std::string registers(int count, const std::string& start) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ", ") + start + std::to_string(16 + i);
  }
  return count == 1 ? list : "{" + list + "}";
}

// The form of one load: how the bytes come to where it loads from, and what it is called there.
struct Source {
  std::string spelling; // up to the type
  std::string variables, body;
  std::string address;
};

void check_load(const Source& source, int count, const Element& type) {
  std::string spelling =
      source.spelling + (count == 1 ? "" : ".v" + std::to_string(count)) + type.name;
  covered().insert(spelling);
  // Into 64 bits, where the extension shows.
  std::string body = source.body + spelling + " " + registers(count, "%d") + ", " + source.address
      + ";\n";
  for (int i = 0; i < count; ++i) {
    body += "st.global.u64 [%a0+" + std::to_string(8 * i) + "], %d" + std::to_string(16 + i)
        + ";\n";
  }
  Kernels module(kernel(2, body, source.variables));
  Buffer out(8 * count), in(std::vector<std::uint8_t>(BYTES, BYTES + 16));
  check_equal(module.run("k", 1, 1, {out.address, in.address}), 0, spelling);
  auto got = out.read<std::uint64_t>();
  for (int i = 0; i < count; ++i) {
    check_equal(got[i], element(i, type), spelling + " element " + std::to_string(i));
  }
}

void check_store(const Source& target, int count, const Element& type) {
  std::string spelling =
      target.spelling + (count == 1 ? "" : ".v" + std::to_string(count)) + type.name;
  covered().insert(spelling);
  int bytes = count * type.size;
  std::string body = target.body;
  for (int i = 0; i < count; ++i) {
    body += "ld.global.u" + std::to_string(8 * type.size) + " %d" + std::to_string(16 + i)
        + ", [%a1+" + std::to_string(i * type.size) + "];\n";
  }
  body += spelling + " " + target.address + ", " + registers(count, "%d") + ";\n";
  // Back byte by byte, in the space of the store.
  bool generic = target.spelling == "st";
  std::string space = generic ? ".global"
      : target.spelling.find("shared") != std::string::npos ? ".shared"
      : target.spelling.find("local") != std::string::npos ? ".local" : ".global";
  for (int i = 0; i < bytes; ++i) {
    std::string address = target.address;
    address.insert(address.size() - 1, "+" + std::to_string(i));
    body += "ld" + space + ".u8 %r1, " + address + ";\nst.global.u8 [%a0+" + std::to_string(i)
        + "], %r1;\n";
  }
  Kernels module(kernel(3, body, target.variables));
  Buffer out(bytes), in(std::vector<std::uint8_t>(BYTES, BYTES + 16)), room(16);
  check_equal(module.run("k", 1, 1, {out.address, in.address, room.address}), 0, spelling);
  check(out.read<std::uint8_t>() == std::vector<std::uint8_t>(BYTES, BYTES + bytes), spelling);
}

template <class F> void for_all(F check) {
  for (int count : {1, 2, 4}) {
    for (const Element& type : ELEMENTS) {
      if (count * type.size <= 16) {
        check(count, type);
      }
    }
  }
}

// Stores the bytes into a variable of the space, word by word.
std::string fill(const std::string& space) {
  std::string text = "." + space + " .align 16 .b8 v[16];\n";
  for (int i = 0; i < 16; i += 4) {
    std::string at = std::to_string(i);
    text += "ld.global.u32 %r0, [%a1+" + at + "];\nst." + space + ".u32 [v+" + at + "], %r0;\n";
  }
  return text;
}

void check_parameters() {
  // A parameter of 16 bytes after the two of the frame, as a struct by value is one.
  for_all([](int count, const Element& type) {
    std::string spelling =
        "ld.param" + (count == 1 ? std::string() : ".v" + std::to_string(count)) + type.name;
    covered().insert(spelling);
    std::string text = ".visible .entry k(.param .u64 o, .param .align 16 .b8 s[16])\n{\n"
                       ".reg .b64 %o, %d<32>;\nld.param.u64 %o, [o];\n"
        + spelling + " " + registers(count, "%d") + ", [s];\n";
    for (int i = 0; i < count; ++i) {
      text += "st.global.u64 [%o+" + std::to_string(8 * i) + "], %d" + std::to_string(16 + i)
          + ";\n";
    }
    Kernels module(text + "ret;\n}\n");
    Buffer out(8 * count);
    std::uint8_t copy[16];
    std::copy(BYTES, BYTES + 16, copy);
    void* parameters[] = {&out.address, copy};
    check_equal(cuLaunchKernel(module.function("k"), 1, 1, 1, 1, 1, 1, 0, nullptr, parameters,
        nullptr), 0, spelling);
    auto got = out.read<std::uint64_t>();
    for (int i = 0; i < count; ++i) {
      check_equal(got[i], element(i, type), spelling);
    }
  });
}

} // namespace

void test_memory() {
  std::vector<Source> loads{{"ld", "", "", "[%a1]"}, {"ld.volatile.global", "", "", "[%a1]"},
      {"ld.shared", "", fill("shared"), "[v]"}, {"ld.volatile.shared", "", fill("shared"), "[v]"},
      {"ld.local", "", fill("local"), "[v]"}, {"ld.global", FIXED, "", "[bytes]"},
      {"ld.const", std::string(FIXED).replace(0, 7, ".const"), "", "[bytes]"}};
  for (const char* cached : {"", ".ca", ".cg", ".cs", ".lu", ".cv", ".nc"}) {
    loads.push_back({std::string("ld.global") + cached, "", "", "[%a1]"});
  }
  for (const Source& source : loads) {
    for_all([&](int count, const Element& type) { check_load(source, count, type); });
  }
  std::vector<Source> stores{{"st", "", "", "[%a2]"}, {"st.volatile.global", "", "", "[%a2]"},
      {"st.shared", ".shared .align 16 .b8 v[16];", "", "[v]"},
      {"st.volatile.shared", ".shared .align 16 .b8 v[16];", "", "[v]"},
      {"st.local", "", ".local .align 16 .b8 v[16];\n", "[v]"}};
  for (const char* cached : {"", ".wb", ".cg", ".cs", ".wt"}) {
    stores.push_back({std::string("st.global") + cached, "", "", "[%a2]"});
  }
  for (const Source& target : stores) {
    for_all([&](int count, const Element& type) { check_store(target, count, type); });
  }
  check_parameters();
}

} // namespace test
