// The rules of the standard optimizers for one element: theta and its states change, g is the gradient. What depends on
// the step comes from the table.
#pragma once

#include "common.cuh"

constexpr int STATES = 3;
constexpr int FACTORS = 3;

// One tensor of a fused step. The table lies in device memory, so that a captured launch can go on with other numbers.
struct Update {
  float* theta;           // [count]
  const float* gradient;  // [count]
  float* state[STATES];   // [count] each, null where the rule keeps none
  long long count;
  float rate;
  float factor[FACTORS];
};

// Copies a row of a table into shared memory, for all of the block: each thread would ask memory for it again.
template <class Row>
FN void share(Row& shared, const Row* table, int index) {
  constexpr int WORDS = sizeof(Row) / sizeof(int);
  static_assert(WORDS * sizeof(int) == sizeof(Row) && WORDS <= BLOCK);
  __syncthreads();  // nobody reads the row before it any more
  if (threadIdx.x < WORDS) {
    reinterpret_cast<int*>(&shared)[threadIdx.x] = reinterpret_cast<const int*>(table + index)[threadIdx.x];
  }
  __syncthreads();
}

// A decaying mean as small as this is set to 0, as everywhere: so that it is the same on every device.
FN float unless_negligible(float mean) { return fabsf(mean) <= 1e-30f ? 0 : mean; }

FN float penalised(float g, float theta, float weight_decay) {
  return weight_decay == 0 ? g : g + weight_decay * theta;
}

// v = momentum v + factor0 g, where v starts from 0 and factor0 is 1 at the first step, then 1 - dampening; d = v, or
// g + momentum v (Nesterov). Without a state d = g.
struct Sgd {
  float momentum, weight_decay;
  bool nesterov;

  FN void operator()(float& theta, float g, float (&state)[STATES], const Update& u) const {
    g = penalised(g, theta, weight_decay);
    float d = g;
    if (u.state[0] != nullptr) {
      state[0] = unless_negligible(momentum * state[0] + u.factor[0] * g);
      d = nesterov ? g + momentum * state[0] : state[0];
    }
    theta -= u.rate * d;
  }
};

// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2; d = factor0 m / (sqrt(factor1 v) + epsilon) with
// factors 1 / (1 - beta^t); theta shrinks to factor2 theta first. The rests are 1 - beta, which float32 would round.
struct Adam {
  float beta1, rest1, beta2, rest2, epsilon, weight_decay;

  FN void operator()(float& theta, float g, float (&state)[STATES], const Update& u) const {
    g = penalised(g, theta, weight_decay);
    state[0] = unless_negligible(beta1 * state[0] + rest1 * g);
    state[1] = beta2 * state[1] + rest2 * (g * g);
    theta = u.factor[2] * theta - u.rate * (u.factor[0] * state[0] / (sqrtf(u.factor[1] * state[1]) + epsilon));
  }
};

// s = alpha s + (1 - alpha) g^2 in state 0; with state 1, m = alpha m + (1 - alpha) g is taken out: max(0, s - m^2); with
// state 2 the momentum's velocity.
struct RmsProp {
  float alpha, rest, epsilon, momentum, weight_decay;

  FN void operator()(float& theta, float g, float (&state)[STATES], const Update& u) const {
    g = penalised(g, theta, weight_decay);
    state[0] = alpha * state[0] + rest * (g * g);
    float spread = state[0];
    if (u.state[1] != nullptr) {
      state[1] = alpha * state[1] + rest * g;
      spread -= state[1] * state[1];
      if (spread < 0) spread = 0;  // by rounding, where all gradients are the same
    }
    float d = g / (sqrtf(spread) + epsilon);
    if (u.state[2] != nullptr) {
      d = unless_negligible(momentum * state[2] + d);
      state[2] = d;
    }
    theta -= u.rate * d;
  }
};

// s = s + g^2; d = factor0 g / (sqrt(s) + epsilon).
struct Adagrad {
  float epsilon, weight_decay;

  FN void operator()(float& theta, float g, float (&state)[STATES], const Update& u) const {
    g = penalised(g, theta, weight_decay);
    state[0] += g * g;
    theta -= u.rate * (u.factor[0] * g / (sqrtf(state[0]) + epsilon));
  }
};
