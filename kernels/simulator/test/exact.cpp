#include "exact.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace test {
namespace {

// Leaves room above for a carry.
constexpr int TOP = 125;

int highest(Big value) {
  int at = -1;
  for (; value != 0; value >>= 1) {
    ++at;
  }
  return at;
}

void normalize(Exact& value) {
  if (value.mantissa != 0) {
    int shift = TOP - highest(value.mantissa);
    value.mantissa = shift >= 0 ? value.mantissa << shift : value.mantissa >> -shift;
    value.exponent -= shift;
  }
}

} // namespace

template <class T> Exact exact_of(T value) {
  int exponent;
  T fraction = std::frexp(std::fabs(value), &exponent);
  constexpr int digits = std::numeric_limits<T>::digits;
  auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, digits));
  return {std::signbit(value), mantissa, exponent - digits};
}

template Exact exact_of(float);
template Exact exact_of(double);

Exact exact_of_integer(bool negative, std::uint64_t magnitude) { return {negative, magnitude, 0}; }

Exact add(Exact a, Exact b, Rounding rounding) {
  if (a.mantissa == 0 && b.mantissa == 0) {
    bool negative = a.negative == b.negative ? a.negative : rounding == Rounding::DOWN;
    return {negative, 0, 0};
  }
  if (a.mantissa == 0 || b.mantissa == 0) {
    return a.mantissa == 0 ? b : a;
  }
  normalize(a);
  normalize(b);
  if (a.exponent < b.exponent || (a.exponent == b.exponent && a.mantissa < b.mantissa)) {
    std::swap(a, b);
  }
  int shift = a.exponent - b.exponent;
  bool lost = shift > TOP || (b.mantissa & ((Big{1} << shift) - 1)) != 0;
  Big smaller = shift > TOP ? 0 : b.mantissa >> shift;
  Exact result = a;
  if (a.negative == b.negative) {
    result.mantissa += smaller;
  } else {
    // What was cut off makes the difference a little smaller: one less and a little more.
    result.mantissa -= smaller + lost;
  }
  result.inexact = lost;
  if (result.mantissa == 0 && !lost) {
    return {rounding == Rounding::DOWN, 0, 0};
  }
  return result;
}

Exact multiply(Exact a, Exact b) {
  return {a.negative != b.negative, a.mantissa * b.mantissa, a.exponent + b.exponent};
}

Exact divide(Exact a, Exact b) {
  if (a.mantissa == 0) {
    return {a.negative != b.negative, 0, 0};
  }
  normalize(a);
  Exact result{a.negative != b.negative, a.mantissa / b.mantissa, a.exponent - b.exponent};
  result.inexact = a.mantissa % b.mantissa != 0;
  return result;
}

Exact square_root(Exact a) {
  if (a.mantissa == 0) {
    return a;
  }
  normalize(a);
  if (a.exponent % 2 != 0) {
    a.mantissa >>= 1; // its lowest bits are zeros
    ++a.exponent;
  }
  Big root = 0;
  for (int at = 62; at >= 0; --at) {
    Big candidate = root | Big{1} << at;
    root = candidate * candidate <= a.mantissa ? candidate : root;
  }
  return {false, root, a.exponent / 2, root * root != a.mantissa};
}

template <class T> T round_to(const Exact& value, Rounding rounding) {
  using Limits = std::numeric_limits<T>;
  T sign = value.negative ? T{-1} : T{1};
  if (value.mantissa == 0 && !value.inexact) {
    return value.negative ? -T{0} : T{0};
  }
  // The lowest bit that the result can hold.
  int lowest = std::max(value.exponent + highest(value.mantissa) - (Limits::digits - 1),
      Limits::min_exponent - Limits::digits);
  int shift = lowest - value.exponent;
  Big kept = shift <= 0 ? value.mantissa << -shift : shift > TOP + 1 ? 0 : value.mantissa >> shift;
  Big rest = shift <= 0 ? 0 : shift > TOP + 1 ? value.mantissa : value.mantissa & ((Big{1} << shift) - 1);
  Big half = shift <= 0 || shift > TOP + 1 ? ~Big{0} : Big{1} << (shift - 1);
  bool any = rest != 0 || value.inexact;
  bool up = rounding == Rounding::UP ? any && !value.negative
      : rounding == Rounding::DOWN ? any && value.negative
      : rounding == Rounding::NEAREST
      && (rest > half || (rest == half && (value.inexact || (kept & 1) != 0)));
  kept += up;
  T result = std::ldexp(static_cast<T>(static_cast<std::uint64_t>(kept)), lowest);
  if (std::isinf(result)) {
    bool away = rounding == Rounding::NEAREST
        || (rounding == Rounding::UP && !value.negative)
        || (rounding == Rounding::DOWN && value.negative);
    result = away ? result : Limits::max();
  }
  return sign * result;
}

template float round_to(const Exact&, Rounding);
template double round_to(const Exact&, Rounding);

} // namespace test
