// The numbers of a matrix product.
#pragma once

#include "library.h"

#include <cstdint>

namespace simulator {
namespace library {

// A matrix wherever it lies: element (i, j) is at data[i * row + j * column].
template <class T> struct Matrix {
  T* data;
  std::int64_t row, column;

  T& at(std::int64_t i, std::int64_t j) const { return data[i * row + j * column]; }
};

// A batch of products C = alpha A B + beta C, A [m, k], B [k, n], C [m, n]; the next of a batch lie
// the steps further. A beta of 0 does not read C.
struct Product {
  std::int64_t m, n, k, batch;
  float alpha, beta;
  bool tf32; // rounds A and B first
  Matrix<const float> a, b;
  Matrix<float> c;
  std::int64_t step_a, step_b, step_c;
};

// Each element of A B is summed in float32 by fused multiplication and addition, k ascending, so
// that the bits depend on nothing else.
LIBRARY_API void multiply(const Product& product);

// C = beta C, all zeros for a beta of 0.
LIBRARY_API void scale(const Product& product);

// The nearest number with 10 bits behind its first, the even one of two.
LIBRARY_API float to_tf32(float value);

} // namespace library
} // namespace simulator
