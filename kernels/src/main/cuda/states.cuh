// What a reduction remembers of the elements it has seen. Sums are in double: a float32 sum of a million elements would
// keep four digits, and squares of large elements would overflow.
#pragma once

#include "common.cuh"

struct Total {
  double sum;
};

FN Total combine(Total a, Total b) { return {a.sum + b.sum}; }

// Sums of deviations from a shift near the mean and of their squares, so that the variance does not cancel.
struct Moments {
  double sum, squares;

  FN void add(double deviation) {
    sum += deviation;
    squares += deviation * deviation;
  }

  // The sum of the squared deviations from the mean.
  FN double spread(long long count) const {
    const double spread = squares - sum * sum / (double)count;
    return spread < 0 ? 0 : spread;
  }
};

FN Moments combine(Moments a, Moments b) { return {a.sum + b.sum, a.squares + b.squares}; }

FN float infinity() { return __int_as_float(0x7f800000); }
FN float not_a_number() { return __int_as_float(0x7fc00000); }

// The largest x, NaN if there is one.
struct Largest {
  float value;
};

FN Largest combine(Largest a, Largest b) { return a.value > b.value || a.value != a.value ? a : b; }

struct Smallest {
  float value;
};

FN Smallest combine(Smallest a, Smallest b) { return a.value < b.value || a.value != a.value ? a : b; }

// The largest x, NaN if there is one, and the sum of exp(x - largest), which counts only if that is finite.
struct Exponentials {
  float largest;
  double sum;

  static FN Exponentials none() { return {-infinity(), 0}; }

  FN void add(float x) {
    const float e = x == -infinity() ? 0 : expf(-fabsf(x - largest));
    sum = x <= largest ? sum + e : sum * e + 1;
    largest = combine(Largest{largest}, Largest{x}).value;
  }

  // log(sum(exp(x))): -infinity of none.
  FN double log_sum() const { return fabsf(largest) < infinity() ? largest + log(sum) : largest; }

  // The sum of exp(x - largest): NaN if the largest is infinite, as PyTorch's softmax has it.
  FN double softmax_sum() const { return fabsf(largest) < infinity() ? sum : (double)not_a_number(); }
};

FN Exponentials combine(Exponentials a, Exponentials b) {
  const float e = a.largest == b.largest ? 1 : expf(-fabsf(a.largest - b.largest));
  const float largest = combine(Largest{a.largest}, Largest{b.largest}).value;
  return {largest, largest == a.largest ? a.sum + b.sum * e : b.sum + a.sum * e};
}

// An element and its index; index -1 for none.
struct Place {
  float value;
  int index;

  // Whether this comes before the other: NaN first, then by value, the lower index first among ties.
  FN bool before(Place other, bool largest) const {
    if (index < 0 || other.index < 0) return index >= 0;
    const bool nan = value != value;
    const bool other_nan = other.value != other.value;
    if (nan != other_nan) return nan;
    if (nan || value == other.value) return index < other.index;
    return largest ? value > other.value : value < other.value;
  }
};

struct First : Place {};
struct Last : Place {};

FN First combine(First a, First b) { return a.before(b, true) ? a : b; }
FN Last combine(Last a, Last b) { return a.before(b, false) ? a : b; }
