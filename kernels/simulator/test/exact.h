// Numbers as integers times powers of two, rounded to a floating-point type by the rules of
// IEEE 754: the reference that the simulator's use of the host's arithmetic is held against.
#pragma once

#include <cstdint>

namespace test {

enum class Rounding { NEAREST, ZERO, DOWN, UP };

__extension__ using Big = unsigned __int128;

// sign * mantissa * 2^exponent, exactly, or a little more in magnitude if inexact is set.
struct Exact {
  bool negative;
  Big mantissa;
  int exponent;
  bool inexact = false;
};

template <class T> Exact exact_of(T value); // finite values
Exact exact_of_integer(bool negative, std::uint64_t magnitude);

Exact add(Exact a, Exact b, Rounding rounding);
Exact multiply(Exact a, Exact b);
Exact divide(Exact a, Exact b);
Exact square_root(Exact a);

template <class T> T round_to(const Exact& value, Rounding rounding);

} // namespace test
