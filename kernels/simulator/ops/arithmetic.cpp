// Integer arithmetic. Overflow wraps; what PTX leaves open (division by zero) is what NVIDIA's
// hardware gives.
#include "lanes.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace simulator {
namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;

template <class T> struct Wider;
template <> struct Wider<u16> { using Type = u32; };
template <> struct Wider<s16> { using Type = s32; };
template <> struct Wider<u32> { using Type = u64; };
template <> struct Wider<s32> { using Type = s64; };
template <> struct Wider<u64> { __extension__ using Type = unsigned __int128; };
template <> struct Wider<s64> { __extension__ using Type = __int128; };
template <class T> using Wide = typename Wider<T>::Type;

// Unsigned arithmetic in 64 bits wraps without the promotion of 16 bits to int.
template <class T> u64 bits(T value) { return static_cast<u64>(value); }

template <class T> Wide<T> product(T a, T b) { return static_cast<Wide<T>>(a) * b; }

struct Add {
  template <class T> static T of(T a, T b) { return static_cast<T>(bits(a) + bits(b)); }
};

struct AddSaturating {
  static s32 of(s32 a, s32 b) {
    return static_cast<s32>(std::clamp<s64>(s64{a} + b, INT32_MIN, INT32_MAX));
  }
};

struct Subtract {
  template <class T> static T of(T a, T b) { return static_cast<T>(bits(a) - bits(b)); }
};

struct SubtractSaturating {
  static s32 of(s32 a, s32 b) {
    return static_cast<s32>(std::clamp<s64>(s64{a} - b, INT32_MIN, INT32_MAX));
  }
};

struct MultiplyLow {
  template <class T> static T of(T a, T b) { return static_cast<T>(bits(a) * bits(b)); }
};

struct MultiplyHigh {
  template <class T> static T of(T a, T b) {
    return static_cast<T>(product(a, b) >> (8 * sizeof(T)));
  }
};

struct MultiplyWide {
  template <class T> static Wide<T> of(T a, T b) { return product(a, b); }
};

struct Multiply24 {
  static u32 of(u32 a, u32 b) { return (a & 0xffffff) * (b & 0xffffff); }
  static s32 of(s32 a, s32 b) {
    auto low = [](s32 value) { return static_cast<s32>(static_cast<u32>(value) << 8) >> 8; };
    return static_cast<s32>(s64{low(a)} * low(b));
  }
};

struct MadLow {
  template <class T> static T of(T a, T b, T c) {
    return static_cast<T>(bits(a) * bits(b) + bits(c));
  }
};

struct MadHigh {
  template <class T> static T of(T a, T b, T c) { return Add::of(MultiplyHigh::of(a, b), c); }
};

struct MadWide {
  template <class T> static Wide<T> of(T a, T b, Wide<T> c) {
    return Add::of<Wide<T>>(product(a, b), c);
  }
};

struct Divide {
  template <class T> static T of(T a, T b) {
    if (b == 0) {
      return static_cast<T>(~u64{0});
    }
    // The one quotient that does not fit would trap on the host.
    bool overflows = std::is_signed<T>::value && b == static_cast<T>(-1);
    return overflows ? static_cast<T>(0 - bits(a)) : static_cast<T>(a / b);
  }
};

struct Remainder {
  template <class T> static T of(T a, T b) {
    if (b == 0) {
      return a;
    }
    return std::is_signed<T>::value && b == static_cast<T>(-1) ? T{0} : static_cast<T>(a % b);
  }
};

struct Absolute {
  template <class T> static T of(T a) { return a < 0 ? static_cast<T>(0 - bits(a)) : a; }
};

struct Negate {
  template <class T> static T of(T a) { return static_cast<T>(0 - bits(a)); }
};

struct Minimum {
  template <class T> static T of(T a, T b) { return a < b ? a : b; }
};

struct Maximum {
  template <class T> static T of(T a, T b) { return a > b ? a : b; }
};

struct AbsoluteDifference {
  template <class T> static T of(T a, T b, T c) {
    u64 difference = a < b ? bits(b) - bits(a) : bits(a) - bits(b);
    return static_cast<T>(bits(c) + difference);
  }
};

template <bool SIGNED_A, bool SIGNED_B> struct DotProduct4 {
  static u32 of(u32 a, u32 b, u32 c) {
    for (int byte = 0; byte < 4; ++byte) {
      u32 x = a >> (8 * byte) & 0xff, y = b >> (8 * byte) & 0xff;
      c += (SIGNED_A ? static_cast<u32>(static_cast<s8>(x)) : x)
          * (SIGNED_B ? static_cast<u32>(static_cast<s8>(y)) : y);
    }
    return c;
  }
};

template <class T> void add_integer(Table& rows) {
  std::string type = suffix<T>();
  add_binary<Add, T>(rows, "add" + type);
  add_binary<Subtract, T>(rows, "sub" + type);
  add_binary<MultiplyLow, T>(rows, "mul.lo" + type);
  add_binary<MultiplyHigh, T>(rows, "mul.hi" + type);
  add_ternary<MadLow, T>(rows, "mad.lo" + type);
  add_ternary<MadHigh, T>(rows, "mad.hi" + type);
  add_binary<Divide, T>(rows, "div" + type);
  add_binary<Remainder, T>(rows, "rem" + type);
  add_binary<Minimum, T>(rows, "min" + type);
  add_binary<Maximum, T>(rows, "max" + type);
  add_ternary<AbsoluteDifference, T>(rows, "sad" + type);
}

template <class T> void add_signed(Table& rows) {
  add_unary<Absolute, T>(rows, "abs" + suffix<T>());
  add_unary<Negate, T>(rows, "neg" + suffix<T>());
}

template <class T> void add_wide(Table& rows) {
  add_binary<MultiplyWide, Wide<T>, T>(rows, "mul.wide" + suffix<T>());
  add_ternary<MadWide, Wide<T>, T>(rows, "mad.wide" + suffix<T>());
}

} // namespace

void add_arithmetic(Table& rows) {
  add_integer<u16>(rows);
  add_integer<s16>(rows);
  add_integer<u32>(rows);
  add_integer<s32>(rows);
  add_integer<u64>(rows);
  add_integer<s64>(rows);
  add_signed<s16>(rows);
  add_signed<s32>(rows);
  add_signed<s64>(rows);
  add_wide<u16>(rows);
  add_wide<s16>(rows);
  add_wide<u32>(rows);
  add_wide<s32>(rows);
  add_binary<AddSaturating, s32>(rows, "add.sat.s32");
  add_binary<SubtractSaturating, s32>(rows, "sub.sat.s32");
  add_binary<Multiply24, u32>(rows, "mul24.lo.u32");
  add_binary<Multiply24, s32>(rows, "mul24.lo.s32");
  add_ternary<DotProduct4<false, false>, u32>(rows, "dp4a.u32.u32");
  add_ternary<DotProduct4<true, false>, u32>(rows, "dp4a.s32.u32");
  add_ternary<DotProduct4<false, true>, u32>(rows, "dp4a.u32.s32");
  add_ternary<DotProduct4<true, true>, u32>(rows, "dp4a.s32.s32");
}

} // namespace simulator
