// Floating point rounded toward zero, down or up: the host rounds so while one instruction runs.
#include "numbers.h"

#include <cfenv>

namespace simulator {
namespace {

// The compiler must neither fold nor move an operation past the change of rounding.
template <class T> T opaque(T value) {
  volatile T hidden = value;
  return hidden;
}

struct Add {
  template <class T> static T of(T a, T b, T) { return opaque(a) + opaque(b); }
};

struct Subtract {
  template <class T> static T of(T a, T b, T) { return opaque(a) - opaque(b); }
};

struct Multiply {
  template <class T> static T of(T a, T b, T) { return opaque(a) * opaque(b); }
};

struct Divide {
  template <class T> static T of(T a, T b, T) { return opaque(a) / opaque(b); }
};

struct Fma {
  template <class T> static T of(T a, T b, T c) { return std::fma(opaque(a), opaque(b), opaque(c)); }
};

struct Reciprocal {
  template <class T> static T of(T a, T, T) { return opaque(T{1}) / opaque(a); }
};

struct SquareRoot {
  template <class T> static T of(T a, T, T) { return std::sqrt(opaque(a)); }
};

inline f64 saturate(f64 value) { return value; }
using simulator::saturate;

template <class F, class T, int OPERANDS> void rounded(Warp& warp, const Instr& instr) {
  const T* a = warp.at<T>(instr.operand[1]);
  const T* b = OPERANDS > 1 ? warp.at<T>(instr.operand[2]) : a;
  const T* c = OPERANDS > 2 ? warp.at<T>(instr.operand[3]) : a;
  bool ftz = instr.fields.ftz;
  T results[LANES];
  std::fesetround(instr.fields.mode == 0 ? FE_TOWARDZERO
      : instr.fields.mode == 1 ? FE_DOWNWARD : FE_UPWARD);
  for (int lane = 0; lane < LANES; ++lane) {
    T value = ftz ? F::of(flush(a[lane]), flush(b[lane]), flush(c[lane]))
                  : F::of(a[lane], b[lane], c[lane]);
    results[lane] = opaque(value);
  }
  std::fesetround(FE_TONEAREST);
  for (T& value : results) {
    value = canonical(ftz ? flush(value) : value);
    value = instr.fields.saturate ? saturate(value) : value;
  }
  store(warp, instr.operand[0], results);
}

template <class F, int OPERANDS>
void add_forms(Table& rows, const std::string& opcode, bool saturable) {
  const char* roundings[] = {".rz", ".rm", ".rp"};
  for (u8 mode = 0; mode < 3; ++mode) {
    std::string name = opcode + roundings[mode];
    std::string single = "d4", wide = "d8";
    for (int i = 0; i < OPERANDS; ++i) {
      single += " s4";
      wide += " s8";
    }
    Fields fields;
    fields.mode = mode;
    rows[name + ".f64"] = {rounded<F, f64, OPERANDS>, wide, fields};
    for (bool saturated : {false, true}) {
      if (saturated && !saturable) {
        continue;
      }
      std::string end = saturated ? ".sat.f32" : ".f32";
      fields.saturate = saturated;
      fields.ftz = false;
      rows[name + end] = {rounded<F, f32, OPERANDS>, single, fields};
      fields.ftz = true;
      rows[name + ".ftz" + end] = {rounded<F, f32, OPERANDS>, single, fields};
    }
  }
}

} // namespace

void add_rounded(Table& rows) {
  add_forms<Add, 2>(rows, "add", true);
  add_forms<Subtract, 2>(rows, "sub", true);
  add_forms<Multiply, 2>(rows, "mul", true);
  add_forms<Fma, 3>(rows, "fma", true);
  add_forms<Divide, 2>(rows, "div", false);
  add_forms<Reciprocal, 1>(rows, "rcp", false);
  add_forms<SquareRoot, 1>(rows, "sqrt", false);
}

} // namespace simulator
