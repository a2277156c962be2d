// The elements along some axes reduced to one, in an order that depends on the launch's numbers alone.
//
//   reduce_<kind>_f32         y[o] from the elements x[kept(o) + reduced(i)], i below count, for each o below outputs
//   reduce_<kind>_finish_f32  the second pass, if the first had more than one part
//   reduce_<kind>_gradient_f32
//
// Kinds: sum (divided by `divisor`: 1, or count for the mean), max, min, norm, log_sum_exp, variance (the squared
// deviations' sum divided by `divisor`), ties (how many elements equal y[o], NaN being equal to NaN), argmax, argmin.
//
// A block has `lanes` threads for an output; `columns` is 1 where neighbouring outputs are neighbours in memory, 0 where
// neighbouring elements of one output are. If there are few outputs of many elements, each is cut into `parts`, whose
// states go to partial [outputs, parts], 16 bytes each at most; with one part y is written and partial may be null.
#include "states.cuh"
#include "team.cuh"

struct Sum {
  using State = Total;
  using Result = float;
  static FN State none() { return {0}; }
  static FN void add(State& s, float x, long long, float) { s.sum += x; }
  static FN float result(State s, long long, double divisor) { return (float)(s.sum / divisor); }
};

struct Norm : Sum {
  static FN void add(State& s, float x, long long, float) { s.sum += (double)x * x; }
  static FN float result(State s, long long, double) { return (float)sqrt(s.sum); }
};

// `given` is the output's maximum or minimum.
struct Ties : Sum {
  static FN void add(State& s, float x, long long, float given) {
    s.sum += x == given || (x != x && given != given) ? 1 : 0;
  }
};

// `given` is the output's first element.
struct Variance {
  using State = Moments;
  using Result = float;
  static FN State none() { return {0, 0}; }
  static FN void add(State& s, float x, long long, float given) { s.add((double)x - given); }
  static FN float result(State s, long long count, double divisor) { return (float)(s.spread(count) / divisor); }
};

struct Max {
  using State = Largest;
  using Result = float;
  static FN State none() { return {-infinity()}; }
  static FN void add(State& s, float x, long long, float) { s = combine(s, State{x}); }
  static FN float result(State s, long long, double) { return s.value; }
};

struct Min {
  using State = Smallest;
  using Result = float;
  static FN State none() { return {infinity()}; }
  static FN void add(State& s, float x, long long, float) { s = combine(s, State{x}); }
  static FN float result(State s, long long, double) { return s.value; }
};

struct LogSumExp {
  using State = Exponentials;
  using Result = float;
  static FN State none() { return State::none(); }
  static FN void add(State& s, float x, long long, float) { s.add(x); }
  static FN float result(State s, long long, double) { return (float)s.log_sum(); }
};

template <class S>
struct Arg {
  using State = S;
  using Result = int;
  static FN State none() { return {{0, -1}}; }
  static FN void add(State& s, float x, long long index, float) { s = combine(s, State{{x, (int)index}}); }
  static FN int result(State s, long long, double) { return s.index; }
};

using ArgMax = Arg<First>;
using ArgMin = Arg<Last>;

// What `add` is given beside the element.
enum class Given { NOTHING, FIRST, OUTPUT };

template <class Kind, Given GIVEN>
FN void reduce(typename Kind::Result* y, typename Kind::State* partial, const float* x, const float* known,
    const Strided<1>& kept, const Strided<1>& reduced, long long outputs, long long count, long long parts, int lanes,
    int columns, double divisor) {
  using State = typename Kind::State;
  __shared__ Board<State> board;
  const Team team(lanes, columns);
  const long long share = (count + parts - 1) / parts;
  for (long long job = blockIdx.x; job < team.tiles(outputs) * parts; job += gridDim.x) {
    const long long part = job % parts;
    const long long output = job / parts * team.groups + team.group;
    State state = Kind::none();
    if (output < outputs) {
      const float* start = x + locate(kept, output);
      const long long end = min(count, (part + 1) * share);
      float given = 0;
      if (GIVEN == Given::FIRST && count > 0) given = *start;
      if (GIVEN == Given::OUTPUT) given = known[output];
      if (reduced.rank < 2) {
        const long long stride = reduced.rank == 0 ? 1 : reduced.stride[0][0];
#pragma unroll 4
        for (long long i = part * share + team.lane; i < end; i += lanes) {
          Kind::add(state, start[i * stride], i, given);
        }
      } else {
#pragma unroll 1
        for (long long i = part * share + team.lane; i < end; i += lanes) {
          Kind::add(state, start[locate(reduced, i)], i, given);
        }
      }
    }
    state = together(state, team, board);
    if (team.lane == 0 && output < outputs) {
      if (parts == 1) {
        y[output] = Kind::result(state, count, divisor);
      } else {
        partial[output * parts + part] = state;
      }
    }
  }
}

