// Copies, and ops that move elements to other places. b32 and b8 stand for every type of that width.
//
// An index that is out of range picks nothing and goes to `fault`: the lowest place of one.
#include "states.cuh"
#include "team.cuh"

using b32 = unsigned;
using b8 = unsigned char;

// target[t(i)] = source[s(i)]: of `shape`'s operands the first is the target.
template <class T>
FN void copy(T* target, const T* source, const Strided<2>& shape, long long n) {
  for (long long i = first_index(); i < n; i += index_step()) {
    long long at[2];
    locate(shape, i, at);
    target[at[0]] = source[at[1]];
  }
}

template <class T>
FN void fill(T* target, const Strided<1>& shape, long long n, T value) {
  for (long long i = first_index(); i < n; i += index_step()) target[locate(shape, i)] = value;
}

constexpr int TILE = 32;

// y [batch, columns, rows] from x [batch, rows, columns], through tiles in shared memory, so that both reads and writes
// run along memory.
template <class T>
FN void transpose(T* y, const T* x, long long batch, long long rows, long long columns) {
  __shared__ T tile[TILE][TILE + 1];  // one more: a column then lies in different banks
  const int thread_x = threadIdx.x % TILE;
  const int thread_y = threadIdx.x / TILE;
  const long long tiles_down = (rows + TILE - 1) / TILE;
  const long long tiles_across = (columns + TILE - 1) / TILE;
  for (long long job = blockIdx.x; job < batch * tiles_down * tiles_across; job += gridDim.x) {
    const long long left = job % tiles_across * TILE;
    const long long top = job / tiles_across % tiles_down * TILE;
    const long long plane = job / tiles_across / tiles_down * rows * columns;
#pragma unroll
    for (int k = thread_y; k < TILE; k += BLOCK / TILE) {
      if (top + k < rows && left + thread_x < columns) {
        tile[k][thread_x] = x[plane + (top + k) * columns + left + thread_x];
      }
    }
    __syncthreads();
#pragma unroll
    for (int k = thread_y; k < TILE; k += BLOCK / TILE) {
      if (left + k < columns && top + thread_x < rows) {
        y[plane + (left + k) * rows + top + thread_x] = tile[thread_x][k];
      }
    }
    __syncthreads();
  }
}

// Where the elements of a contiguous x lie inside a larger contiguous y: index i of x's axis is index
// before + i step of y's.
struct Placement {
  int rank;
  long long extent[MAX_RANK];  // of y
  long long inside[MAX_RANK];  // of x
  long long before[MAX_RANK];
  long long step[MAX_RANK];
};

// y: x at its places, else `value`. With steps of 1 this is padding; with value 0, the gradient of a slice.
template <class T>
FN void place(T* y, const T* x, const Placement& p, long long n, T value) {
  for (long long i = first_index(); i < n; i += index_step()) {
    unsigned long long rest = i;
    long long at = 0;
    long long stride = 1;
    bool inside = true;
#pragma unroll
    for (int axis = MAX_RANK - 1; axis >= 0; axis--) {
      if (axis < p.rank) {
        const unsigned long long extent = p.extent[axis];
        const unsigned long long quotient = rest / extent;
        const long long distance = (long long)(rest - quotient * extent) - p.before[axis];
        const long long index = p.step[axis] == 1 ? distance : distance / p.step[axis];
        inside &= distance >= 0 && index < p.inside[axis] && index * p.step[axis] == distance;
        at += index * stride;
        stride *= p.inside[axis];
        rest = quotient;
      }
    }
    y[i] = inside ? x[at] : value;
  }
}

// y [outer, picked, inner]: y[o, k, j] = x[o, index[o, k, j], j] from x [outer, extent, inner]; n elements of y.
template <class T>
FN void gather(T* y, long long* fault, const T* x, const int* index, long long n, long long picked,
    long long extent, long long inner) {
  for (long long i = first_index(); i < n; i += index_step()) {
    const long long chosen = index[i];
    if (chosen < 0 || chosen >= extent) {
      report(fault, i);
      y[i] = 0;
    } else {
      const long long row = i / inner;
      y[i] = x[(row / picked * extent + chosen) * inner + i - row * inner];
    }
  }
}

