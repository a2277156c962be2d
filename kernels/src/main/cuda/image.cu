// Batches of uint8 images to normalised float32: crop, flip, scale and shift in one pass.
//
// y [images, channels, height, width] from x of x_height x x_width pixels: y = x scale[c] + shift[c], scale and shift
// [channels]. window [images, 3] holds per image the top and left of its window in x, and 1 if it is then mirrored from
// left to right. A window may reach over the border, where x counts as 0.
#include "common.cuh"

using u8 = unsigned char;

// Pixels that a block moves at a time, all of one image, so that what holds for the image is read once for them.
constexpr int PIXELS = 4 * BLOCK;
constexpr int CHANNELS = 4;

// y = x scale + shift for the channels from `first` on, `depth` of them.
struct Affine {
  int depth;
  float scale[CHANNELS];
  float shift[CHANNELS];

  FN Affine(const float* scales, const float* shifts, long long first, long long channels)
      : depth((int)min(channels - first, (long long)CHANNELS)) {
#pragma unroll
    for (int c = 0; c < CHANNELS; c++) {
      scale[c] = c < depth ? scales[first + c] : 0;
      shift[c] = c < depth ? shifts[first + c] : 0;
    }
  }
};

// The window of an image.
struct Window {
  int top, left, mirrored;
  long long width, x_height, x_width;

  FN Window(const int* window, long long image, long long width, long long x_height, long long x_width)
      : top(window[3 * image]), left(window[3 * image + 1]), mirrored(window[3 * image + 2]), width(width),
        x_height(x_height), x_width(x_width) {}

  // The place in x of a pixel of y, or -1 if it is over the border.
  FN long long place(long long pixel) const {
    const long long row = pixel / width;
    const long long column = pixel - row * width;
    const long long x_row = top + row;
    const long long x_column = left + (mirrored ? width - 1 - column : column);
    const bool inside = x_row >= 0 && x_row < x_height && x_column >= 0 && x_column < x_width;
    return inside ? x_row * x_width + x_column : -1;
  }
};

// x [images, x_height, x_width, channels]. Pixels go through shared memory, up to CHANNELS channels at a time: reads run
// along x's bytes, writes along y's planes.
extern "C" __global__ void __launch_bounds__(BLOCK) image_interleaved_f32(float* y, const u8* x, const int* window,
    const float* scale, const float* shift, long long images, long long channels, long long height, long long width,
    long long x_height, long long x_width) {
  __shared__ u8 staged[PIXELS * CHANNELS];
  const long long plane = height * width;
  const long long chunks = (plane + PIXELS - 1) / PIXELS;
  for (long long first = 0; first < channels; first += CHANNELS) {
    const Affine affine(scale, shift, first, channels);
    const int depth = affine.depth;
    for (long long job = blockIdx.x; job < images * chunks; job += gridDim.x) {
      const long long image = job / chunks;
      const long long start = (job - image * chunks) * PIXELS;
      const int pixels = (int)min(plane - start, (long long)PIXELS);
      const Window w(window, image, width, x_height, x_width);
      const u8* source = x + image * x_height * x_width * channels + first;
      for (int k = threadIdx.x; k < pixels * depth; k += BLOCK) {
        const long long place = w.place(start + k / depth);
        staged[k] = place < 0 ? 0 : source[place * channels + k % depth];
      }
      __syncthreads();
      float* target = y + (image * channels + first) * plane + start;
#pragma unroll
      for (int c = 0; c < CHANNELS; c++) {
        for (int k = threadIdx.x; c < depth && k < pixels; k += BLOCK) {
          target[c * plane + k] = staged[k * depth + c] * affine.scale[c] + affine.shift[c];
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
  const long long plane = height * width;
  const long long x_plane = x_height * x_width;
  const long long chunks = (plane + PIXELS - 1) / PIXELS;
  for (long long first = 0; first < channels; first += CHANNELS) {
    const Affine affine(scale, shift, first, channels);
    for (long long job = blockIdx.x; job < images * chunks; job += gridDim.x) {
      const long long image = job / chunks;
      const long long start = (job - image * chunks) * PIXELS;
      const long long end = min(plane, start + PIXELS);
      const Window w(window, image, width, x_height, x_width);
      const u8* source = x + (image * channels + first) * x_plane;
      float* target = y + (image * channels + first) * plane;
      for (long long pixel = start + threadIdx.x; pixel < end; pixel += BLOCK) {
        const long long place = w.place(pixel);
#pragma unroll
        for (int c = 0; c < CHANNELS; c++) {
          if (c < affine.depth) {
            const float value = place < 0 ? 0 : source[c * x_plane + place];
            target[c * plane + pixel] = value * affine.scale[c] + affine.shift[c];
          }
        }
      }
    }
  }
}