template <class Kind>
FN void finish(typename Kind::Result* y, const typename Kind::State* partial, long long outputs, long long count,
    long long parts, double divisor) {
  using State = typename Kind::State;
  __shared__ Board<State> board;
  const Team team(BLOCK, false);
  for (long long output = blockIdx.x; output < outputs; output += gridDim.x) {
    State state = Kind::none();
    for (long long part = team.lane; part < parts; part += BLOCK) {
      state = combine(state, partial[output * parts + part]);
    }
    state = together(state, team, board);
    if (team.lane == 0) y[output] = Kind::result(state, count, divisor);
  }
}

#define FINISH(name, Kind)                                                                                        \
  extern "C" __global__ void __launch_bounds__(BLOCK) reduce_##name##_finish_f32(Kind::Result* y,                 \
      const Kind::State* partial, long long outputs, long long count, long long parts, double divisor) {          \
    finish<Kind>(y, partial, outputs, count, parts, divisor);                                                     \
  }

#define REDUCE(name, Kind, given)                                                                                 \
  extern "C" __global__ void __launch_bounds__(BLOCK) reduce_##name##_f32(Kind::Result* y, Kind::State* partial,  \
      const float* x, Strided<1> kept, Strided<1> reduced, long long outputs, long long count, long long parts,   \
      int lanes, int columns, double divisor) {                                                                   \
    reduce<Kind, Given::given>(                                                                                   \
        y, partial, x, nullptr, kept, reduced, outputs, count, parts, lanes, columns, divisor);                   \
  }                                                                                                               \
  FINISH(name, Kind)

REDUCE(sum, Sum, NOTHING)
REDUCE(norm, Norm, NOTHING)
REDUCE(variance, Variance, FIRST)
REDUCE(max, Max, NOTHING)
REDUCE(min, Min, NOTHING)
REDUCE(log_sum_exp, LogSumExp, NOTHING)
REDUCE(argmax, ArgMax, NOTHING)
REDUCE(argmin, ArgMin, NOTHING)

// known [outputs] is what max or min gave.
extern "C" __global__ void __launch_bounds__(BLOCK) reduce_ties_f32(float* y, Total* partial, const float* x,
    const float* known, Strided<1> kept, Strided<1> reduced, long long outputs, long long count, long long parts,
    int lanes, int columns, double divisor) {
  reduce<Ties, Given::OUTPUT>(y, partial, x, known, kept, reduced, outputs, count, parts, lanes, columns, divisor);
}

FINISH(ties, Ties)

// Gradients: dx is contiguous, of x's shape with n elements; in `shape` the first operand is x, and the second are dy, y
// and ties, which lie alike, with strides of 0 along the reduced axes.

// Of max and min: the gradient is shared evenly by what equals y.
extern "C" __global__ void __launch_bounds__(BLOCK) reduce_extreme_gradient_f32(float* dx, const float* dy,
    const float* x, const float* y, const float* ties, Strided<2> shape, long long n) {
  for (long long i = first_index(); i < n; i += index_step()) {
    long long at[2];
    locate(shape, i, at);
    const float v = x[at[0]];
    const float extreme = y[at[1]];
    const bool same = v == extreme || (v != v && extreme != extreme);
    dx[i] = same ? dy[at[1]] / ties[at[1]] : 0;
  }
}

extern "C" __global__ void __launch_bounds__(BLOCK) reduce_log_sum_exp_gradient_f32(
    float* dx, const float* dy, const float* x, const float* y, Strided<2> shape, long long n) {
  for (long long i = first_index(); i < n; i += index_step()) {
    long long at[2];
    locate(shape, i, at);
    const float sum = y[at[1]];
    dx[i] = sum == -infinity() ? 0 : dy[at[1]] * expf(x[at[0]] - sum);
  }
}

extern "C" __global__ void __launch_bounds__(BLOCK) reduce_norm_gradient_f32(
    float* dx, const float* dy, const float* x, const float* y, Strided<2> shape, long long n) {
  for (long long i = first_index(); i < n; i += index_step()) {
    long long at[2];
    locate(shape, i, at);
    const float norm = y[at[1]];
    dx[i] = norm == 0 ? 0 : dy[at[1]] * x[at[0]] / norm;
  }
}
