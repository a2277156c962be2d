// Pooling over the planes of a contiguous x [planes, H, W], planes = N C, to y [planes, H', W'].
//
//   pool_max_f32       the largest element under each window, and its place h W + w
//   pool_average_f32   the mean under each window
//   pool_adaptive_f32  the mean of each cell of a grid over the image, whatever its extents
//   pool_<kind>_gradient_f32
//
// A gradient gathers: each element of dx adds what the windows that can cover it give, in row-major order. So its sum has
// a fixed order, and no two threads write to one place.
#include "states.cuh"
#include "team.cuh"

struct Range {
  long long from, to;
};

// Windows along one axis of x; `to` of a range of places bounds it, and its taps lie `dilation` apart.
struct Windows {
  long long extent;  // of x
  long long count;   // of y
  long long kernel;
  long long stride;
  long long padding;  // before the first place, and after the last
  long long dilation;
  long long counted;  // how much of the padding counts in a mean

  FN long long start(long long window) const { return window * stride - padding; }

  // The taps of a window inside of x.
  FN Range places(long long window) const {
    const long long first = start(window);
    const long long outside = first < 0 ? ((unsigned long long)(dilation - 1 - first) / dilation) * dilation : 0;
    return {first + outside, min(extent, first + kernel * dilation)};
  }

  // How many taps of a window count in a mean, where the dilation is 1. What overhangs the padded image does not.
  FN long long size(long long window) const {
    const long long first = start(window);
    return min(extent + counted, first + kernel) - max(-counted, first);
  }

  // The windows from whose first to last tap a place lies.
  FN Range covering(long long place) const {
    const unsigned long long lead = place + padding;
    const unsigned long long reach = (kernel - 1) * dilation;
    const long long before = lead > reach ? (lead - reach + stride - 1) / stride : 0;
    return {before, min(count, (long long)(lead / stride) + 1)};
  }
};

// Cells along one axis of x: cell i of n spans the places from floor(i extent / n) to ceil((i + 1) extent / n).
struct Cells {
  long long extent;  // of x
  long long count;   // of y

  static FN Range spanned(unsigned long long index, unsigned long long extent, unsigned long long count) {
    return {(long long)(index * extent / count), (long long)(((index + 1) * extent + count - 1) / count)};
  }

  FN Range places(long long cell) const { return spanned(cell, extent, count); }

  FN long long size(long long cell) const {
    const Range range = places(cell);
    return range.to - range.from;
  }

  // The same rule the other way round.
  FN Range covering(long long place) const { return spanned(place, count, extent); }
};

// Where element `index` of a contiguous [planes, height, width] lies.
struct Pixel {
  long long plane, row, column;

  FN Pixel(unsigned long long index, unsigned long long height, unsigned long long width) {
    const unsigned long long rows = index / width;
    column = index - rows * width;
    plane = rows / height;
    row = rows - plane * height;
  }
};

// y, places [planes, H', W'], n elements each: NaN counts as largest, padding never wins, the first in row-major order
// wins among ties. A window with no tap inside of x gives -infinity and place -1.
extern "C" __global__ void __launch_bounds__(BLOCK)
    pool_max_f32(float* y, int* places, const float* x, Windows down, Windows across, long long n) {
  for (long long i = first_index(); i < n; i += index_step()) {
    const Pixel window(i, down.count, across.count);
    const Range rows = down.places(window.row);
    const Range columns = across.places(window.column);
    const float* plane = x + window.plane * down.extent * across.extent;
    float best = -infinity();
    int place = -1;
    for (long long row = rows.from; row < rows.to; row += down.dilation) {
      for (long long column = columns.from; column < columns.to; column += across.dilation) {
        const long long at = row * across.extent + column;
        const float value = plane[at];
        if (place < 0 || value > best || (value != value && best == best)) {
          best = value;
          place = (int)at;
        }
      }
    }
    y[i] = best;
    places[i] = place;
  }
}

// Neighbours in a row of dx that one thread works on, so that it finds out once where they lie.
constexpr int STRIP = 4;

struct Strip {
  long long row, column;  // of the first
  double sum[STRIP];
};

