// One step of an optimizer over all tensors of a table in device memory, whose gradients go through a learned, symmetric
// map P = M M^T over rows of k neighbours, such as the positions of a convolution's kernel. Three launches:
//
//   fop_products          sums of g^T g' [k, k] and |g|^2 over the rows that each block takes
//   fop_factor_<rule>     per tensor: their sum, H = -pull (g^T g' + g'^T g) M, the next M, P; or it refuses the tensor
//   fop_<rule>            theta and states of the rule, by P g
//
// g is the gradient with the weight decay. Grids are two-dimensional: y counts tensors, x blocks of one tensor; both may
// be smaller than the work, but for fop_products, where x covers the most parts of any tensor. The bounds name so many
// blocks to a multiprocessor that no register is spilled.
#include "optimizer.cuh"
#include "states.cuh"
#include "team.cuh"

// The largest k; sums of all pairs of positions then take PAIRS registers of each thread.
constexpr int LARGEST = 64;
constexpr int PAIRS = LARGEST * LARGEST / BLOCK;

// Floats of the rows that a block works on at a time.
constexpr int CHUNK = 2304;

// Where P or g P could come near an overflow: such a tensor is refused.
constexpr double REACH = 1e18;

struct Mapped {
  Update update;
  float* previous;  // g' [count]; g takes its place where there is a weight decay
  Update factor;    // M [k, k] and its states; its gradient, H, is scratch
  float* map;       // P [k, k], scratch
  float* next;      // M [k, k], scratch
  double* partial;  // [parts, k * k + 1], scratch
  int* refused;     // [1]
  int k;
  int learns;
  int parts;
  float pull;
};

FN int chunk_rows(int k) { return CHUNK / k & ~3; }

FN float with_decay(float g, const float* theta, long long i, float decay) {
  return decay == 0 ? g : g + decay * theta[i];
}

// Elements [first, first + count) of x, plus decay theta, in shared memory; first is a multiple of 4.
FN void stage(float* shared, const float* x, const float* theta, float decay, long long first, int count) {
  const int whole = aligned(x) ? count / 4 : 0;
  for (int i = threadIdx.x; i < whole; i += BLOCK) {
    const Four<float> some = four(x, first / 4 + i);
#pragma unroll
    for (int j = 0; j < 4; j++) shared[4 * i + j] = with_decay(some.at[j], theta, first + 4 * i + j, decay);
  }
  for (int i = 4 * whole + threadIdx.x; i < count; i += BLOCK) {
    shared[i] = with_decay(x[first + i], theta, first + i, decay);
  }
}

// Each pair of positions has a thread, or PAIRS to a thread, or several threads that share out the rows.
extern "C" __global__ void __launch_bounds__(BLOCK, 2) fop_products_f32(const Mapped* table, int tensors, float decay) {
  __shared__ float g[CHUNK];
  __shared__ float p[CHUNK];
  __shared__ double shares[BLOCK];
  __shared__ Board<Total> board;
  __shared__ Mapped row;
  const Team team(BLOCK, false);
  for (int t = blockIdx.y; t < tensors; t += gridDim.y) {
    share(row, table, t);
    const int part = blockIdx.x;
    const int parts = row.parts;
    if (part >= parts) continue;  // the same for the whole block
    const float* gradient = row.update.gradient;
    const float* theta = row.update.theta;
    const float* previous = row.previous;
    const int k = row.k;
    const int pairs = row.learns ? k * k : 0;
    const int teams = pairs > 0 && pairs <= BLOCK / 2 ? BLOCK / pairs : 1;
    const int own = threadIdx.x / (teams > 1 ? pairs : BLOCK);
    const int first = teams > 1 ? threadIdx.x % pairs : threadIdx.x;
    const int rows = chunk_rows(k);
    const long long all = row.update.count / k;
    double sums[PAIRS] = {};
    Total squares = {0};
    for (long long from = (long long)part * rows; from < all; from += (long long)parts * rows) {
      const int some = all - from < rows ? (int)(all - from) : rows;
      stage(g, gradient, theta, decay, from * k, some * k);
      if (pairs > 0) stage(p, previous, nullptr, 0, from * k, some * k);
      __syncthreads();
      float square = 0;
      for (int i = threadIdx.x; i < some * k; i += BLOCK) square += g[i] * g[i];
      squares.sum += square;
      if (own < teams) {
#pragma unroll
        for (int q = 0; q < PAIRS; q++) {
          const int pair = first + q * BLOCK;
          if (pair < pairs) {
            const float* a = g + pair / k;
            const float* b = p + pair % k;
            float sum = 0;
#pragma unroll 2
            for (int r = own; r < some; r += teams) sum += a[r * k] * b[r * k];
            sums[q] += sum;
          }
        }
      }
      __syncthreads();
    }
    double* partial = row.partial + part * (long long)(k * k + 1);
    squares = together(squares, team, board);
    if (threadIdx.x == 0) partial[k * k] = squares.sum;
    if (teams > 1) {
      shares[threadIdx.x] = sums[0];
      __syncthreads();
      if (threadIdx.x < pairs) {
        double sum = 0;
        for (int s = 0; s < teams; s++) sum += shares[s * pairs + threadIdx.x];
        partial[threadIdx.x] = sum;
      }
      __syncthreads();
    } else {
#pragma unroll
      for (int q = 0; q < PAIRS; q++) {
        if (first + q * BLOCK < pairs) partial[first + q * BLOCK] = sums[q];
      }
    }
  }
}

