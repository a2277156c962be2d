// Integer arithmetic against 128-bit arithmetic.
#include "test.h"

#include <algorithm>
#include <limits>

namespace test {
namespace {

__extension__ using Wide = __int128;

template <class T> Wide wide(T value) { return value; }

template <class T, class W> void check_type(const std::string& type) {
  using U = std::make_unsigned_t<T>;
  // Products of 64 bits by halves, as schoolbook does: the 128-bit product itself is what is tested.
  auto high = [](T a, T b) -> T {
    constexpr int half = 4 * sizeof(T);
    Wide al = static_cast<U>(a) & ((U{1} << half) - 1), ah = wide(a) >> half;
    Wide bl = static_cast<U>(b) & ((U{1} << half) - 1), bh = wide(b) >> half;
    Wide middle = ah * bl + (al * bl >> half);
    Wide low = al * bh + (middle & ((Wide{1} << half) - 1));
    return static_cast<T>(ah * bh + (middle >> half) + (low >> half));
  };
  check_values<T, T, T>("add" + type, [](T a, T b) { return static_cast<T>(wide(a) + b); });
  check_values<T, T, T>("sub" + type, [](T a, T b) { return static_cast<T>(wide(a) - b); });
  check_values<T, T, T>("mul.lo" + type,
      [](T a, T b) { return static_cast<T>(static_cast<U>(a) * std::uint64_t{static_cast<U>(b)}); });
  check_values<T, T, T>("mul.hi" + type, high);
  check_values<T, T, T, T>("mad.lo" + type, [](T a, T b, T c) {
    return static_cast<T>(static_cast<U>(a) * std::uint64_t{static_cast<U>(b)} + static_cast<U>(c));
  });
  check_values<T, T, T, T>("mad.hi" + type,
      [=](T a, T b, T c) { return static_cast<T>(wide(high(a, b)) + c); });
  // Division by zero is left open by PTX; the hardware gives all ones and the dividend.
  check_values<T, T, T>("div" + type,
      [](T a, T b) { return b == 0 ? static_cast<T>(-1) : static_cast<T>(wide(a) / b); });
  check_values<T, T, T>("rem" + type,
      [](T a, T b) { return b == 0 ? a : static_cast<T>(wide(a) % b); });
  check_values<T, T, T>("min" + type, [](T a, T b) { return std::min(a, b); });
  check_values<T, T, T>("max" + type, [](T a, T b) { return std::max(a, b); });
  check_values<T, T, T, T>("sad" + type, [](T a, T b, T c) {
    Wide difference = wide(a) - b;
    return static_cast<T>(c + (difference < 0 ? -difference : difference));
  });
  if constexpr (sizeof(T) < 8) {
    check_values<W, T, T>("mul.wide" + type,
        [](T a, T b) { return static_cast<W>(wide(a) * wide(b)); });
    check_values<W, T, T, W>("mad.wide" + type,
        [](T a, T b, W c) { return static_cast<W>(wide(a) * wide(b) + c); });
  }
  if constexpr (std::is_signed<T>::value) {
    check_values<T, T>("abs" + type,
        [](T a) { return static_cast<T>(a < 0 ? -wide(a) : wide(a)); });
    check_values<T, T>("neg" + type, [](T a) { return static_cast<T>(-wide(a)); });
  }
}

template <class A, class B> void check_dot(const std::string& name) {
  using U = std::uint32_t;
  check_values<U, U, U, U>(name, [](U a, U b, U c) {
    std::int64_t sum = c;
    for (int i = 0; i < 4; ++i) {
      A x;
      B y;
      std::memcpy(&x, reinterpret_cast<const char*>(&a) + i, 1);
      std::memcpy(&y, reinterpret_cast<const char*>(&b) + i, 1);
      sum += x * y;
    }
    return static_cast<U>(sum);
  });
}

} // namespace

void test_integers() {
  check_type<std::uint16_t, std::uint32_t>(".u16");
  check_type<std::int16_t, std::int32_t>(".s16");
  check_type<std::uint32_t, std::uint64_t>(".u32");
  check_type<std::int32_t, std::int64_t>(".s32");
  check_type<std::uint64_t, std::uint64_t>(".u64");
  check_type<std::int64_t, std::int64_t>(".s64");
  using S = std::int32_t;
  using U = std::uint32_t;
  auto clamp = [](Wide value) {
    return static_cast<S>(value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value);
  };
  check_values<S, S, S>("add.sat.s32", [=](S a, S b) { return clamp(wide(a) + b); });
  check_values<S, S, S>("sub.sat.s32", [=](S a, S b) { return clamp(wide(a) - b); });
  check_values<U, U, U>("mul24.lo.u32",
      [](U a, U b) { return static_cast<U>(wide(a % (1 << 24)) * wide(b % (1 << 24))); });
  auto low24 = [](S a) {
    Wide low = static_cast<U>(a) % (1 << 24);
    return low >= 1 << 23 ? low - (1 << 24) : low;
  };
  check_values<S, S, S>("mul24.lo.s32",
      [=](S a, S b) { return static_cast<S>(low24(a) * low24(b)); });
  check_dot<std::uint8_t, std::uint8_t>("dp4a.u32.u32");
  check_dot<std::int8_t, std::uint8_t>("dp4a.s32.u32");
  check_dot<std::uint8_t, std::int8_t>("dp4a.u32.s32");
  check_dot<std::int8_t, std::int8_t>("dp4a.s32.s32");
}

} // namespace test
