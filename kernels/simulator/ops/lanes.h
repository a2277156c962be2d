// How an operation on values becomes one on the 32 lanes of a warp.
#pragma once

#include "../exec/table.h"
#include "../exec/warp.h"

#include <cstring>
#include <string>

namespace simulator {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using f32 = float;
using f64 = double;

// Writes results to the active lanes. All lanes are computed, active or not: so that the loops
// vectorise, operations must be defined for all values.
template <class T> void store(Warp& warp, u32 operand, const T* results) {
  T* to = warp.at<T>(operand);
  if (warp.active == ALL) {
    std::memcpy(to, results, LANES * sizeof(T));
    return;
  }
  for (int lane = 0; lane < LANES; ++lane) {
    to[lane] = warp.active >> lane & 1 ? results[lane] : to[lane];
  }
}

inline void store_predicate(Warp& warp, u32 operand, u32 results) {
  u32& to = warp.predicate(operand);
  to = (to & ~warp.active) | (results & warp.active);
}

// d = F::of(a), F::of(a, b), F::of(a, b, c) for operands 0 to 3.
template <class F, class D, class A> void unary(Warp& warp, const Instr& instr) {
  const A* a = warp.at<A>(instr.operand[1]);
  D results[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    results[lane] = F::of(a[lane]);
  }
  store(warp, instr.operand[0], results);
}

template <class F, class D, class A, class B> void binary(Warp& warp, const Instr& instr) {
  const A* a = warp.at<A>(instr.operand[1]);
  const B* b = warp.at<B>(instr.operand[2]);
  D results[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    results[lane] = F::of(a[lane], b[lane]);
  }
  store(warp, instr.operand[0], results);
}

template <class F, class D, class A, class B, class C>
void ternary(Warp& warp, const Instr& instr) {
  const A* a = warp.at<A>(instr.operand[1]);
  const B* b = warp.at<B>(instr.operand[2]);
  const C* c = warp.at<C>(instr.operand[3]);
  D results[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    results[lane] = F::of(a[lane], b[lane], c[lane]);
  }
  store(warp, instr.operand[0], results);
}

template <class T> struct Name;
template <> struct Name<u8> { static constexpr const char* text = "u8"; };
template <> struct Name<u16> { static constexpr const char* text = "u16"; };
template <> struct Name<u32> { static constexpr const char* text = "u32"; };
template <> struct Name<u64> { static constexpr const char* text = "u64"; };
template <> struct Name<s8> { static constexpr const char* text = "s8"; };
template <> struct Name<s16> { static constexpr const char* text = "s16"; };
template <> struct Name<s32> { static constexpr const char* text = "s32"; };
template <> struct Name<s64> { static constexpr const char* text = "s64"; };
template <> struct Name<f32> { static constexpr const char* text = "f32"; };
template <> struct Name<f64> { static constexpr const char* text = "f64"; };

template <class T> std::string suffix() { return std::string(".") + Name<T>::text; }

template <class T> std::string size_of() { return std::to_string(sizeof(T)); }

// Rows for d, a / d, a, b / d, a, b, c of one register size each.
template <class F, class D, class A = D> void add_unary(Table& rows, const std::string& spelling) {
  rows[spelling] = {unary<F, D, A>, "d" + size_of<D>() + " s" + size_of<A>(), {}};
}

template <class F, class D, class A = D, class B = A>
void add_binary(Table& rows, const std::string& spelling) {
  rows[spelling] = {binary<F, D, A, B>,
      "d" + size_of<D>() + " s" + size_of<A>() + " s" + size_of<B>(), {}};
}

template <class F, class D, class A = D, class B = A, class C = D>
void add_ternary(Table& rows, const std::string& spelling) {
  rows[spelling] = {ternary<F, D, A, B, C>,
      "d" + size_of<D>() + " s" + size_of<A>() + " s" + size_of<B>() + " s" + size_of<C>(), {}};
}

} // namespace simulator