// dx [planes, H, W], where `lines` is planes H: for each strip calls give(strip, row, column, at) with each window that may
// cover part of it, in row-major order, and with where that lies in y; give adds to the sums.
template <class Axis, class Give>
FN void gather(float* dx, const Axis& down, const Axis& across, long long lines, Give give) {
  const long long strips = (across.extent + STRIP - 1) / STRIP;
  const bool fours = aligned(dx) && across.extent % STRIP == 0;
  for (long long i = first_index(); i < lines * strips; i += index_step()) {
    const Pixel place(i, down.extent, strips);
    Strip strip = {place.row, place.column * STRIP, {}};
    const long long end = min(across.extent, strip.column + STRIP);
    const Range rows = down.covering(strip.row);
    const long long first = across.covering(strip.column).from;
    const long long bound = across.covering(end - 1).to;
    for (long long row = rows.from; row < rows.to; row++) {
      const long long line = (place.plane * down.count + row) * across.count;
      for (long long column = first; column < bound; column++) give(strip, row, column, line + column);
    }
    float* own = dx + (place.plane * down.extent + strip.row) * across.extent + strip.column;
    if (fours) {
      four(own, 0) = {(float)strip.sum[0], (float)strip.sum[1], (float)strip.sum[2], (float)strip.sum[3]};
    } else {
#pragma unroll
      for (int k = 0; k < STRIP; k++) {
        if (strip.column + k < end) own[k] = (float)strip.sum[k];
      }
    }
  }
}

// dx from dy and places [planes, H', W'].
extern "C" __global__ void __launch_bounds__(BLOCK) pool_max_gradient_f32(
    float* dx, const float* dy, const int* places, Windows down, Windows across, long long lines) {
  gather(dx, down, across, lines, [&](Strip& strip, long long, long long, long long at) {
    const int distance = places[at] - (int)(strip.row * across.extent + strip.column);
    if (distance >= 0 && distance < STRIP) {
      const float given = dy[at];
#pragma unroll
      for (int k = 0; k < STRIP; k++) {
        if (k == distance) strip.sum[k] += given;
      }
    }
  });
}

// y [planes, H', W'], n elements. A block has `lanes` threads for a window, which take neighbours of a row; a window as wide
// as x is one long row. Good numbers: for those as Team says, else 1 where neighbouring windows are less than 8 places
// apart, and 8 above.
template <class Axis>
FN void mean(float* y, const float* x, const Axis& down, const Axis& across, long long n, int lanes) {
  __shared__ Board<Total> board;
  const Team team(lanes, false);
  for (long long tile = blockIdx.x; tile < team.tiles(n); tile += gridDim.x) {
    const long long i = tile * team.groups + team.group;
    Total total = {0};
    long long size = 0;
    if (i < n) {
      const Pixel window(i, down.count, across.count);
      const Range rows = down.places(window.row);
      const Range columns = across.places(window.column);
      const float* first = x + (window.plane * down.extent + rows.from) * across.extent + columns.from;
      const bool whole = columns.to - columns.from == across.extent;
      const long long height = whole ? 1 : rows.to - rows.from;
      const long long width = whole ? (rows.to - rows.from) * across.extent : columns.to - columns.from;
      for (long long row = 0; row < height; row++) {
        for (long long column = team.lane; column < width; column += lanes) {
          total.sum += first[row * across.extent + column];
        }
      }
      size = down.size(window.row) * across.size(window.column);
    }
    if (lanes > 1) total = together(total, team, board);
    if (i < n && team.lane == 0) y[i] = size == 0 ? 0 : (float)(total.sum / (double)size);
  }
}

// dx from dy [planes, H', W'].
template <class Axis>
FN void mean_gradient(float* dx, const float* dy, const Axis& down, const Axis& across, long long lines) {
  gather(dx, down, across, lines, [&](Strip& strip, long long row, long long column, long long at) {
    const Range columns = across.places(column);
    const float share = dy[at] / (float)(down.size(row) * across.size(column));
#pragma unroll
    for (int k = 0; k < STRIP; k++) {
      if (columns.from <= strip.column + k && strip.column + k < columns.to) strip.sum[k] += share;
    }
  });
}

#define MEAN(name, Axis)                                                                      \
  extern "C" __global__ void __launch_bounds__(BLOCK) pool_##name##_f32(                      \
      float* y, const float* x, Axis down, Axis across, long long n, int lanes) {             \
    mean(y, x, down, across, n, lanes);                                                       \
  }                                                                                           \
  extern "C" __global__ void __launch_bounds__(BLOCK) pool_##name##_gradient_f32(             \
      float* dx, const float* dy, Axis down, Axis across, long long lines) {                  \
    mean_gradient(dx, dy, down, across, lines);                                                   \
  }

MEAN(average, Windows)
MEAN(adaptive, Cells)
