#include "loops.h"

#include "../library/library.h"
#include "product.h"

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

// A sum over k in two parts, [start, k) first.
void run_from(std::size_t start, const Product& product) {
  Product last = product, first = product;
  first.a += start;
  first.b += start * product.b_row;
  first.k = product.k - start;
  first.run();
  last.k = start;
  last.run();
}

struct Group {
  std::size_t filters, input, output; // per group: k, elements of x and of y in one image
  explicit Group(const Extents& e)
      : filters(e.k / e.groups), input(e.input() / e.groups), output(e.output() / e.groups) {}
};

// dw of one image, added.
void add_image(const Extents& e, const float* x, const float* dy, float* dw, Turn turn) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  std::vector<float> rows(pixels * taps);
  for (int g = 0; g < e.groups; ++g) {
    const float* from = x + g * group.input;
    std::fill(rows.begin(), rows.end(), 0.0f);
    for_each_meeting(e, [&](std::size_t tap, std::size_t pixel, std::size_t element) {
      rows[pixel * taps + tap] = from[element];
    });
    run_from(turn % pixels,
        {group.filters, taps, pixels, dy + g * group.output, pixels, rows.data(), taps,
            dw + g * group.filters * taps, taps});
  }
}

} // namespace

void forward(const Extents& e, const float* x, const float* w, float* y) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  std::fill_n(y, e.n * e.output(), 0.0f);
  library::parallel(std::uint64_t(e.n) * e.groups, [&](std::size_t i) {
    const float* from = x + i * group.input;
    std::vector<float> columns(taps * pixels);
    for_each_meeting(e, [&](std::size_t tap, std::size_t pixel, std::size_t element) {
      columns[tap * pixels + pixel] = from[element];
    });
    const float* filters = w + i % e.groups * group.filters * taps;
    Product{group.filters, pixels, taps, filters, taps, columns.data(), pixels,
        y + i * group.output, pixels}
        .run();
  });
}

void backward_data(const Extents& e, const float* w, const float* dy, float* dx, Turn turn) {
  Group group(e);
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  std::vector<float> transposed(e.filters()); // per group [taps, filters]
  for (std::size_t k = 0; k < std::size_t(e.k); ++k) {
    float* to = &transposed[k / group.filters * group.filters * taps + k % group.filters];
    for (std::size_t tap = 0; tap < taps; ++tap) {
      to[tap * group.filters] = w[k * taps + tap];
    }
  }
  std::fill_n(dx, e.n * e.input(), 0.0f);
  library::parallel(std::uint64_t(e.n) * e.groups, [&](std::size_t i) {
    std::vector<float> columns(taps * pixels);
    const float* filters = &transposed[i % e.groups * group.filters * taps];
    run_from(turn % group.filters,
        {taps, pixels, group.filters, filters, group.filters, dy + i * group.output, pixels,
            columns.data(), pixels});
    float* to = dx + i * group.input;
    for_each_meeting(e, [&](std::size_t tap, std::size_t pixel, std::size_t element) {
      to[element] += columns[tap * pixels + pixel];
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
    std::fill(parts.begin(), parts.end(), 0.0f);
    library::parallel(count, [&](std::size_t i) {
      std::size_t image = (first + i + turn) % images;
      add_image(e, x + image * e.input(), dy + image * e.output(), &parts[i * size], turn);
    });
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        dw[j] += parts[i * size + j];
      }
    }
  }
}

} // namespace simulator::dnn
