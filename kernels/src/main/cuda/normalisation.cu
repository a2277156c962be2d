// Layer normalisation of x [rows, size] (Ba et al., 2016): y = scale (x - mean) inverse + shift with
// inverse = 1 / sqrt(variance + epsilon); scale and shift [size], mean and inverse [rows]. A block has `lanes` threads for a
// row; rows of at most KEPT lanes elements are read once.
#include "states.cuh"
#include "team.cuh"

// Three blocks to a multiprocessor: left alone, ptxas gives each thread over 100 registers.
extern "C" __global__ void __launch_bounds__(BLOCK, 3) normalisation_layer_f32(float* y, float* mean, float* inverse,
    const float* x, const float* scale, const float* shift, long long rows, long long size, int lanes,
    double epsilon) {
  __shared__ Board<Moments> board;
  const Team team(lanes, false);
  for (long long tile = blockIdx.x; tile < team.tiles(rows); tile += gridDim.x) {
    const long long row = tile * team.groups + team.group;
    const long long count = row < rows ? size : 0;
    const long long start = row * size;
    // What deviations are taken from; from an infinity they would all be NaN, and the mean with them.
    const float first = count > 0 && isfinite(x[start]) ? x[start] : 0;
    float own[KEPT];
    Moments state = {0, 0};
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      own[k] = i < count ? x[start + i] : first;
      state.add((double)own[k] - first);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      state.add((double)x[start + i] - first);
    }
    state = together(state, team, board);
    const float centre = (float)(first + state.sum / (double)size);
    const float factor = (float)(1 / sqrt(state.spread(size) / (double)size + epsilon));
    if (team.lane == 0 && row < rows) {
      mean[row] = centre;
      inverse[row] = factor;
    }
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      if (i < count) y[start + i] = scale[i] * ((own[k] - centre) * factor) + shift[i];
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      y[start + i] = scale[i] * ((x[start + i] - centre) * factor) + shift[i];
    }
  }
}

struct Pair {
  double first, second;
};

FN Pair combine(Pair a, Pair b) { return {a.first + b.first, a.second + b.second}; }

// dx = inverse (g - mean(g) - normal mean(g normal)) with g = dy scale and normal = (x - mean) inverse.
extern "C" __global__ void __launch_bounds__(BLOCK, 3) normalisation_layer_gradient_f32(float* dx, const float* dy,
    const float* x, const float* scale, const float* mean, const float* inverse, long long rows, long long size,
    int lanes) {
  __shared__ Board<Pair> board;
  const Team team(lanes, false);
  for (long long tile = blockIdx.x; tile < team.tiles(rows); tile += gridDim.x) {
    const long long row = tile * team.groups + team.group;
    const long long count = row < rows ? size : 0;
    const long long start = row * size;
    const float centre = count > 0 ? mean[row] : 0;
    const float factor = count > 0 ? inverse[row] : 0;
    float g[KEPT];
    float normal[KEPT];
    Pair state = {0, 0};
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      g[k] = i < count ? dy[start + i] * scale[i] : 0;
      normal[k] = i < count ? (x[start + i] - centre) * factor : 0;
      state = combine(state, Pair{g[k], (double)g[k] * normal[k]});
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      const float gi = dy[start + i] * scale[i];
      state = combine(state, Pair{gi, (double)gi * ((x[start + i] - centre) * factor)});
    }
    state = together(state, team, board);
    const float mean_g = (float)(state.first / (double)size);
    const float mean_gn = (float)(state.second / (double)size);
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long i = team.lane + (long long)k * lanes;
      if (i < count) dx[start + i] = factor * (g[k] - mean_g - normal[k] * mean_gn);
    }
    for (long long i = team.lane + (long long)KEPT * lanes; i < count; i += lanes) {
      const float gi = dy[start + i] * scale[i];
      dx[start + i] = factor * (gi - mean_g - (x[start + i] - centre) * factor * mean_gn);
    }
  }
}

// dscale = sum over rows of dy normal, dshift = sum of dy, [size] each. With more than one part the rows are cut into
// parts, and dscale and dshift are [parts, size], to be summed by reduce_sum_f32.
extern "C" __global__ void __launch_bounds__(BLOCK) normalisation_layer_parameters_f32(float* dscale, float* dshift,
    const float* dy, const float* x, const float* mean, const float* inverse, long long rows, long long size,
    long long parts, int lanes) {
  __shared__ Board<Pair> board;
  const Team team(lanes, true);
  const long long share = (rows + parts - 1) / parts;
  for (long long job = blockIdx.x; job < team.tiles(size) * parts; job += gridDim.x) {
    const long long part = job % parts;
    const long long column = job / parts * team.groups + team.group;
    const long long end = min(rows, (part + 1) * share);
    Pair state = {0, 0};
    for (long long row = part * share + team.lane; column < size && row < end; row += lanes) {
      const float g = dy[row * size + column];
      const float normal = (x[row * size + column] - mean[row]) * inverse[row];
      state = combine(state, Pair{(double)g * normal, g});
    }
    state = together(state, team, board);
    if (team.lane == 0 && column < size) {
      dscale[part * size + column] = (float)state.first;
      dshift[part * size + column] = (float)state.second;
    }
  }
}
