// cvt: between integers, between floating-point numbers, and across.
#include "numbers.h"

#include <cfenv>
#include <limits>
#include <type_traits>

namespace simulator {
namespace {

enum Rounding : u8 { NONE, NEAREST, ZERO, DOWN, UP };

// A register may be wider than the type: the low bits count.
template <class S> void gather(const Warp& warp, const Instr& instr, S* values) {
  const u8* from = warp.at<u8>(instr.operand[1]);
  int width = instr.width[1];
  for (int lane = 0; lane < LANES; ++lane) {
    std::memcpy(&values[lane], from + lane * width, sizeof(S));
  }
}

template <class W, class D> void scatter(Warp& warp, const Instr& instr, const D* values) {
  W wide[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    wide[lane] = static_cast<W>(values[lane]);
  }
  store(warp, instr.operand[0], wide);
}

// A register that is wider than the type gets its sign or zeros.
template <class D> void deliver(Warp& warp, const Instr& instr, const D* values) {
  if (instr.width[0] == sizeof(D)) {
    store(warp, instr.operand[0], values);
  } else if (instr.width[0] == 2) {
    scatter<s16>(warp, instr, values);
  } else if (instr.width[0] == 4) {
    scatter<s32>(warp, instr, values);
  } else {
    scatter<s64>(warp, instr, values);
  }
}

template <class D, class S> D clamp(S value) {
  __extension__ using Wide = __int128;
  Wide low = std::numeric_limits<D>::min(), high = std::numeric_limits<D>::max();
  Wide wide = value;
  return static_cast<D>(wide < low ? low : wide > high ? high : wide);
}

template <class D, class S> void between_integers(Warp& warp, const Instr& instr) {
  S values[LANES];
  D results[LANES];
  gather(warp, instr, values);
  for (int lane = 0; lane < LANES; ++lane) {
    results[lane] =
        instr.fields.saturate ? clamp<D>(values[lane]) : static_cast<D>(values[lane]);
  }
  deliver(warp, instr, results);
}

f64 round_to_integer(f64 value, u8 rounding) {
  switch (rounding) {
    case NEAREST: return std::nearbyint(value);
    case ZERO: return std::trunc(value);
    case DOWN: return std::floor(value);
    case UP: return std::ceil(value);
    default: return value;
  }
}

// NaN gives 0, but the smallest signed or middle unsigned number when 64 bits are involved.
template <class D> D to_integer(f64 value, bool wide) {
  if (value != value) {
    return wide ? static_cast<D>(u64{1} << (8 * sizeof(D) - 1)) : D{0};
  }
  // Powers of two, hence exact.
  f64 high = std::ldexp(1.0, static_cast<int>(8 * sizeof(D)) - std::is_signed<D>::value);
  f64 low = std::is_signed<D>::value ? -high : 0.0;
  if (value >= high) {
    return std::numeric_limits<D>::max();
  }
  return value < low ? std::numeric_limits<D>::min() : static_cast<D>(value);
}

template <class D, class S> void float_to_integer(Warp& warp, const Instr& instr) {
  S values[LANES];
  D results[LANES];
  gather(warp, instr, values);
  bool wide = sizeof(D) == 8 || sizeof(S) == 8;
  for (int lane = 0; lane < LANES; ++lane) {
    f64 value = values[lane];
    if (instr.fields.ftz) {
      value = flush(static_cast<f32>(values[lane]));
    }
    results[lane] = to_integer<D>(round_to_integer(value, instr.fields.mode), wide);
  }
  deliver(warp, instr, results);
}

// The host converts in the rounding of the instruction; the compiler must not move that away.
template <class D, class S> void convert_rounded(const S* values, D* results, u8 rounding) {
  static const int modes[] = {FE_TONEAREST, FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  std::fesetround(modes[rounding]);
  for (int lane = 0; lane < LANES; ++lane) {
    volatile S value = values[lane];
    volatile D result = static_cast<D>(value);
    results[lane] = result;
  }
  std::fesetround(FE_TONEAREST);
}

template <class D, class S> void to_float(Warp& warp, const Instr& instr) {
  S values[LANES];
  D results[LANES];
  gather(warp, instr, values);
  if (instr.fields.mode <= NEAREST) {
    for (int lane = 0; lane < LANES; ++lane) {
      results[lane] = static_cast<D>(values[lane]);
    }
  } else {
    convert_rounded(values, results, instr.fields.mode);
  }
  store(warp, instr.operand[0], results);
}

inline f64 saturate(f64 value) { return value > 0 ? (value < 1 ? value : 1.0) : 0.0; }
using simulator::saturate;

template <class T> T flushed(T value) { return value; }
template <> f32 flushed(f32 value) { return flush(value); }

// Between float types: .rn ... round to the narrower type, .rni ... to an integer.
template <class D, class S, bool TO_INTEGER> void between_floats(Warp& warp, const Instr& instr) {
  S values[LANES];
  D results[LANES];
  gather(warp, instr, values);
  if (instr.fields.ftz) {
    for (S& value : values) {
      value = flushed(value);
    }
  }
  if (TO_INTEGER) {
    for (S& value : values) {
      value = static_cast<S>(round_to_integer(value, instr.fields.mode));
    }
  }
  if (TO_INTEGER || instr.fields.mode <= NEAREST) {
    for (int lane = 0; lane < LANES; ++lane) {
      results[lane] = static_cast<D>(values[lane]);
    }
  } else {
    convert_rounded(values, results, instr.fields.mode);
  }
  for (D& value : results) {
    value = canonical(instr.fields.ftz ? flushed(value) : value);
    value = instr.fields.saturate ? saturate(value) : value;
  }
  store(warp, instr.operand[0], results);
}

struct Mode {
  const char* name;
  Rounding rounding;
};

constexpr Mode TO_NUMBER[] = {{".rn", NEAREST}, {".rz", ZERO}, {".rm", DOWN}, {".rp", UP}};
constexpr Mode TO_WHOLE[] = {{".rni", NEAREST}, {".rzi", ZERO}, {".rmi", DOWN}, {".rpi", UP}};

template <class D, class S> std::string operands() {
  std::string to = std::is_integral<D>::value ? "d+" : "d";
  std::string from = std::is_integral<S>::value ? " s+" : " s";
  return to + size_of<D>() + from + size_of<S>();
}

template <class D, class S> void add_integers(Table& rows) {
  for (bool saturated : {false, true}) {
    Fields fields;
    fields.saturate = saturated;
    rows[(saturated ? "cvt.sat" : "cvt") + suffix<D>() + suffix<S>()] = {
        between_integers<D, S>, operands<D, S>(), fields};
  }
}

template <class D, class S> void add_to_integer(Table& rows) {
  for (Mode mode : TO_WHOLE) {
    for (bool ftz : {false, true}) {
      if (ftz && sizeof(S) == 8) {
        continue;
      }
      for (bool saturated : {false, true}) {
        Fields fields;
        fields.mode = mode.rounding;
        fields.ftz = ftz;
        rows[std::string("cvt") + mode.name + (ftz ? ".ftz" : "") + (saturated ? ".sat" : "")
            + suffix<D>() + suffix<S>()] = {float_to_integer<D, S>, operands<D, S>(), fields};
      }
    }
  }
}

template <class D, class S> void add_to_float(Table& rows) {
  for (Mode mode : TO_NUMBER) {
    Fields fields;
    fields.mode = mode.rounding;
    rows[std::string("cvt") + mode.name + suffix<D>() + suffix<S>()] = {
        to_float<D, S>, operands<D, S>(), fields};
  }
}

template <class D, class S, bool TO_INTEGER>
void add_float_pair(Table& rows, const char* mode, Rounding rounding) {
  bool single = sizeof(D) == 4 || sizeof(S) == 4;
  for (bool ftz : {false, true}) {
    for (bool saturated : {false, true}) {
      if (ftz && !single) {
        continue;
      }
      Fields fields;
      fields.mode = rounding;
      fields.ftz = ftz;
      fields.saturate = saturated;
      rows[std::string("cvt") + mode + (ftz ? ".ftz" : "") + (saturated ? ".sat" : "")
          + suffix<D>() + suffix<S>()] = {between_floats<D, S, TO_INTEGER>, operands<D, S>(), fields};
    }
  }
}

template <class D> void add_destination(Table& rows) {
  add_integers<D, u8>(rows);
  add_integers<D, s8>(rows);
  add_integers<D, u16>(rows);
  add_integers<D, s16>(rows);
  add_integers<D, u32>(rows);
  add_integers<D, s32>(rows);
  add_integers<D, u64>(rows);
  add_integers<D, s64>(rows);
  add_to_integer<D, f32>(rows);
  add_to_integer<D, f64>(rows);
  add_to_float<f32, D>(rows);
  add_to_float<f64, D>(rows);
}

} // namespace

void add_convert(Table& rows) {
  add_destination<u8>(rows);
  add_destination<s8>(rows);
  add_destination<u16>(rows);
  add_destination<s16>(rows);
  add_destination<u32>(rows);
  add_destination<s32>(rows);
  add_destination<u64>(rows);
  add_destination<s64>(rows);
  for (Mode mode : TO_NUMBER) {
    add_float_pair<f32, f64, false>(rows, mode.name, mode.rounding);
  }
  for (Mode mode : TO_WHOLE) {
    add_float_pair<f32, f32, true>(rows, mode.name, mode.rounding);
    add_float_pair<f64, f64, true>(rows, mode.name, mode.rounding);
  }
  add_float_pair<f32, f32, false>(rows, "", NONE);
  add_float_pair<f64, f64, false>(rows, "", NONE);
  add_float_pair<f64, f32, false>(rows, "", NONE);
}

} // namespace simulator