FN Total sum_of_all(double own, const Team& team, Board<Total>& board) { return together(Total{own}, team, board); }

// P = M M^T into row.map, and |P|^2.
FN double make_map(const Mapped& row, const float* factor, const Team& team, Board<Total>& board) {
  const int k = row.k;
  double squares = 0;
  for (int i = threadIdx.x; i < k * k; i += BLOCK) {
    double sum = 0;
    for (int c = 0; c < k; c++) sum += (double)factor[i / k * k + c] * factor[i % k * k + c];
    row.map[i] = (float)sum;
    squares += sum * sum;
  }
  return sum_of_all(squares, team, board).sum;
}

// Adds up the parts, in their order, into the first.
FN void add_parts(const Mapped& row) {
  const int size = row.k * row.k + 1;
  for (int i = row.learns ? threadIdx.x : size - 1 + threadIdx.x; i < size; i += BLOCK) {
    double sum = 0;
    for (int part = 0; part < row.parts; part++) sum += row.partial[part * (long long)size + i];
    row.partial[i] = sum;
  }
  __syncthreads();
}

FN void load_states(const Update& u, int i, float (&state)[STATES]) {
#pragma unroll
  for (int s = 0; s < STATES; s++) state[s] = u.state[s] != nullptr ? u.state[s][i] : 0;
}

// H and the next M into scratch; how many of its elements are not finite.
template <class Rule>
FN double move(const Mapped& row, const Rule& rule, const Team& team, Board<Total>& board) {
  const int k = row.k;
  const Update& u = row.factor;
  float* h = const_cast<float*>(u.gradient);
  double bad = 0;
  for (int i = threadIdx.x; i < k * k; i += BLOCK) {
    const int a = i / k;
    double sum = 0;
    for (int b = 0; b < k; b++) {
      sum += (row.partial[a * k + b] + row.partial[b * k + a]) * (double)u.theta[b * k + i % k];
    }
    h[i] = (float)(-(double)row.pull * sum);
    float m = u.theta[i];
    float state[STATES];
    load_states(u, i, state);
    rule(m, h[i], state, u);
    row.next[i] = m;
    bad += fabsf(m) < infinity() ? 0 : 1;
  }
  return sum_of_all(bad, team, board).sum;
}

template <class Rule>
FN void factor(const Mapped* table, int tensors, int factor_first, const Rule& rule) {
  __shared__ Board<Total> board;
  __shared__ Mapped row;
  const Team team(BLOCK, false);
  for (int t = blockIdx.x; t < tensors; t += gridDim.x) {
    share(row, table, t);
    const Update& u = row.factor;
    const int size = row.k * row.k;
    add_parts(row);
    const double bad = row.learns ? move(row, rule, team, board) : 0;
    const double map = make_map(row, row.learns && factor_first ? row.next : u.theta, team, board);
    const bool fits = bad == 0 && sqrt(1 + row.partial[size]) * sqrt(map) < REACH;
    if (threadIdx.x == 0) *row.refused = fits ? 0 : 1;
    for (int i = threadIdx.x; fits && row.learns && i < size; i += BLOCK) {
      float m = u.theta[i];
      float state[STATES];
      load_states(u, i, state);
      rule(m, u.gradient[i], state, u);
      u.theta[i] = m;
#pragma unroll
      for (int s = 0; s < STATES; s++) {
        if (u.state[s] != nullptr) u.state[s][i] = state[s];
      }
    }
  }
}

