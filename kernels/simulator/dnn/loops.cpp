#include "loops.h"

#include "../library/multiply.h"

#include <algorithm>
#include <vector>

namespace simulator::dnn {
namespace {

// Images whose dw is computed at the same time before it is summed.
constexpr std::size_t TOGETHER = 16;

// Calls body(tap, pixel, element): the element of a group's input [c / groups, h, w] that this tap
// [c, r, s] meets at this pixel [p, q] of the output. Pixels whose element lies in the padding are
// left out.
template <class Body> void for_each_meeting(const Extents& e, const Body& body) {
  std::size_t tap = 0;
  for (int c = 0; c < e.c / e.groups; ++c) {
    for (int r = 0; r < e.r; ++r) {
      for (int s = 0; s < e.s; ++s, ++tap) {
        for (int p = 0; p < e.p; ++p) {
          int h = p * e.stride_h - e.pad_h + r * e.dilation_h;
          if (h < 0 || h >= e.h) {
            continue;
          }
          std::size_t line = (std::size_t(c) * e.h + h) * e.w;
          for (int q = 0; q < e.q; ++q) {
            int w = q * e.stride_w - e.pad_w + s * e.dilation_w;
            if (w >= 0 && w < e.w) {
              body(tap, std::size_t(p) * e.q + q, line + w);
            }
          }
        }
      }
    }
  }
}

using Input = library::Matrix<const float>;

// Rows of so many elements, one after the other, and the same turned over.
Input rows(const float* data, std::size_t length) { return {data, std::int64_t(length), 1}; }
Input columns(const float* data, std::size_t length) { return {data, 1, std::int64_t(length)}; }

// c [m, n] = a [m, k] b [k, n], the sum over k in two parts, [start, k) first.
void multiply_from(std::size_t start, std::size_t m, std::size_t n, std::size_t k, Input a, Input b,
    float* c) {
  library::Product part{std::int64_t(m), std::int64_t(n), std::int64_t(k - start), 1, 1, 0, false,
      {&a.at(0, start), a.row, a.column}, {&b.at(start, 0), b.row, b.column},
      {c, std::int64_t(n), 1}, 0, 0, 0};
  library::multiply(part);
  if (start > 0) {
    part.k = start;
    part.beta = 1;
    part.a = a;
    part.b = b;
    library::multiply(part);
  }
}

struct Group {
  std::size_t filters, input, output; // per group: k, elements of x and of y in one image
  explicit Group(const Extents& e)
      : filters(e.k / e.groups), input(e.input() / e.groups), output(e.output() / e.groups) {}
};

// What each tap meets at each pixel, [taps, pixels]; 0 in the padding.
std::vector<float> unfold(const Extents& e, const float* from) {
  std::size_t pixels = std::size_t(e.p) * e.q;
  std::vector<float> met(e.taps() * pixels);
  for_each_meeting(e, [&](std::size_t tap, std::size_t pixel, std::size_t element) {
    met[tap * pixels + pixel] = from[element];
  });
  return met;
}

// dw of one image.
void differentiate(const Extents& e, const float* x, const float* dy, float* dw, Turn turn) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  for (int g = 0; g < e.groups; ++g) {
    std::vector<float> met = unfold(e, x + g * group.input);
    multiply_from(turn % pixels, group.filters, taps, pixels, rows(dy + g * group.output, pixels),
        columns(met.data(), pixels), dw + g * group.filters * taps);
  }
}

} // namespace

void forward(const Extents& e, const float* x, const float* w, float* y) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  library::parallel(std::uint64_t(e.n) * e.groups, [&](std::size_t i) {
    std::vector<float> met = unfold(e, x + i * group.input);
    const float* filters = w + i % e.groups * group.filters * taps;
    multiply_from(0, group.filters, pixels, taps, rows(filters, taps), rows(met.data(), pixels),
        y + i * group.output);
  });
}

void backward_data(const Extents& e, const float* w, const float* dy, float* dx, Turn turn) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  std::fill_n(dx, e.n * e.input(), 0.0f);
  library::parallel(std::uint64_t(e.n) * e.groups, [&](std::size_t i) {
    std::vector<float> met(taps * pixels);
    const float* filters = w + i % e.groups * group.filters * taps;
    multiply_from(turn % group.filters, taps, pixels, group.filters, columns(filters, taps),
        rows(dy + i * group.output, pixels), met.data());
    float* to = dx + i * group.input;
    for_each_meeting(e, [&](std::size_t tap, std::size_t pixel, std::size_t element) {
      to[element] += met[tap * pixels + pixel];
    });
  });
}

void backward_filter(const Extents& e, const float* x, const float* dy, float* dw, Turn turn) {
  std::size_t size = e.filters(), images = std::size_t(e.n);
  std::fill_n(dw, size, 0.0f);
  std::size_t together = std::min(TOGETHER, images);
  std::vector<float> parts(together * size);
  for (std::size_t first = 0; first < images; first += together) {
    std::size_t count = std::min(together, images - first);
    library::parallel(count, [&](std::size_t i) {
      std::size_t image = (first + i + turn) % images;
      differentiate(e, x + image * e.input(), dy + image * e.output(), &parts[i * size], turn);
    });
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        dw[j] += parts[i * size + j];
      }
    }
  }
}

} // namespace simulator::dnn
