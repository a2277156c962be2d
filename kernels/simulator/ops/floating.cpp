// Floating point rounded to nearest, and what needs no rounding.
#include "numbers.h"

namespace simulator {
namespace {

struct Add {
  template <class T> static T of(T a, T b) { return canonical(a + b); }
};

struct Subtract {
  template <class T> static T of(T a, T b) { return canonical(a - b); }
};

struct Multiply {
  template <class T> static T of(T a, T b) { return canonical(a * b); }
};

struct Fma {
  template <class T> static T of(T a, T b, T c) { return canonical(std::fma(a, b, c)); }
};

struct Divide {
  template <class T> static T of(T a, T b) { return canonical(a / b); }
};

struct Reciprocal {
  template <class T> static T of(T a) { return canonical(1 / a); }
};

struct SquareRoot {
  template <class T> static T of(T a) { return canonical(std::sqrt(a)); }
};

template <class T> struct Bits;
template <> struct Bits<f32> { using Type = u32; };
template <> struct Bits<f64> { using Type = u64; };
template <class T> constexpr typename Bits<T>::Type SIGN = typename Bits<T>::Type{1}
    << (8 * sizeof(T) - 1);

struct Absolute {
  template <class T> static T of(T a) {
    return reinterpret<T>(reinterpret<typename Bits<T>::Type>(a) & ~SIGN<T>);
  }
};

struct Negate {
  template <class T> static T of(T a) {
    return reinterpret<T>(reinterpret<typename Bits<T>::Type>(a) ^ SIGN<T>);
  }
};

// copysign takes the sign of its first operand.
struct CopySign {
  template <class T> static T of(T a, T b) {
    auto sign = reinterpret<typename Bits<T>::Type>(a) & SIGN<T>;
    return reinterpret<T>((reinterpret<typename Bits<T>::Type>(b) & ~SIGN<T>) | sign);
  }
};

// A NaN loses against a number, and -0 is less than +0.
struct Minimum {
  template <class T> static T of(T a, T b) {
    T smaller = a < b || b != b || (a == b && std::signbit(a)) ? a : b;
    return canonical(smaller);
  }
};

struct Maximum {
  template <class T> static T of(T a, T b) {
    T larger = a > b || b != b || (a == b && !std::signbit(a)) ? a : b;
    return canonical(larger);
  }
};

template <int KIND> void test(Warp& warp, const Instr& instr) {
  bool is_double = instr.width[1] == 8;
  u32 results = 0;
  for (int lane = 0; lane < LANES; ++lane) {
    int kind = is_double ? std::fpclassify(warp.at<f64>(instr.operand[1])[lane])
                         : std::fpclassify(warp.at<f32>(instr.operand[1])[lane]);
    bool nan = kind == FP_NAN, infinite = kind == FP_INFINITE;
    bool holds[] = {!nan && !infinite, infinite, !nan, nan, kind == FP_NORMAL,
        kind == FP_SUBNORMAL};
    results |= holds[KIND] ? 1u << lane : 0;
  }
  store_predicate(warp, instr.operand[0], results);
}

void add_tests(Table& rows, const std::string& type, const std::string& operands) {
  rows["testp.finite" + type] = {test<0>, operands, {}};
  rows["testp.infinite" + type] = {test<1>, operands, {}};
  rows["testp.number" + type] = {test<2>, operands, {}};
  rows["testp.notanumber" + type] = {test<3>, operands, {}};
  rows["testp.normal" + type] = {test<4>, operands, {}};
  rows["testp.subnormal" + type] = {test<5>, operands, {}};
}

template <class F> void add_forms(Table& rows, const std::string& opcode) {
  add_binary<F, f32>(rows, opcode + ".f32");
  add_binary<Flushed<F>, f32>(rows, opcode + ".ftz.f32");
  add_binary<Saturated<F>, f32>(rows, opcode + ".sat.f32");
  add_binary<Saturated<Flushed<F>>, f32>(rows, opcode + ".ftz.sat.f32");
  add_binary<F, f64>(rows, opcode + ".f64");
}

} // namespace

void add_floating(Table& rows) {
  for (const char* rounding : {"", ".rn"}) {
    add_forms<Add>(rows, std::string("add") + rounding);
    add_forms<Subtract>(rows, std::string("sub") + rounding);
    add_forms<Multiply>(rows, std::string("mul") + rounding);
  }
  for (const char* opcode : {"fma.rn", "mad.rn"}) {
    std::string name = opcode;
    add_ternary<Fma, f32>(rows, name + ".f32");
    add_ternary<Flushed<Fma>, f32>(rows, name + ".ftz.f32");
    add_ternary<Saturated<Fma>, f32>(rows, name + ".sat.f32");
    add_ternary<Saturated<Flushed<Fma>>, f32>(rows, name + ".ftz.sat.f32");
    add_ternary<Fma, f64>(rows, name + ".f64");
  }
  add_binary<Divide, f32>(rows, "div.rn.f32");
  add_binary<Flushed<Divide>, f32>(rows, "div.rn.ftz.f32");
  add_binary<Divide, f64>(rows, "div.rn.f64");
  add_unary<Reciprocal, f32>(rows, "rcp.rn.f32");
  add_unary<Flushed<Reciprocal>, f32>(rows, "rcp.rn.ftz.f32");
  add_unary<Reciprocal, f64>(rows, "rcp.rn.f64");
  add_unary<SquareRoot, f32>(rows, "sqrt.rn.f32");
  add_unary<Flushed<SquareRoot>, f32>(rows, "sqrt.rn.ftz.f32");
  add_unary<SquareRoot, f64>(rows, "sqrt.rn.f64");
  add_unary<Absolute, f32>(rows, "abs.f32");
  add_unary<Flushed<Absolute>, f32>(rows, "abs.ftz.f32");
  add_unary<Absolute, f64>(rows, "abs.f64");
  add_unary<Negate, f32>(rows, "neg.f32");
  add_unary<Flushed<Negate>, f32>(rows, "neg.ftz.f32");
  add_unary<Negate, f64>(rows, "neg.f64");
  add_binary<CopySign, f32>(rows, "copysign.f32");
  add_binary<CopySign, f64>(rows, "copysign.f64");
  add_binary<Minimum, f32>(rows, "min.f32");
  add_binary<Flushed<Minimum>, f32>(rows, "min.ftz.f32");
  add_binary<Minimum, f64>(rows, "min.f64");
  add_binary<Maximum, f32>(rows, "max.f32");
  add_binary<Flushed<Maximum>, f32>(rows, "max.ftz.f32");
  add_binary<Maximum, f64>(rows, "max.f64");
  add_tests(rows, ".f32", "dp s4");
  add_tests(rows, ".f64", "dp s8");
}

} // namespace simulator
