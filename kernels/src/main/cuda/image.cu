// Batches of uint8 images to normalised float32: crop, flip, scale and shift in one pass.
//
// y [images, channels, height, width] from x of x_height x x_width pixels: y = x scale[c] + shift[c], scale and shift
// [channels]. window [images, 3] holds per image the top and left of its window in x, and 1 if it is then mirrored from
// left to right. A window may reach over the border, where x counts as 0.
#include "common.cuh"

using u8 = unsigned char;

struct Images {
  long long channels, height, width, x_height, x_width;
};

// One pixel of y: its image, its place there, and its place in x or -1 for none.
struct Pixel {
  long long image, at, from;

  FN Pixel(long long number, const Images& shape, const int* window) {
    const long long plane = shape.height * shape.width;
    image = number / plane;
    at = number - image * plane;
    const long long row = at / shape.width;
    const long long column = at - row * shape.width;
    const int* w = window + 3 * image;
    const long long x_row = w[0] + row;
    const long long x_column = w[1] + (w[2] ? shape.width - 1 - column : column);
    const bool inside = x_row >= 0 && x_row < shape.x_height && x_column >= 0 && x_column < shape.x_width;
    from = inside ? x_row * shape.x_width + x_column : -1;
  }
};

constexpr int TOGETHER = 4;

// x [images, x_height, x_width, channels]. A block moves BLOCK pixels through shared memory, up to TOGETHER channels at a
// time: reads run along x's bytes, writes along y's planes.
extern "C" __global__ void __launch_bounds__(BLOCK) image_interleaved_f32(float* y, const u8* x, const int* window,
    const float* scale, const float* shift, long long images, long long channels, long long height, long long width,
    long long x_height, long long x_width) {
  __shared__ u8 staged[BLOCK * TOGETHER];
  const Images shape = {channels, height, width, x_height, x_width};
  const long long plane = height * width;
  const long long pixels = images * plane;
  for (long long start = blockIdx.x * (long long)BLOCK; start < pixels; start += index_step()) {
    for (long long first = 0; first < channels; first += TOGETHER) {
      const int depth = (int)min(channels - first, (long long)TOGETHER);
      for (int k = threadIdx.x; k < BLOCK * depth; k += BLOCK) {
        const long long number = start + k / depth;
        if (number < pixels) {
          const Pixel pixel(number, shape, window);
          const long long x_start = pixel.image * x_height * x_width;
          staged[k] = pixel.from < 0 ? 0 : x[(x_start + pixel.from) * channels + first + k % depth];
        }
      }
      __syncthreads();
      const long long number = start + threadIdx.x;
      if (number < pixels) {
        const long long image = number / plane;
        float* target = y + (image * channels + first) * plane + number - image * plane;
        for (int c = 0; c < depth; c++) {
          target[c * plane] = staged[threadIdx.x * depth + c] * scale[first + c] + shift[first + c];
        }
      }
      __syncthreads();
    }
  }
}

// x [images, channels, x_height, x_width].
extern "C" __global__ void __launch_bounds__(BLOCK) image_planes_f32(float* y, const u8* x, const int* window,
    const float* scale, const float* shift, long long images, long long channels, long long height, long long width,
    long long x_height, long long x_width) {
  const Images shape = {channels, height, width, x_height, x_width};
  const long long plane = height * width;
  const long long n = images * channels * plane;
  for (long long i = first_index(); i < n; i += index_step()) {
    const long long page = i / plane;
    const long long image = page / channels;
    const long long c = page - image * channels;
    const Pixel pixel(image * plane + i - page * plane, shape, window);
    const float value = pixel.from < 0 ? 0 : x[page * x_height * x_width + pixel.from];
    y[i] = value * scale[c] + shift[c];
  }
}
