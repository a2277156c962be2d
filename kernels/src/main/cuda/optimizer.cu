// One step of an optimizer over all tensors of a table in device memory, and the lengths of all gradients.
//
// Grids are two-dimensional: y counts tensors, x blocks of one tensor; both may be smaller than the work.
#include "optimizer.cuh"
#include "states.cuh"
#include "team.cuh"

FN bool all_aligned(const Update& u) {
  bool all = aligned(u.theta) && aligned(u.gradient);
#pragma unroll
  for (int s = 0; s < STATES; s++) all &= aligned(u.state[s]);
  return all;
}

template <int USED, class Rule>
FN void step(const Update* table, int tensors, const Rule& rule) {
  __shared__ Update u;
  for (int t = blockIdx.y; t < tensors; t += gridDim.y) {
    share(u, table, t);
    long long done = 0;
    if (all_aligned(u)) {
      done = u.count / 4 * 4;
      for (long long i = first_index(); i < u.count / 4; i += index_step()) {
        Four<float> theta = four(u.theta, i);
        const Four<float> g = four(u.gradient, i);
        Four<float> states[STATES] = {};
#pragma unroll
        for (int s = 0; s < USED; s++) {
          if (u.state[s] != nullptr) states[s] = four(u.state[s], i);
        }
#pragma unroll
        for (int k = 0; k < 4; k++) {
          float state[STATES] = {states[0].at[k], states[1].at[k], states[2].at[k]};
          rule(theta.at[k], g.at[k], state, u);
#pragma unroll
          for (int s = 0; s < STATES; s++) states[s].at[k] = state[s];
        }
        four(u.theta, i) = theta;
#pragma unroll
        for (int s = 0; s < USED; s++) {
          if (u.state[s] != nullptr) four(u.state[s], i) = states[s];
        }
      }
    }
    for (long long i = done + first_index(); i < u.count; i += index_step()) {
      float theta = u.theta[i];
      float state[STATES] = {};
#pragma unroll
      for (int s = 0; s < USED; s++) {
        if (u.state[s] != nullptr) state[s] = u.state[s][i];
      }
      rule(theta, u.gradient[i], state, u);
      u.theta[i] = theta;
#pragma unroll
      for (int s = 0; s < USED; s++) {
        if (u.state[s] != nullptr) u.state[s][i] = state[s];
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    optimizer_sgd_f32(const Update* table, int tensors, float momentum, float weight_decay, int nesterov) {
  step<1>(table, tensors, Sgd{momentum, weight_decay, nesterov != 0});
}

extern "C" __global__ void __launch_bounds__(BLOCK) optimizer_adam_f32(const Update* table, int tensors, float beta1,
    float rest1, float beta2, float rest2, float epsilon, float weight_decay) {
  step<2>(table, tensors, Adam{beta1, rest1, beta2, rest2, epsilon, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK) optimizer_rmsprop_f32(const Update* table, int tensors,
    float alpha, float rest, float epsilon, float momentum, float weight_decay) {
  step<3>(table, tensors, RmsProp{alpha, rest, epsilon, momentum, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    optimizer_adagrad_f32(const Update* table, int tensors, float epsilon, float weight_decay) {
  step<1>(table, tensors, Adagrad{epsilon, weight_decay});
}

// partial [tensors, gridDim.x]: sums of squares of the gradients in the table, in an order that the grid's x fixes.
extern "C" __global__ void __launch_bounds__(BLOCK)
    optimizer_squares_f32(Total* partial, const Update* table, int tensors) {
  __shared__ Board<Total> board;
  __shared__ Update u;
  const Team team(BLOCK, false);
  for (int t = blockIdx.y; t < tensors; t += gridDim.y) {
    share(u, table, t);
    const float* gradient = u.gradient;
    const long long count = u.count;
    const long long whole = aligned(gradient) ? count / 4 : 0;
    Total squares = {0};
    for (long long i = first_index(); i < whole; i += index_step()) {
      const Four<float> g = four(gradient, i);
#pragma unroll
      for (int k = 0; k < 4; k++) squares.sum += (double)g.at[k] * g.at[k];
    }
    for (long long i = 4 * whole + first_index(); i < count; i += index_step()) {
      squares.sum += (double)gradient[i] * gradient[i];
    }
    squares = together(squares, team, board);
    if (threadIdx.x == 0) partial[t * (long long)gridDim.x + blockIdx.x] = squares;
  }
}

// norms [tensors]: the root of the sum of the partial sums [tensors, parts] of each.
extern "C" __global__ void __launch_bounds__(BLOCK)
    optimizer_norms_f32(float* norms, const Total* partial, int tensors, int parts) {
  __shared__ Board<Total> board;
  const Team team(BLOCK, false);
  for (int t = blockIdx.x; t < tensors; t += gridDim.x) {
    Total squares = {0};
    for (int part = threadIdx.x; part < parts; part += BLOCK) squares.sum += partial[t * (long long)parts + part].sum;
    squares = together(squares, team, board);
    if (threadIdx.x == 0) norms[t] = (float)sqrt(squares.sum);
  }
}
