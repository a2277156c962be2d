// Loads and stores.
#include "space.h"

namespace simulator {
namespace {

// An element into a register that may be wider: with its sign or with zeros.
void put(u8* to, u32 width, const u8* from, u32 size, bool is_signed) {
  u64 value = 0;
  std::memcpy(&value, from, size);
  if (is_signed && size < 8) {
    u32 shift = 64 - 8 * size;
    value = static_cast<u64>(static_cast<s64>(value << shift) >> shift);
  }
  std::memcpy(to, &value, width);
}

void load(Warp& warp, const Instr& instr) {
  const Fields& fields = instr.fields;
  u32 size = fields.size, bytes = size * fields.count;
  Addresses addresses(warp, instr);
  require_aligned(warp, addresses, bytes);
  count_access(warp, instr, addresses, bytes, Access::READ);
  for (int lane = 0; lane < LANES; ++lane) {
    if (!has(warp.active, lane)) {
      continue;
    }
    const u8* from = resolve(warp, instr, lane, addresses.lane[lane], bytes, Access::READ);
    for (u32 i = 0; i < fields.count; ++i) {
      u32 width = instr.width[i];
      u8* to = warp.at<u8>(instr.operand[i]) + lane * width;
      if (width == 4 && size == 4) {
        std::memcpy(to, from + i * 4, 4);
      } else {
        put(to, width, from + i * size, size, fields.is_signed);
      }
    }
  }
}

void save(Warp& warp, const Instr& instr) {
  const Fields& fields = instr.fields;
  u32 size = fields.size, bytes = size * fields.count;
  Addresses addresses(warp, instr);
  require_aligned(warp, addresses, bytes);
  count_access(warp, instr, addresses, bytes, Access::WRITE);
  for (int lane = 0; lane < LANES; ++lane) {
    if (!has(warp.active, lane)) {
      continue;
    }
    u8* to = resolve(warp, instr, lane, addresses.lane[lane], bytes, Access::WRITE);
    for (u32 i = 0; i < fields.count; ++i) {
      const u8* from = warp.at<u8>(instr.operand[i]) + lane * instr.width[i];
      if (size == 4) {
        std::memcpy(to + i * 4, from, 4);
      } else {
        std::memcpy(to + i * size, from, size);
      }
    }
  }
}

struct Element {
  const char* name;
  u8 size;
  bool is_signed;
};

constexpr Element ELEMENTS[] = {{".b8", 1, false}, {".u8", 1, false}, {".s8", 1, true},
    {".b16", 2, false}, {".u16", 2, false}, {".s16", 2, true}, {".b32", 4, false},
    {".u32", 4, false}, {".s32", 4, true}, {".f32", 4, false}, {".b64", 8, false},
    {".u64", 8, false}, {".s64", 8, true}, {".f64", 8, false}};

void add_spelling(Table& rows, const std::string& start, Space space, bool loads) {
  constexpr struct {
    const char* name;
    u8 count;
  } vectors[] = {{"", 1}, {".v2", 2}, {".v4", 4}};
  for (const auto& vector : vectors) {
    for (const Element& element : ELEMENTS) {
      if (vector.count * element.size > 16) {
        continue;
      }
      Fields fields;
      fields.space = space;
      fields.size = element.size;
      fields.count = vector.count;
      fields.is_signed = element.is_signed;
      rows[start + vector.name + element.name] =
          loads ? Row{load, "dv m", fields} : Row{save, "m sv", fields};
    }
  }
}

} // namespace

void add_memory(Table& rows) {
  for (const char* cached : {"", ".volatile", ".ca", ".cg", ".cs", ".lu", ".cv", ".nc"}) {
    bool before = std::string(cached) == ".volatile"; // the space comes after it
    std::string global = before ? "ld.volatile.global" : std::string("ld.global") + cached;
    add_spelling(rows, global, Space::GLOBAL, true);
  }
  for (const char* cached : {"", ".volatile", ".wb", ".cg", ".cs", ".wt"}) {
    bool before = std::string(cached) == ".volatile";
    std::string global = before ? "st.volatile.global" : std::string("st.global") + cached;
    add_spelling(rows, global, Space::GLOBAL, false);
  }
  add_spelling(rows, "ld", Space::GENERIC, true);
  add_spelling(rows, "st", Space::GENERIC, false);
  add_spelling(rows, "ld.shared", Space::SHARED, true);
  add_spelling(rows, "st.shared", Space::SHARED, false);
  add_spelling(rows, "ld.volatile.shared", Space::SHARED, true);
  add_spelling(rows, "st.volatile.shared", Space::SHARED, false);
  add_spelling(rows, "ld.local", Space::LOCAL, true);
  add_spelling(rows, "st.local", Space::LOCAL, false);
  add_spelling(rows, "ld.param", Space::PARAM, true);
  add_spelling(rows, "ld.const", Space::CONSTANT, true);
}

} // namespace simulator