#define MOVEMENT(type)                                                                                             \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                              \
      movement_copy_##type(type* target, const type* source, Strided<2> shape, long long n) {                      \
    copy(target, source, shape, n);                                                                                \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                              \
      movement_fill_##type(type* target, Strided<1> shape, long long n, unsigned value) {                          \
    fill(target, shape, n, (type)value);                                                                           \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                              \
      movement_transpose_##type(type* y, const type* x, long long batch, long long rows, long long columns) {      \
    transpose(y, x, batch, rows, columns);                                                                         \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                              \
      movement_place_##type(type* y, const type* x, Placement placement, long long n, unsigned value) {            \
    place(y, x, placement, n, (type)value);                                                                        \
  }                                                                                                                \
  extern "C" __global__ void __launch_bounds__(BLOCK) movement_gather_##type(type* y, long long* fault,            \
      const type* x, const int* index, long long n, long long picked, long long extent, long long inner) {         \
    gather(y, fault, x, index, n, picked, extent, inner);                                                          \
  }

MOVEMENT(b32)
MOVEMENT(b8)

// y [outer, extent, inner], zeros before: adds x[o, k, j] to y[o, index[o, k, j], j]. groups = outer inner. Each (o, j) has
// `lanes` threads, a power of two: all walk k, and each adds what goes to its share of the extent. So every element of y is
// one thread's, which adds in the order of k: no atomics, and the same bits whatever the number of lanes.
extern "C" __global__ void __launch_bounds__(BLOCK) movement_scatter_add_f32(float* y, long long* fault,
    const float* x, const int* index, long long groups, long long picked, long long extent, long long inner,
    int lanes) {
  const Middle from = {groups, picked, inner};
  const Middle to = {groups, extent, inner};
  for (long long job = first_index(); job < groups * lanes; job += index_step()) {
    const long long lane = job / groups;
    const long long group = job - lane * groups;
    const long long start = from.start(group);
    float* column = y + to.start(group);
#pragma unroll 4
    for (long long k = 0; k < picked; k++) {
      const long long i = start + k * inner;
      const long long chosen = index[i];
      if ((chosen & (lanes - 1)) != lane) continue;
      if (chosen < 0 || chosen >= extent) {
        report(fault, i);
      } else {
        column[chosen * inner] += x[i];
      }
    }
  }
}

// y [labels, classes]: 1 at each label's place, else 0; n elements of y.
template <class T>
FN void one_hot(T* y, long long* fault, const int* labels, long long n, long long classes) {
  for (long long i = first_index(); i < n; i += index_step()) {
    const long long row = i / classes;
    const long long c = i - row * classes;
    const int label = labels[row];
    y[i] = (T)(label == c ? 1 : 0);
    if (c == 0 && (label < 0 || label >= classes)) report(fault, row);
  }
}

#define ONE_HOT(type, T)                                                                               \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                  \
      movement_one_hot_##type(T* y, long long* fault, const int* labels, long long n, long long classes) { \
    one_hot(y, fault, labels, n, classes);                                                             \
  }

ONE_HOT(f32, float)
ONE_HOT(i32, int)
ONE_HOT(u8, unsigned char)

// values, indices [outer, k, inner]: the k largest of each group along the middle axis of x [outer, count, inner], the
// largest first, NaN above all, the lower index first among ties; groups = outer inner. Each round reads the group again
// for the first element after the last one found, so k should be small.
extern "C" __global__ void __launch_bounds__(BLOCK) movement_top_k_f32(float* values, int* indices, const float* x,
    long long groups, long long count, long long inner, long long k, int lanes) {
  __shared__ Board<First> board;
  const Team team(lanes, inner > 1);
  const Middle from = {groups, count, inner};
  const Middle to = {groups, k, inner};
  for (long long tile = blockIdx.x; tile < team.tiles(groups); tile += gridDim.x) {
    const long long group = tile * team.groups + team.group;
    const bool mine = group < groups;
    const long long start = from.start(group);
    First last = {{0, -1}};
    for (long long round = 0; round < k; round++) {
      First next = {{0, -1}};
      for (long long i = team.lane; mine && i < count; i += lanes) {
        const First candidate = {{x[start + i * inner], (int)i}};
        if (round == 0 || last.before(candidate, true)) next = combine(next, candidate);
      }
      last = together(next, team, board);
      if (mine && team.lane == 0) {
        values[to.start(group) + round * inner] = last.value;
        indices[to.start(group) + round * inner] = last.index;
      }
    }
  }
}
