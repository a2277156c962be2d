// What PTX says about floating-point numbers in general.
#pragma once

#include "lanes.h"

#include <cmath>

namespace simulator {

template <class To, class From> To reinterpret(From value) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

// .ftz: a subnormal becomes a zero of its sign.
inline f32 flush(f32 value) {
  u32 bits = reinterpret<u32>(value);
  return reinterpret<f32>((bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits);
}

inline f64 flush(f64 value) { return value; }

// A float32 operation that gives a NaN gives this one.
inline f32 canonical(f32 value) { return value == value ? value : reinterpret<f32>(0x7fffffffu); }

inline f64 canonical(f64 value) { return value; }

// .sat: [0, 1], NaN becomes +0.
inline f32 saturate(f32 value) { return value > 0 ? (value < 1 ? value : 1.0f) : 0.0f; }

// F with .ftz: on flushed inputs, its result flushed.
template <class F> struct Flushed {
  static f32 of(f32 a) { return flush(F::of(flush(a))); }
  static f32 of(f32 a, f32 b) { return flush(F::of(flush(a), flush(b))); }
  static f32 of(f32 a, f32 b, f32 c) { return flush(F::of(flush(a), flush(b), flush(c))); }
};

template <class F> struct Saturated {
  static f32 of(f32 a, f32 b) { return saturate(F::of(a, b)); }
  static f32 of(f32 a, f32 b, f32 c) { return saturate(F::of(a, b, c)); }
};

} // namespace simulator
