// Softmax and its logarithm along the middle axis of a contiguous x [outer, count, inner], and their gradients.
//
//   softmax_value_f32, softmax_log_f32                    y from x
//   softmax_value_gradient_f32, softmax_log_gradient_f32  dx from dy and y
//
// groups = outer inner. A block has `lanes` threads for a group, which keep up to KEPT elements each, so that groups of at
// most KEPT lanes elements are read once.
#include "states.cuh"
#include "team.cuh"

template <bool LOG>
struct Forward {
  float largest;
  float scale;  // the sum, or its logarithm

  FN explicit Forward(Exponentials all) : largest(all.largest) {
    const double sum = all.softmax_sum();
    scale = (float)(LOG ? log(sum) : sum);
  }

  FN float of(float x) const { return LOG ? (x - largest) - scale : expf(x - largest) / scale; }
};

template <bool LOG>
FN void forward(float* y, const float* x, const Middle& axis, int lanes) {
  __shared__ Board<Exponentials> board;
  const Team team(lanes, axis.inner > 1);
  for (long long tile = blockIdx.x; tile < team.tiles(axis.groups); tile += gridDim.x) {
    const long long group = tile * team.groups + team.group;
    const long long count = group < axis.groups ? axis.count : 0;
    const long long start = axis.start(group);
    float own[KEPT];
    Exponentials state = Exponentials::none();
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      own[k] = i < count ? x[start + i * axis.inner] : 0;
      if (i < count) state.add(own[k]);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      state.add(x[start + i * axis.inner]);
    }
    const Forward<LOG> result(together(state, team, board));
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      if (i < count) y[start + i * axis.inner] = result.of(own[k]);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      y[start + i * axis.inner] = result.of(x[start + i * axis.inner]);
    }
  }
}

// Of y: dx = y (dy - sum(dy y)). Of its logarithm: dx = dy - exp(y) sum(dy).
template <bool LOG>
struct Backward {
  static FN double term(float dy, float y) { return LOG ? (double)dy : (double)dy * y; }
  static FN float of(float dy, float y, float sum) { return LOG ? dy - expf(y) * sum : y * (dy - sum); }
};

template <bool LOG>
FN void backward(float* dx, const float* dy, const float* y, const Middle& axis, int lanes) {
  __shared__ Board<Total> board;
  const Team team(lanes, axis.inner > 1);
  for (long long tile = blockIdx.x; tile < team.tiles(axis.groups); tile += gridDim.x) {
    const long long group = tile * team.groups + team.group;
    const long long count = group < axis.groups ? axis.count : 0;
    const long long start = axis.start(group);
    float own_dy[KEPT];
    float own_y[KEPT];
    Total state = {0};
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      own_dy[k] = i < count ? dy[start + i * axis.inner] : 0;
      own_y[k] = i < count ? y[start + i * axis.inner] : 0;
      state.sum += Backward<LOG>::term(own_dy[k], own_y[k]);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      state.sum += Backward<LOG>::term(dy[start + i * axis.inner], y[start + i * axis.inner]);
    }
    const float sum = (float)together(state, team, board).sum;
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      if (i < count) dx[start + i * axis.inner] = Backward<LOG>::of(own_dy[k], own_y[k], sum);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      const long long at = start + i * axis.inner;
      dx[at] = Backward<LOG>::of(dy[at], y[at], sum);
    }
  }
}

#define SOFTMAX(name, LOG)                                                                                       \
  extern "C" __global__ void __launch_bounds__(BLOCK) softmax_##name##_f32(                                      \
      float* y, const float* x, long long groups, long long count, long long inner, int lanes) {                 \
    forward<LOG>(y, x, Middle{groups, count, inner}, lanes);                                                     \
  }                                                                                                              \
  extern "C" __global__ void __launch_bounds__(BLOCK) softmax_##name##_gradient_f32(                             \
      float* dx, const float* dy, const float* y, long long groups, long long count, long long inner, int lanes) { \
    backward<LOG>(dx, dy, y, Middle{groups, count, inner}, lanes);                                               \
  }

SOFTMAX(value, false)
SOFTMAX(log, true)
