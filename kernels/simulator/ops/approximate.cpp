// The approximations, computed in double and rounded once: nearer to the truth than the hardware,
// and inside the errors that PTX documents for them.
#include "numbers.h"

namespace simulator {
namespace {

f32 narrowed(f64 value) { return canonical(static_cast<f32>(value)); }

struct Exp2 {
  static f32 of(f32 a) { return narrowed(std::exp2(f64{a})); }
};

struct Log2 {
  static f32 of(f32 a) { return narrowed(std::log2(f64{a})); }
};

struct Sine {
  static f32 of(f32 a) { return narrowed(std::sin(f64{a})); }
};

struct Cosine {
  static f32 of(f32 a) { return narrowed(std::cos(f64{a})); }
};

struct Tanh {
  static f32 of(f32 a) { return narrowed(std::tanh(f64{a})); }
};

struct Reciprocal {
  static f32 of(f32 a) { return narrowed(1 / f64{a}); }
};

struct SquareRoot {
  static f32 of(f32 a) { return narrowed(std::sqrt(f64{a})); }
};

struct ReciprocalRoot {
  static f32 of(f32 a) { return narrowed(1 / std::sqrt(f64{a})); }
};

struct DivideFull {
  static f32 of(f32 a, f32 b) { return narrowed(f64{a} / f64{b}); }
};

// For a divisor above 2^126 div.approx gives 0, or NaN if the dividend is infinite.
struct Divide {
  static f32 of(f32 a, f32 b) {
    if (std::fabs(b) > 0x1p126f && !std::isinf(b) && !std::isnan(a)) {
      return std::isinf(a) ? canonical(NAN) : std::copysign(0.0f, a * b);
    }
    return DivideFull::of(a, b);
  }
};

// double: 20 bits of mantissa, subnormals flushed.
template <class F> struct Coarse {
  static f64 of(f64 a) {
    u64 bits = reinterpret<u64>(F::of(reinterpret<f64>(flush(reinterpret<u64>(a)))));
    return reinterpret<f64>(flush(bits) & 0xffffffff00000000);
  }
  static u64 flush(u64 bits) {
    return (bits & 0x7ff0000000000000) == 0 ? bits & 0x8000000000000000 : bits;
  }
};

struct ReciprocalDouble {
  static f64 of(f64 a) { return 1 / a; }
};

struct ReciprocalRootDouble {
  static f64 of(f64 a) { return 1 / std::sqrt(a); }
};

template <class F> void add_forms(Table& rows, const std::string& opcode) {
  add_unary<F, f32>(rows, opcode + ".approx.f32");
  add_unary<Flushed<F>, f32>(rows, opcode + ".approx.ftz.f32");
}

} // namespace

void add_approximate(Table& rows) {
  add_forms<Exp2>(rows, "ex2");
  add_forms<Log2>(rows, "lg2");
  add_forms<Sine>(rows, "sin");
  add_forms<Cosine>(rows, "cos");
  add_forms<Reciprocal>(rows, "rcp");
  add_forms<SquareRoot>(rows, "sqrt");
  add_forms<ReciprocalRoot>(rows, "rsqrt");
  add_unary<Tanh, f32>(rows, "tanh.approx.f32");
  add_unary<Coarse<ReciprocalDouble>, f64>(rows, "rcp.approx.ftz.f64");
  add_unary<Coarse<ReciprocalRootDouble>, f64>(rows, "rsqrt.approx.ftz.f64");
  add_binary<Divide, f32>(rows, "div.approx.f32");
  add_binary<Flushed<Divide>, f32>(rows, "div.approx.ftz.f32");
  add_binary<DivideFull, f32>(rows, "div.full.f32");
  add_binary<Flushed<DivideFull>, f32>(rows, "div.full.ftz.f32");
}

} // namespace simulator
