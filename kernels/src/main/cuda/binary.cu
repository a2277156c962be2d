// Point-wise functions of two tensors, and their gradients.
//
//   binary_<kind>_f32             z[i] = f(x[i], y[i])
//   binary_<kind>_gradient_x_f32  dx[i] = dz[i] df/dx; likewise gradient_y
//
// Results are contiguous with n elements; operands lie as `shape` says, so that a broadcast one has strides of 0.
#include "binary.cuh"
#include "map.cuh"

#define BINARY(name, Kind)                                                                                          \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                               \
      binary_##name##_f32(float* z, const float* x, const float* y, Strided<2> shape, long long n) {                \
    map(z, shape, n, [](float a, float b) { return Kind::value(a, b); }, x, y);                                     \
  }                                                                                                                 \
  extern "C" __global__ void __launch_bounds__(BLOCK) binary_##name##_gradient_x_f32(                               \
      float* dx, const float* dz, const float* x, const float* y, Strided<3> shape, long long n) {                  \
    map(dx, shape, n, [](float g, float a, float b) { return Kind::gradient_x(g, a, b); }, dz, x, y);               \
  }                                                                                                                 \
  extern "C" __global__ void __launch_bounds__(BLOCK) binary_##name##_gradient_y_f32(                               \
      float* dy, const float* dz, const float* x, const float* y, Strided<3> shape, long long n) {                  \
    map(dy, shape, n, [](float g, float a, float b) { return Kind::gradient_y(g, a, b); }, dz, x, y);               \
  }

BINARY(add, Add)
BINARY(sub, Sub)
BINARY(mul, Mul)
BINARY(div, Div)
BINARY(pow, Power)
BINARY(maximum, Maximum)
BINARY(minimum, Minimum)
BINARY(squared_difference, SquaredDifference)
BINARY(binary_cross_entropy, BinaryCrossEntropy)
