// Atomic operations: what they return, what they leave, and that none is lost.
#include "test.h"

#include <algorithm>
#include <cmath>

namespace test {
namespace {

// One thread after the other works on its own place, which holds its row's first operand; in shared
// memory, and in global memory by its own and by generic addresses.
template <class T, class S, class G>
void check_one(const std::string& name, const std::string& type, bool reduces, S in_shared,
    G in_global) {
  constexpr int size = sizeof(T);
  std::string number = std::to_string(8 * size), reg = size == 4 ? "%r" : "%d";
  bool swaps = name == ".cas";
  std::vector<T> olds, values;
  for (T old : edges<T>()) {
    for (T value : edges<T>()) {
      olds.push_back(old);
      values.push_back(value);
    }
  }
  T third = static_cast<T>(42);
  for (const char* space : {"", ".global", ".shared"}) {
    for (bool returns : {true, false}) {
      if (!returns && !reduces) {
        continue;
      }
      std::string spelling = (returns ? "atom" : "red") + std::string(space) + name + type;
      covered().insert(spelling);
      bool shared = std::string(space) == ".shared";
      std::string place = shared ? "[%d16]" : "[%d3]";
      // %d3: the place in global memory; %d4: the operand; %d5: where the old value goes.
      std::string body = "setp.ge.u64 %p0, %w, %a3;\n@%p0 ret;\nmul.lo.u64 %d2, %w, "
          + std::to_string(size) + ";\nadd.u64 %d3, %a0, %d2;\nadd.u64 %d4, %a1, %d2;\n"
          "add.u64 %d5, %a2, %d2;\nld.global.b" + number + " " + reg + "8, [%d4];\n"
          "ld.global.b" + number + " " + reg + "10, [%d3];\n"
          "mov.b" + number + " " + reg + "9, 42;\n";
      if (shared) {
        body += "mov.u32 %r0, %tid.x;\nmul.wide.u32 %d16, %r0, " + std::to_string(size)
            + ";\nmov.u64 %d17, v;\nadd.u64 %d16, %d16, %d17;\nst.shared.b" + number
            + " [%d16], " + reg + "10;\n";
      }
      body += spelling + " " + (returns ? reg + "11, " : "") + place + ", " + reg + "8"
          + (swaps ? ", " + reg + "9" : "") + ";\n";
      if (returns) {
        body += "st.global.b" + number + " [%d5], " + reg + "11;\n";
      }
      if (shared) {
        body += "ld.shared.b" + number + " " + reg + "12, [%d16];\nst.global.b" + number
            + " [%d3], " + reg + "12;\n";
      }
      Kernels module(kernel(4, body, ".shared .align 8 .b8 v[1024];"));
      Buffer places(olds), operands(values), returned(olds.size() * size);
      cuMemsetD8_v2(returned.address, 0, returned.size);
      unsigned blocks = static_cast<unsigned>((olds.size() + 63) / 64);
      int status = module.run("k", blocks, 64,
          {places.address, operands.address, returned.address, olds.size()});
      check_equal(status, 0, spelling);
      auto left = places.template read<T>(), gave = returned.template read<T>();
      for (std::size_t i = 0; i < olds.size(); ++i) {
        T wanted = shared ? in_shared(olds[i], values[i], third)
                          : in_global(olds[i], values[i], third);
        check(bits(left[i]) == bits(wanted) && (!returns || bits(gave[i]) == bits(olds[i])),
            describe(spelling, {bits(olds[i]), bits(values[i])}, bits(left[i]),
                std::to_string(bits(wanted))));
      }
    }
  }
}

template <class T, class F>
void check_one(const std::string& name, const std::string& type, bool reduces, F expected) {
  check_one<T>(name, type, reduces, expected, expected);
}

template <class T> T added(T a, T b) { return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }

template <class T> T canonical(T value) {
  return value == value || sizeof(T) == 8 ? value : from_bits<T>(0x7fffffff);
}

// A subnormal becomes zero.
float flushed(float value) {
  return std::fabs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value;
}

template <class T> void check_order(const std::string& type) {
  check_one<T>(".min", type, true, [](T a, T b, T) { return std::min(a, b); });
  check_one<T>(".max", type, true, [](T a, T b, T) { return std::max(a, b); });
}

template <class T> void check_bits(const std::string& type) {
  check_one<T>(".and", type, true, [](T a, T b, T) { return a & b; });
  check_one<T>(".or", type, true, [](T a, T b, T) { return a | b; });
  check_one<T>(".xor", type, true, [](T a, T b, T) { return a ^ b; });
  check_one<T>(".exch", type, false, [](T, T b, T) { return b; });
  check_one<T>(".cas", type, false, [](T a, T b, T c) { return a == b ? c : a; });
}

void check_contention() {
  Kernels module(kernel(1, "red.global.add.u32 [%a0], 1;\n"
                           "cvt.rn.f32.u32 %r1, 1;\nmov.f32 %r1, 0f3F800000;\n"
                           "red.global.add.f32 [%a0+4], %r1;\n"));
  Buffer sums(std::vector<std::uint32_t>{0, 0});
  check_equal(module.run("k", 50, 200, {sums.address}), 0, "contended sums");
  auto got = sums.read<std::uint32_t>();
  check_equal(got[0], 10000, "contended integer sum");
  check_equal(got[1], bits(10000.0f), "contended float sum");
}

} // namespace

void test_atomics() {
  using U = std::uint32_t;
  using L = std::uint64_t;
  check_one<U>(".add", ".u32", true, [](U a, U b, U) { return added(a, b); });
  check_one<std::int32_t>(".add", ".s32", true,
      [](std::int32_t a, std::int32_t b, std::int32_t) { return added(a, b); });
  check_one<L>(".add", ".u64", true, [](L a, L b, L) { return added(a, b); });
  check_one<float>(".add", ".f32", true,
      [](float a, float b, float) { return canonical(a + b); },
      [](float a, float b, float) { return canonical(flushed(flushed(a) + flushed(b))); });
  check_one<double>(".add", ".f64", true, [](double a, double b, double) { return a + b; });
  check_order<U>(".u32");
  check_order<std::int32_t>(".s32");
  check_order<L>(".u64");
  check_order<std::int64_t>(".s64");
  check_bits<U>(".b32");
  check_bits<L>(".b64");
  check_one<U>(".inc", ".u32", true, [](U a, U b, U) { return a >= b ? 0 : a + 1; });
  check_one<U>(".dec", ".u32", true, [](U a, U b, U) { return a == 0 || a > b ? b : a - 1; });
  check_contention();
}

} // namespace test
