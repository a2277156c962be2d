// Point-wise functions of one tensor, and their gradients.
//
//   unary_<kind>_f32           y[i] = f(x[i]; a, b)
//   unary_<kind>_gradient_f32  dx[i] = dy[i] f'(x[i]; a, b); kept is x or y, as the kind's `keeps` says, and is not read
//                              if it keeps nothing
//
// Results are contiguous with n elements; operands lie as `shape` says.
#include "unary.cuh"
#include "map.cuh"

template <class Kind>
FN void value(float* y, const float* x, const Strided<1>& shape, long long n, Parameters p) {
  map(y, shape, n, [=](float v) { return Kind::value(v, p); }, x);
}

template <class Kind>
FN void gradient(
    float* dx, const float* dy, const float* kept, const Strided<2>& shape, long long n, Parameters p) {
  if constexpr (Kind::keeps == Keeps::NOTHING) {
    // The second operand's strides fall away with it.
    Strided<1> first;
    first.rank = shape.rank;
#pragma unroll
    for (int axis = 0; axis < MAX_RANK; axis++) {
      first.extent[axis] = shape.extent[axis];
      first.stride[0][axis] = shape.stride[0][axis];
    }
    map(dx, first, n, [=](float g) { return Kind::gradient(g, 0, p); }, dy);
  } else {
    map(dx, shape, n, [=](float g, float v) { return Kind::gradient(g, v, p); }, dy, kept);
  }
}

#define UNARY(name, Kind)                                                                                      \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                         \
      unary_##name##_f32(float* y, const float* x, Strided<1> shape, long long n, float a, float b) {         \
    value<Kind>(y, x, shape, n, Parameters{a, b});                                                            \
  }                                                                                                           \
  extern "C" __global__ void __launch_bounds__(BLOCK) unary_##name##_gradient_f32(                            \
      float* dx, const float* dy, const float* kept, Strided<2> shape, long long n, float a, float b) {       \
    gradient<Kind>(dx, dy, kept, shape, n, Parameters{a, b});                                                 \
  }

UNARY(neg, Neg)
UNARY(abs, Abs)
UNARY(exp, Exp)
UNARY(log, Log)
UNARY(sqrt, Sqrt)
UNARY(square, Square)
UNARY(reciprocal, Reciprocal)
UNARY(sin, Sin)
UNARY(cos, Cos)
UNARY(tanh, Tanh)
UNARY(sigmoid, Sigmoid)
UNARY(relu, Relu)
UNARY(leaky_relu, LeakyRelu)
UNARY(gelu, Gelu)
UNARY(gelu_tanh, GeluTanh)
UNARY(softplus, Softplus)
UNARY(pow, Pow)
UNARY(clamp, Clamp)
UNARY(hard_shrink, HardShrink)
UNARY(add_scalar, AddScalar)
UNARY(mul_scalar, MulScalar)
