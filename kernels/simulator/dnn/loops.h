// Convolutions as plain functions of host memory. Everything is packed: x [n, c, h, w], filters
// w [k, c / groups, r, s], y [n, k, p, q]. All three are cross-correlations, in float32. Each
// element is summed in an order that depends on the extents alone, never on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simulator::dnn {

// Input c x h x w, k filters of r x s, output k x p x q, all per image of n.
struct Extents {
  int n, c, h, w, k, r, s, p, q;
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;

  std::size_t input() const { return std::size_t(c) * h * w; }
  std::size_t output() const { return std::size_t(k) * p * q; }
  std::size_t filters() const { return std::size_t(k) * taps(); }
  // Products per element of y.
  std::size_t taps() const { return std::size_t(c / groups) * r * s; }
};

// Where sums begin that have no order of their own, as those by atomic additions: each turn begins
// elsewhere and goes round. The deterministic algorithms take turn 0.
using Turn = std::uint64_t;

// y[n, k, p, q] = sum over c, r, s of w[k, c, r, s] x[n, c, p stride - pad + r dilation, ...].
void forward(const Extents& e, const float* x, const float* w, float* y);

// dx = what dy gives through forward's sums, for each element of x.
void backward_data(const Extents& e, const float* w, const float* dy, float* dx, Turn turn);

// dw = what dy gives through forward's sums, for each element of w: image by image, then summed.
void backward_filter(const Extents& e, const float* x, const float* dy, float* dw, Turn turn);

} // namespace simulator::dnn