template <int USED, class Rule>
FN void step(const Mapped* table, int tensors, float decay, const Rule& rule) {
  __shared__ float g[CHUNK];
  __shared__ float map[LARGEST * LARGEST];
  __shared__ Mapped row;
  for (int t = blockIdx.y; t < tensors; t += gridDim.y) {
    share(row, table, t);
    if (*row.refused != 0) continue;  // the same for the whole block
    const Update u = row.update;
    float* previous = row.previous;
    const int k = row.k;
    const int rows = chunk_rows(k);
    const int turn = BLOCK % k;
    const long long all = u.count / k;
    for (int i = threadIdx.x; i < k * k; i += BLOCK) map[i] = row.map[i];
    for (long long from = blockIdx.x * (long long)rows; from < all; from += gridDim.x * (long long)rows) {
      const int some = (all - from < rows ? (int)(all - from) : rows) * k;
      stage(g, u.gradient, u.theta, decay, from * k, some);
      __syncthreads();
      int position = threadIdx.x % k;
      for (int i = threadIdx.x; i < some; i += BLOCK) {
        const float* own = g + i - position;
        float mapped = 0;
        for (int b = 0; b < k; b++) mapped += map[b * k + position] * own[b];
        const long long at = from * k + i;
        float theta = u.theta[at];
        float state[STATES] = {};
#pragma unroll
        for (int s = 0; s < USED; s++) {
          if (u.state[s] != nullptr) state[s] = u.state[s][at];
        }
        rule(theta, mapped, state, u);
        u.theta[at] = theta;
#pragma unroll
        for (int s = 0; s < USED; s++) {
          if (u.state[s] != nullptr) u.state[s][at] = state[s];
        }
        if (decay != 0) previous[at] = g[i];
        position += turn;
        if (position >= k) position -= k;
      }
      __syncthreads();
    }
    __syncthreads();
  }
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    fop_factor_sgd_f32(
    const Mapped* table, int tensors, int factor_first, float momentum, float weight_decay, int nesterov) {
  factor(table, tensors, factor_first, Sgd{momentum, weight_decay, nesterov != 0});
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    fop_factor_adam_f32(const Mapped* table, int tensors, int factor_first, float beta1, float rest1,
    float beta2, float rest2, float epsilon, float weight_decay) {
  factor(table, tensors, factor_first, Adam{beta1, rest1, beta2, rest2, epsilon, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    fop_factor_rmsprop_f32(const Mapped* table, int tensors, int factor_first, float alpha, float rest,
    float epsilon, float momentum, float weight_decay) {
  factor(table, tensors, factor_first, RmsProp{alpha, rest, epsilon, momentum, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    fop_factor_adagrad_f32(
    const Mapped* table, int tensors, int factor_first, float epsilon, float weight_decay) {
  factor(table, tensors, factor_first, Adagrad{epsilon, weight_decay});
}

// Of these, weight_decay is 0: the decay is in g before the map.

extern "C" __global__ void __launch_bounds__(BLOCK, 4)
    fop_sgd_f32(
    const Mapped* table, int tensors, float decay, float momentum, float weight_decay, int nesterov) {
  step<1>(table, tensors, decay, Sgd{momentum, weight_decay, nesterov != 0});
}

extern "C" __global__ void __launch_bounds__(BLOCK, 4)
    fop_adam_f32(const Mapped* table, int tensors, float decay, float beta1, float rest1, float beta2,
    float rest2, float epsilon, float weight_decay) {
  step<2>(table, tensors, decay, Adam{beta1, rest1, beta2, rest2, epsilon, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK, 4)
    fop_rmsprop_f32(const Mapped* table, int tensors, float decay, float alpha, float rest, float epsilon,
    float momentum, float weight_decay) {
  step<3>(table, tensors, decay, RmsProp{alpha, rest, epsilon, momentum, weight_decay});
}

extern "C" __global__ void __launch_bounds__(BLOCK, 4)
    fop_adagrad_f32(const Mapped* table, int tensors, float decay, float epsilon, float weight_decay) {
  step<1>(table, tensors, decay, Adagrad{epsilon, weight_decay});
}
