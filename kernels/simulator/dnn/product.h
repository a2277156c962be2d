// Products of row-major matrices in float32.
#pragma once

#include <cstddef>

namespace simulator::dnn {

// c [m, n] += a [m, k] b [k, n], row-major with these distances between rows; each element is
// summed in ascending k.
struct Product {
  std::size_t m, n, k;
  const float* a;
  std::size_t a_row;
  const float* b;
  std::size_t b_row;
  float* c;
  std::size_t c_row;

  void run() const;
};

} // namespace simulator::dnn
