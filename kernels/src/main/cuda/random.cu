// Random numbers and dropout on the streams that every backend shares: element i of a stream depends on seed, offset and
// i alone. Tensors are contiguous with n elements; a thread makes the four elements of a Philox block.
//
// Where a launch is to draw other numbers when it is replayed, `drawn` is where its stream lies in device memory; else null.
#include "philox.cuh"

struct Stream {
  long long seed, offset;
};

// Calls f(block, words) for each block of four elements, the last of which may be cut short.
template <class F>
FN void blocks(long long seed, long long offset, const Stream* drawn, long long n, F f) {
  if (drawn != nullptr) {
    seed = drawn->seed;
    offset = drawn->offset;
  }
  for (long long block = first_index(); block < (n + 3) / 4; block += index_step()) {
    f(block, philox(seed, offset, block));
  }
}

FN void store(float* y, long long block, long long n, bool whole, const Four<float>& values) {
  if (whole && 4 * block + 4 <= n) {
    four(y, block) = values;
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; k++) {
    if (4 * block + k < n) y[4 * block + k] = values.at[k];
  }
}

// y[i] = low + width u(i), in double with one rounding after the other: the same bits as on the CPU.
extern "C" __global__ void __launch_bounds__(BLOCK)
    random_uniform_f32(float* y, long long n, long long seed, long long offset, const Stream* drawn, double low,
    double width) {
  const bool whole = aligned(y);
  blocks(seed, offset, drawn, n, [=](long long block, Words words) {
    Four<float> values;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      values.at[k] = (float)__dadd_rn(low, __dmul_rn(width, (double)uniform(words.at[k])));
    }
    store(y, block, n, whole, values);
  });
}

// y[i] = mean + deviation z(i).
extern "C" __global__ void __launch_bounds__(BLOCK)
    random_normal_f32(float* y, long long n, long long seed, long long offset, const Stream* drawn, float mean,
    float deviation) {
  const bool whole = aligned(y);
  blocks(seed, offset, drawn, n, [=](long long block, Words words) {
    Four<float> values;
    normal(words.at[0], words.at[1], values.at[0], values.at[1]);
    normal(words.at[2], words.at[3], values.at[2], values.at[3]);
#pragma unroll
    for (int k = 0; k < 4; k++) values.at[k] = mean + deviation * values.at[k];
    store(y, block, n, whole, values);
  });
}

// y[i] = x[i] scale if u(i) >= p, else x[i] 0; its own gradient. threshold is ceil(p 2^24), with which the test is exact
// for every double p.
extern "C" __global__ void __launch_bounds__(BLOCK) random_dropout_f32(
    float* y, const float* x, long long n, long long seed, long long offset, const Stream* drawn, int threshold,
    float scale) {
  const bool whole = aligned(y) && aligned(x);
  blocks(seed, offset, drawn, n, [=](long long block, Words words) {
    Four<float> values;
    const bool full = whole && 4 * block + 4 <= n;
    if (full) values = four(x, block);
#pragma unroll
    for (int k = 0; k < 4; k++) {
      if (!full) values.at[k] = 4 * block + k < n ? x[4 * block + k] : 0;
      values.at[k] *= (int)(words.at[k] >> 8) >= threshold ? scale : 0;
    }
    store(y, block, n, whole, values);
  });
}
