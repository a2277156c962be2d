// What a convolution is asked to do: its three layouts, checked to fit together.
#pragma once

#include "dnn.h"
#include "loops.h"

namespace simulator::dnn {

// Which of x, w and y is computed from the others.
enum class Pass { FORWARD, DATA, FILTER };

struct Problem {
  Layout x, w, y;
  Convolution convolution;
  bool channels_last_filter;
  Extents extents;
};

// Refused by BAD_PARAM where channels, groups or y's extents do not fit:
// p = 1 + floor((h + 2 pad - ((r - 1) dilation + 1)) / stride), and q likewise.
Problem problem_of(const void* x, const void* w, const void* convolution, const void* y);

} // namespace simulator::dnn
