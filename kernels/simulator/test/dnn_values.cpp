// Convolutions and their gradients by every algorithm, against the definition in double, PyTorch,
// and numbers worked out by hand.
#include "dnn.h"

#include <cmath>

namespace test {
namespace {

const char* const PASSES[] = {"forward", "backward data", "backward filter"};

// Calls f(index in y, in x, in w) for each product that the definition names.
template <class F> void each_product(const Case& what, const Convolution& c, F f) {
  const Extents &y = c.y.extent, &w = c.w.extent, &x = c.x.extent;
  int per_group = w[0] / what.groups;
  for (int n = 0; n < y[0]; ++n) {
    for (int k = 0; k < y[1]; ++k) {
      for (int p = 0; p < y[2]; ++p) {
        for (int q = 0; q < y[3]; ++q) {
          for (int channel = 0; channel < w[1]; ++channel) {
            for (int r = 0; r < w[2]; ++r) {
              for (int s = 0; s < w[3]; ++s) {
                int row = p * what.stride[0] - what.pad[0] + r * what.dilation[0];
                int column = q * what.stride[1] - what.pad[1] + s * what.dilation[1];
                if (row >= 0 && row < x[2] && column >= 0 && column < x[3]) {
                  f(c.y.index(n, k, p, q),
                      c.x.index(n, k / per_group * w[1] + channel, row, column),
                      what.flipped ? c.w.index(k, channel, w[2] - 1 - r, w[3] - 1 - s)
                                   : c.w.index(k, channel, r, s));
                }
              }
            }
          }
        }
      }
    }
  }
}

// The pass by its definition: of the elements of the result, those that belong to it; the others
// are gaps.
std::vector<double> define(const Case& what, const Convolution& c, DnnPass pass,
    const std::vector<float>& x, const std::vector<float>& w, const std::vector<float>& y) {
  std::vector<double> result(pass == DNN_FORWARD ? y.size() : pass == DNN_DATA ? x.size() : w.size());
  each_product(what, c, [&](std::size_t in_y, std::size_t in_x, std::size_t in_w) {
    switch (pass) {
      case DNN_FORWARD: result[in_y] += double(x[in_x]) * w[in_w]; break;
      case DNN_DATA: result[in_x] += double(y[in_y]) * w[in_w]; break;
      default: result[in_w] += double(y[in_y]) * x[in_x];
    }
  });
  return result;
}

// Which places of a span are elements.
std::vector<bool> elements(const Form& f) {
  std::vector<bool> result(f.span());
  for (int a = 0; a < f.extent[0]; ++a) {
    for (int b = 0; b < f.extent[1]; ++b) {
      for (int c = 0; c < f.extent[2]; ++c) {
        for (int d = 0; d < f.extent[3]; ++d) {
          result[f.index(a, b, c, d)] = true;
        }
      }
    }
  }
  return result;
}

std::string describe(const Case& what, DnnPass pass, int algorithm) {
  std::string text = std::string(PASSES[pass]) + " by algorithm " + std::to_string(algorithm);
  auto add = [&](const char* name, const auto& values) {
    text += std::string(" ") + name;
    for (int value : values) {
      text += " " + std::to_string(value);
    }
  };
  add("x", what.x);
  add("w", what.w);
  add("pad", what.pad);
  add("stride", what.stride);
  add("dilation", what.dilation);
  return text + " groups " + std::to_string(what.groups) + (what.flipped ? " flipped" : "");
}

// Runs the pass twice, alone and added to what was there, and compares every element exactly.
void check_pass(const Case& what, const Convolution& c, DnnPass pass, int algorithm) {
  std::vector<float> parts[] = {numbers(c.x, 7, 11), numbers(c.w, 5, 7), numbers(c.y, 3, 5)};
  const Form* forms[] = {&c.x, &c.w, &c.y};
  int result = pass == DNN_FORWARD ? 2 : pass == DNN_DATA ? 0 : 1;
  std::vector<double> expected = define(what, c, pass, parts[0], parts[1], parts[2]);
  std::vector<bool> inside = elements(*forms[result]);
  std::string name = describe(what, pass, algorithm);
  std::size_t bytes = c.workspace(pass, algorithm);
  Buffer space(bytes + 4);
  for (float beta : {0.0f, -3.0f}) {
    Buffer x(parts[0]), w(parts[1]), y(parts[2]);
    int status = c.run(pass, algorithm, x.address, w.address, y.address, bytes > 0 ? space.address : 0,
        bytes, 2, beta);
    check_equal(status, 0, name);
    Buffer* target[] = {&x, &w, &y};
    std::vector<float> got = target[result]->read<float>();
    for (std::size_t i = 0; i < got.size(); ++i) {
      double before = parts[result][i];
      double wanted = inside[i] ? 2 * expected[i] + beta * before : before;
      if (got[i] != wanted) {
        fail(name + ": element " + std::to_string(i) + ": got " + std::to_string(got[i])
            + ", expected " + std::to_string(wanted));
        return;
      }
    }
  }
}

// Every pass by every algorithm that can.
void check_case(const Case& what, std::array<int, 3> able) {
  Convolution c(what);
  for (DnnPass pass : {DNN_FORWARD, DNN_DATA, DNN_FILTER}) {
    int count = 0;
    for (const Performance& each : c.algorithms(pass)) {
      if (each.status == 0) {
        ++count;
        check_pass(what, c, pass, each.algorithm);
      }
    }
    check_equal(count, able[pass], describe(what, pass, -1) + ": algorithms that can");
  }
}

Case described(Extents x, Extents w, std::array<int, 2> pad, std::array<int, 2> stride,
    std::array<int, 2> dilation, int groups = 1) {
  Case result{x, w};
  result.pad = pad;
  result.stride = stride;
  result.dilation = dilation;
  result.groups = groups;
  return result;
}

Case with(Case base, Order order, bool channels_last_filter = false, bool flipped = false) {
  base.order = order;
  base.channels_last_filter = channels_last_filter;
  base.flipped = flipped;
  return base;
}

void check_definition() {
  Case plain = described({2, 3, 6, 9}, {5, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1});
  check_case(plain, {7, 6, 6});
  check_case(with(plain, Order::FIRST, false, true), {7, 6, 6});
  check_case(with(plain, Order::LAST), {5, 4, 4});
  check_case(with(plain, Order::LAST, true), {2, 2, 2});
  check_case(with(plain, Order::LAST, true, true), {2, 2, 2});
  check_case(described({3, 2, 7, 8}, {4, 2, 5, 5}, {2, 1}, {1, 1}, {1, 1}), {6, 5, 6});
  // Strides that leave a rest, a filter and an image that are not square, more than 16 columns.
  check_case(described({2, 4, 9, 22}, {6, 4, 2, 3}, {0, 2}, {2, 3}, {1, 1}), {3, 2, 3});
  check_case(described({2, 2, 8, 11}, {3, 2, 3, 2}, {2, 0}, {1, 2}, {2, 3}), {2, 2, 2});
  // Groups, also one for each channel.
  check_case(described({2, 6, 5, 4}, {9, 2, 3, 1}, {1, 0}, {2, 1}, {1, 2}, 3), {2, 2, 2});
  check_case(described({1, 4, 5, 6}, {8, 1, 3, 3}, {1, 1}, {2, 2}, {1, 1}, 4), {3, 2, 3});
  // One pixel, one image, one of everything.
  check_case(described({19, 3, 1, 1}, {2, 3, 1, 1}, {0, 0}, {1, 1}, {1, 1}), {5, 4, 5});
  check_case(described({1, 1, 4, 5}, {1, 1, 4, 5}, {0, 0}, {3, 3}, {1, 1}), {3, 2, 3});
}

void check_gaps() {
  Case spaced = with(described({2, 3, 6, 5}, {5, 3, 3, 2}, {1, 1}, {2, 1}, {1, 1}), Order::SPACED);
  Convolution c(spaced);
  for (int algorithm : {0, 1, 2}) {
    check_pass(spaced, c, DNN_FORWARD, algorithm);
  }
  for (DnnPass pass : {DNN_DATA, DNN_FILTER}) {
    for (const Performance& each : c.algorithms(pass)) {
      check_equal(each.status, DNN_NOT_SUPPORTED, "a dy with gaps");
    }
  }
}

void check_equals(const std::vector<float>& got, const std::vector<float>& expected,
    const std::string& what) {
  check(got == expected, what);
}

// torch.nn.functional.conv2d and conv_transpose2d of PyTorch 2.13 in float64, of the whole numbers
// that numbers() gives.
void check_pytorch() {
  Convolution c(described({2, 4, 4, 5}, {6, 2, 3, 2}, {1, 2}, {2, 1}, {1, 3}, 2));
  Buffer x(numbers(c.x, 7, 11)), w(numbers(c.w, 5, 7)), dy(numbers(c.y, 3, 5));
  Buffer y(4 * c.y.span()), dx(4 * c.x.span()), dw(4 * c.w.span());
  c.run(DNN_FORWARD, 0, x.address, w.address, y.address);
  check_equals(y.read<float>(),
      {3, -5, -15, 9, -4, -16, 27, 12, -22, -22, 11, 4, -1, 11, 34, -1, 5, -9, -16, -4, 34, 38, -12,
          13, 2, 6, -15, -11, -14, 19, -3, 8, -22, -14, -14, -6, -23, 6, 1, -22, 5, -3, -7, -19, 5,
          22, -5, 13, 12, 11, 4, -29, -4, 8, 13, -5, 22, 5, -19, -7, -2, -5, 7, 41, 1, 5, -16, 9,
          -24, 23, 30, 8, 1, -7, -20, 4, 15, -19, 4, 11, -22, -22, 12, 27, 2, -19, 6, 4, -4, -7, 9,
          -1, 2, 6, -14, 0, 3, 18, -3, -10, 19, 19, -14, 8, -9, -1, -12, 29, -13, 5, -2, 41, 3, -5,
          12, -11, 12, -15, 27, 12, -13, 8, 4, -29, -1, 11, 3, -26, 4, 20, -16, -4, 22, -3, 10, -22,
          2, 6, 15, 29, -4, -1, -3, 8},
      "conv2d");
  c.run(DNN_DATA, 0, dx.address, w.address, dy.address);
  check_equals(dx.read<float>(),
      {1, 7, 3, 4, -7, -12, 0, -7, 1, 9, 5, 3, 4, -15, 0, 9, -13, -5, 13, 2, 1, 6, -3, -2, 5, -7,
          -7, 9, -5, 6, 3, -3, -2, -1, -1, -7, 9, -4, 13, -6, -7, 9, -4, 13, -6, 9, 5, 0, -15, 6, 0,
          -4, 13, -5, -6, 2, 1, -15, 4, -1, 5, 3, 4, -15, 0, 6, -7, 1, 19, -1, -1, 4, -15, 1, 2, -6,
          -5, 13, -4, 0, -1, 4, -15, 1, 2, -1, 1, 19, -13, -6, 3, -15, 1, 7, 4, -6, 13, -4, 9, -7,
          5, -2, -1, 0, 3, -1, -5, 11, -8, -3, -3, -1, 0, 6, -8, 2, 13, -5, -13, 9, 2, 13, -5, -13,
          9, -6, -15, 10, 0, 6, 4, -5, -13, 9, -6, -7, 4, 3, 7, 1, 3, -15, 1, 7, 4, -3, 19, -13, 0,
          -6, -8, 1, 7, 3, 1, 9, -4, 9, -13, 1},
      "the gradient of conv2d by its input");
  c.run(DNN_FILTER, 0, x.address, dw.address, dy.address);
  check_equals(dw.read<float>(),
      {-8, 14, -16, -7, 2, -25, 22, 5, 12, -2, -25, 2, 22, 21, -4, 3, -28, -23, -8, -15, 10, -2, 8,
          27, 17, -7, -2, 33, -13, 9, -18, -15, -2, 3, 31, 12, 20, 14, -29, -2, -27, -13, 9, -10,
          12, 31, 3, -2, 8, -13, 0, 33, -7, 13, -1, -13, 27, 8, -2, 10, -14, -15, 29, 3, 3, 29, -6,
          9, 2, -25, -2, 12},
      "the gradient of conv2d by its filters");
  // x is larger than dy alone says: an output padding of 1 x 2.
  Convolution transposed(described({1, 2, 4, 11}, {3, 2, 3, 3}, {1, 0}, {2, 3}, {1, 1}));
  Buffer from(numbers(transposed.y, 3, 5)), filters(numbers(transposed.w, 5, 7));
  Buffer to(4 * transposed.x.span());
  transposed.run(DNN_DATA, 0, to.address, filters.address, from.address);
  check_equals(to.read<float>(),
      {-2, -5, -1, 7, 3, -1, -4, 1, -1, 0, 0, -7, 11, 1, -9, -4, 1, 4, 6, 1, 0, 0, -10, 4, 4, 9, -3,
          -1, -2, -5, -1, 0, 0, 4, -10, 4, 1, -4, -2, 3, 7, -3, 0, 0, -1, 3, 7, -1, -5, -2, -1, -3,
          9, 0, 0, 1, -9, 2, 1, 6, 4, 1, -4, -9, 0, 0, 4, 4, -10, -1, 1, -4, -1, 3, 7, 0, 0, 4, 4,
          -10, -2, 0, 9, -3, 1, -2, 0, 0},
      "conv_transpose2d");
}

// [1, 2, 3] with the filter [1, 10]: 1 + 20, 2 + 30; the other way round 10 + 2, 20 + 3.
void check_modes() {
  for (bool flipped : {false, true}) {
    Case what{{1, 1, 1, 3}, {1, 1, 1, 2}};
    what.flipped = flipped;
    Convolution c(what);
    Buffer x(std::vector<float>{1, 2, 3}), w(std::vector<float>{1, 10}), y(8);
    c.run(DNN_FORWARD, 0, x.address, w.address, y.address);
    check_equals(y.read<float>(), flipped ? std::vector<float>{12, 23} : std::vector<float>{21, 32},
        flipped ? "convolution" : "cross-correlation");
  }
}

// TF32 keeps 10 bits of the fraction: 1 + 2^-10 has them, 1 + 2^-12 is 1, 1 + 3 * 2^-12 the next.
void check_math() {
  const float ulp = 0x1p-10f, huge = 0x1.fffffep127f;
  for (DnnMath math : {DNN_DEFAULT_MATH, DNN_TENSOR_OP_MATH, DNN_ALLOW_CONVERSION, DNN_FMA_MATH}) {
    Case what{{1, 1, 1, 5}, {1, 1, 1, 1}};
    what.math = math;
    Convolution c(what);
    std::vector<float> given{1 + ulp, 1 + ulp / 4, 1 + 3 * ulp / 4, -1 - ulp / 4, INFINITY};
    std::vector<float> rounded{1 + ulp, 1, 1 + ulp, -1, INFINITY};
    const std::vector<float>& seen = math == DNN_FMA_MATH ? given : rounded;
    Buffer x(given), w(std::vector<float>{1}), y(20), dx(20), dw(4);
    Buffer fine(std::vector<float>{1 + ulp / 4}), coarse(std::vector<float>{1, 0, 0, 0, 0});
    c.run(DNN_FORWARD, 1, x.address, w.address, y.address, dx.address, 20 + 4);
    check_fault({"out of bounds"}, "a workspace that is not there");
    c.run(DNN_FORWARD, 0, x.address, w.address, y.address);
    check_equals(y.read<float>(), seen, "x in math " + std::to_string(math));
    c.run(DNN_DATA, 0, dx.address, w.address, x.address);
    check_equals(dx.read<float>(), seen, "dy in math " + std::to_string(math));
    c.run(DNN_FORWARD, 0, coarse.address, fine.address, y.address);
    check(y.read<float>()[0] == (math == DNN_FMA_MATH ? 1 + ulp / 4 : 1), "w in the same");
    Buffer ones(std::vector<float>{1, 1, 0, 0, 0}), tail(std::vector<float>{1, ulp / 4, 0, 0, 0});
    c.run(DNN_FILTER, 0, ones.address, dw.address, tail.address);
    check(dw.read<float>()[0] == 1 + ulp / 4, "the result is not rounded");
    for (const Performance& each : c.algorithms(DNN_FORWARD)) {
      check_equal(each.math, math, "math in the enumeration");
    }
    Buffer largest(std::vector<float>{huge, 0, 0, 0, 0});
    c.run(DNN_FORWARD, 0, largest.address, w.address, y.address);
    check(y.read<float>()[0] == (math == DNN_FMA_MATH ? huge : INFINITY), "the largest number");
  }
}

// Whether three calls give the same bits; the inputs' sums depend on their order.
bool repeats(const Case& what, DnnPass pass, int algorithm) {
  Convolution c(what);
  auto fractions = [](const Form& f) {
    std::vector<float> values = numbers(f, 7, 1009);
    for (float& value : values) {
      value = 1 / (value + 0.3f);
    }
    return values;
  };
  Buffer x(fractions(c.x)), w(fractions(c.w)), y(fractions(c.y));
  Buffer& target = pass == DNN_FORWARD ? y : pass == DNN_DATA ? x : w;
  std::size_t bytes = c.workspace(pass, algorithm);
  Buffer space(bytes + 4);
  std::vector<std::vector<float>> results;
  for (int i = 0; i < 3; ++i) {
    c.run(pass, algorithm, x.address, w.address, y.address, space.address, bytes);
    results.push_back(target.read<float>());
  }
  return results[0] == results[1] && results[1] == results[2];
}

void check_determinism(const Case& what) {
  Convolution c(what);
  for (DnnPass pass : {DNN_FORWARD, DNN_DATA, DNN_FILTER}) {
    for (const Performance& each : c.algorithms(pass)) {
      bool varies = (pass == DNN_DATA && each.algorithm == 0)
          || (pass == DNN_FILTER && (each.algorithm == 0 || each.algorithm == 3));
      check_equal(each.determinism, !varies, std::string(PASSES[pass]) + ": is it deterministic");
      if (each.status == 0) {
        check(repeats(what, pass, each.algorithm) == !varies,
            std::string(PASSES[pass]) + " by algorithm " + std::to_string(each.algorithm)
                + (varies ? " should vary" : " should not vary"));
      }
    }
  }
}

void check_add() {
  Convolution c({{2, 4, 1, 3}, {1, 4, 1, 1}}); // its handle and a descriptor
  void* bias;
  cudnnCreateTensorDescriptor(&bias);
  cudnnSetTensor4dDescriptorEx(bias, 0, 1, 4, 1, 1, 4, 1, 1, 1);
  Buffer a(numbers(form({1, 4, 1, 1}), 5, 7)), to(numbers(c.x, 7, 11)), fresh(4 * c.x.span());
  float one = 1, two = 2, minus = -1, zero = 0;
  auto add = [&](float& alpha, Buffer& from, float& beta, Buffer& target) {
    return cudnnAddTensor(c.handle, &alpha, bias, pointer(from.address), &beta, c.x_form,
        pointer(target.address));
  };
  check_equal(add(two, a, minus, to), 0, "a bias");
  check_equals(to.read<float>(),
      {-1, -8, -4, -1, 3, 7, -4, 0, 4, -7, -3, 1, -8, -4, -11, 3, 7, 0, 0, 4, -3, -3, 1, -6},
      "2 * bias - c in PyTorch 2.13");
  check_equal(add(one, a, zero, fresh), 0, "beta 0");
  check_equals(fresh.read<float>(), {-3, -3, -3, 2, 2, 2, 0, 0, 0, -2, -2, -2, -3, -3, -3, 2, 2, 2,
      0, 0, 0, -2, -2, -2}, "does not read");
  cudnnSetTensor4dDescriptorEx(bias, 0, 1, 4, 1, 2, 8, 2, 2, 1);
  check_equal(add(one, a, one, to), DNN_BAD_PARAM, "an extent that is neither 1 nor C's");
  check_fault({"cudnnAddTensor: each extent of A", "[1, 4, 1, 2], C [2, 4, 1, 3]"}, "the same");
  cudnnSetTensor4dDescriptorEx(bias, 0, 1, 4, 1, 1, 4, 1, 1, 1);
  check_equal(add(one, to, one, to), DNN_BAD_PARAM, "a sum onto itself");
  check_fault({"C overlaps A"}, "a sum onto itself");
  check_equal(cudnnAddTensor(c.handle, &one, bias, nullptr, &one, c.x_form, pointer(to.address)),
      DNN_BAD_PARAM, "no A");
  check_fault({"null pointer for A"}, "no A");
  check_equal(cudnnAddTensor(c.handle, &one, bias, pointer(a.address), nullptr, c.x_form,
      pointer(to.address)), DNN_BAD_PARAM, "no beta");
  check_fault({"null pointer for beta"}, "no beta");
  cudnnDestroyTensorDescriptor(bias);
}

} // namespace

void test_dnn_values() {
  check_definition();
  check_gaps();
  check_pytorch();
  check_modes();
  check_math();
  check_determinism(described({4, 3, 9, 9}, {6, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}));
  // Sums over many images of one pixel, and of one image.
  check_determinism(described({9, 3, 1, 1}, {6, 3, 1, 1}, {0, 0}, {1, 1}, {1, 1}));
  check_determinism(described({1, 3, 9, 9}, {6, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}));
  check_add();
}

} // namespace test
