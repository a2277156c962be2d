// Batch normalisation: values worked out by hand, what is left out, what is refused.
#include "dnn.h"

#include <cmath>

extern "C" {
int cudnnBatchNormalizationForwardTraining(void*, int, const void*, const void*, void*, const void*,
    void*, void*, void*, const void*, const void*, double, void*, void*, double, void*, void*);
int cudnnBatchNormalizationForwardInference(void*, int, const void*, const void*, void*, const void*,
    void*, void*, void*, const void*, const void*, const void*, const void*, double);
int cudnnBatchNormalizationBackward(void*, int, const void*, const void*, const void*, const void*,
    void*, const void*, void*, const void*, void*, void*, void*, const void*, void*, void*, double,
    const void*, const void*);
}

namespace test {
namespace {

using Floats = std::vector<float>;

constexpr int SPATIAL = 1, PERSISTENT = 2;
const Extents EXTENTS{2, 2, 1, 2};

void* descriptor(const Form& f) {
  void* made;
  int status = cudnnCreateTensorDescriptor(&made);
  status |= cudnnSetTensor4dDescriptorEx(made, 0, f.extent[0], f.extent[1], f.extent[2], f.extent[3],
      f.stride[0], f.stride[1], f.stride[2], f.stride[3]);
  check_equal(status, 0, "a descriptor");
  return made;
}

// Values by image, channel and place, laid out as a form says; gaps are never written.
class Images {
public:
  Images(const Form& how, const Floats& values) : form(how), memory(4 * how.span()) {
    std::size_t next = 0;
    each([&](std::size_t index) {
      cuMemcpyHtoD_v2(memory.address + 4 * index, &values[next++], 4);
    });
  }

  Floats read() const {
    Floats values;
    each([&](std::size_t index) {
      float value;
      check_equal(cuMemcpyDtoH_v2(&value, memory.address + 4 * index, 4), 0, "a value");
      values.push_back(value);
    });
    return values;
  }

  void* at() const { return pointer(memory.address); }

private:
  template <class F> void each(F f) const {
    for (int n = 0; n < form.extent[0]; ++n) {
      for (int c = 0; c < form.extent[1]; ++c) {
        for (int w = 0; w < form.extent[3]; ++w) {
          f(form.index(n, c, 0, w));
        }
      }
    }
  }

  Form form;
  Buffer memory;
};

// A handle, the descriptors of x and of what is given per channel, and vectors of 2 channels.
struct Norm {
  explicit Norm(Order order = Order::FIRST)
      : form(test::form(EXTENTS, order)), x_form(descriptor(form)),
        per_channel(descriptor(test::form({1, 2, 1, 1}))) {
    check_equal(cudnnCreate(&handle), 0, "a handle");
  }
  ~Norm() {
    check_equal(cudnnDestroyTensorDescriptor(x_form) | cudnnDestroyTensorDescriptor(per_channel)
        | cudnnDestroy(handle), 0, "the end of a handle");
  }
  Norm(const Norm&) = delete;
  Norm& operator=(const Norm&) = delete;

  int train(const void* x, void* y, double share, double epsilon, void* mean, void* variance,
      void* saved, void* inverse, int mode = SPATIAL, float alpha = 1, float beta = 0) const {
    return cudnnBatchNormalizationForwardTraining(handle, mode, &alpha, &beta, x_form, x, x_form, y,
        per_channel, at(scale), at(bias), share, mean, variance, epsilon, saved, inverse);
  }

  int infer(const void* x, void* y, const void* mean, const void* variance, double epsilon,
      float alpha = 1, float beta = 0) const {
    return cudnnBatchNormalizationForwardInference(handle, SPATIAL, &alpha, &beta, x_form, x, x_form,
        y, per_channel, at(scale), at(bias), mean, variance, epsilon);
  }

  int backward(const void* x, const void* dy, void* dx, void* dscale, void* dbias, double epsilon,
      const void* mean, const void* inverse, Floats factors = {1, 0, 1, 0}) const {
    return cudnnBatchNormalizationBackward(handle, SPATIAL, &factors[0], &factors[1], &factors[2],
        &factors[3], x_form, x, x_form, dy, x_form, dx, per_channel, at(scale), dscale, dbias,
        epsilon, mean, inverse);
  }

  static void* at(const Buffer& buffer) { return pointer(buffer.address); }

  void set(const Floats& scales, const Floats& biases) const {
    cuMemcpyHtoD_v2(scale.address, scales.data(), 8);
    cuMemcpyHtoD_v2(bias.address, biases.data(), 8);
  }

  Form form;
  void *handle, *x_form, *per_channel;
  Buffer scale{8}, bias{8};
};

void check_same(const Floats& got, const Floats& expected, const std::string& what) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    check(got[i] == expected[i], what + ": value " + std::to_string(i) + " is "
        + std::to_string(got[i]) + ", expected " + std::to_string(expected[i]));
  }
}

void check_read(const Buffer& buffer, const Floats& expected, const std::string& what) {
  check_same(buffer.read<float>(), expected, what);
}

// Channel 0 has 1, 3, 5, 7: mean 4, variance 5; channel 1 has -1, 2, 2, -1: mean 0.5, 2.25.
const Floats X{1, 3, -1, 2, 5, 7, 2, -1};

void check_training() {
  for (Order order : {Order::FIRST, Order::LAST, Order::SPACED}) {
    for (int mode : {SPATIAL, PERSISTENT}) {
      Norm norm(order);
      norm.set({3, 5}, {10, -1});
      Images x(norm.form, X), y(norm.form, Floats(8, NAN));
      Buffer mean(Floats{10, 20}), variance(Floats{4, 8}), saved(8), inverse(8);
      // Deviations with epsilon 4: 3 and 2.5.
      check_equal(norm.train(x.at(), y.at(), 0.25, 4, Norm::at(mean), Norm::at(variance),
          Norm::at(saved), Norm::at(inverse), mode), 0, "training");
      check_same(y.read(), {7, 9, -4, 2, 11, 13, 2, -4}, "y");
      check_read(mean, {8.5f, 15.125f}, "0.75 (10, 20) + 0.25 (4, 0.5)");
      // With 3 for 4 elements: 20/3 and 3.
      check_read(variance, {14 / 3.0f, 6.75f}, "0.75 (4, 8) + 0.25 (20/3, 3)");
      check_read(saved, {4, 0.5f}, "the saved mean");
      check_read(inverse, {1 / 3.0f, 0.4f}, "the saved inverse deviation");
    }
  }
}

void check_left_out() {
  Norm norm;
  norm.set({3, 5}, {10, -1});
  Images x(norm.form, X), y(norm.form, Floats(8, 100));
  norm.train(x.at(), y.at(), 0, 4, nullptr, nullptr, nullptr, nullptr, SPATIAL, 2, 0.5f);
  check_same(y.read(), {64, 68, 42, 54, 72, 76, 54, 42}, "2 y + 0.5 old");
  // A share of 1 is the first of a series: what was there counts for nothing.
  Buffer mean(8), variance(Floats{NAN, 1}), saved(8);
  norm.train(x.at(), y.at(), 1, 4, Norm::at(mean), Norm::at(variance), nullptr, nullptr);
  check_read(mean, {4, 0.5f}, "the first running mean");
  check_read(variance, {20 / 3.0f, 3}, "the first running variance");
  check_equal(norm.train(x.at(), y.at(), 1, 4, Norm::at(mean), nullptr, nullptr, nullptr),
      DNN_BAD_PARAM, "half of a pair");
  check_fault({"cudnnBatchNormalizationForwardTraining: null pointer for the running variance"},
      "half of a pair");
  check_equal(norm.train(x.at(), y.at(), 1, 4, nullptr, nullptr, nullptr, Norm::at(saved)),
      DNN_BAD_PARAM, "the other half");
  check_fault({"null pointer for the saved mean"}, "the other half");
}

void check_one_value() {
  Norm norm;
  norm.set({3, 5}, {10, -1});
  void* single = descriptor(form({1, 2, 1, 1}));
  Buffer x(Floats{6, 7}), y(8), mean(8), variance(8);
  float one = 1, zero = 0;
  check_equal(cudnnBatchNormalizationForwardTraining(norm.handle, SPATIAL, &one, &zero, single,
      Norm::at(x), single, Norm::at(y), norm.per_channel, Norm::at(norm.scale),
      Norm::at(norm.bias), 1, Norm::at(mean), Norm::at(variance), 1, nullptr, nullptr), 0,
      "one value per channel");
  check_read(y, {10, -1}, "one value per channel");
  Floats unknown = variance.read<float>();
  check(std::isnan(unknown[0]) && std::isnan(unknown[1]), "has no unbiased variance");
  cudnnDestroyTensorDescriptor(single);
}

void check_inference() {
  for (Order order : {Order::FIRST, Order::LAST, Order::SPACED}) {
    Norm norm(order);
    norm.set({3, 8}, {1, 2});
    Images x(norm.form, X), y(norm.form, Floats(8, NAN));
    Buffer mean(Floats{1, 2}), variance(Floats{5, 12});
    // Deviations with epsilon 4: 3 and 4.
    check_equal(norm.infer(x.at(), y.at(), Norm::at(mean), Norm::at(variance), 4), 0, "inference");
    check_same(y.read(), {1, 3, -4, 2, 5, 7, 2, -4}, "y");
    norm.infer(x.at(), y.at(), Norm::at(mean), Norm::at(variance), 4, -1, 2);
    check_same(y.read(), {1, 3, -4, 2, 5, 7, 2, -4}, "2 y - y");
  }
}

// Channel 0 has 1, 3, 5, 7, channel 1 has 10, 16, 12, 14: the variance of both is 5, with epsilon
// 11 the inverse deviation 1/4, (x - mean) / 4 = (-3, -1, 1, 3) / 4 and (-3, 3, -1, 1) / 4.
const Floats BACK_X{1, 3, 10, 16, 5, 7, 12, 14}, DY{4, 0, 1, 1, 0, 8, 2, 0};
// dbias (12, 4), dscale ((-12 + 24) / 4, -2 / 4), dx of channel 0: (4 dy - 12 - 3 h) / 2, of
// channel 1: (4 dy - 4 + h / 2) / -4.
const Floats DX{3.125f, -5.625f, 0.09375f, -0.09375f, -6.375f, 8.875f, -0.96875f, 0.96875f};

void check_backward() {
  for (Order order : {Order::FIRST, Order::LAST, Order::SPACED}) {
    Norm norm(order);
    norm.set({8, -4}, {NAN, NAN});
    Images x(norm.form, BACK_X), dy(norm.form, DY), dx(norm.form, Floats(8, NAN));
    Buffer mean(Floats{4, 13}), inverse(Floats{0.25f, 0.25f}), dscale(8), dbias(8);
    check_equal(norm.backward(x.at(), dy.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 0,
        Norm::at(mean), Norm::at(inverse)), 0, "gradients");
    check_same(dx.read(), DX, "dx");
    check_read(dscale, {3, -0.5f}, "dscale");
    check_read(dbias, {12, 4}, "dbias");
    // Made again from x, and blended: 2 dx - dx, 2 d + 3 d.
    norm.backward(x.at(), dy.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 11, nullptr, nullptr,
        {2, -1, 2, 3});
    check_same(dx.read(), DX, "dx without what was saved");
    check_read(dscale, {15, -2.5f}, "dscale without what was saved");
    check_read(dbias, {60, 20}, "dbias without what was saved");
  }
}

void check_nan() {
  Norm norm;
  norm.set({1, 1}, {0, 0});
  Floats values = X;
  values[1] = NAN;
  Images x(norm.form, values), y(norm.form, X), dx(norm.form, X);
  Buffer mean(Floats{0, 0}), variance(Floats{1, 1}), dscale(8), dbias(8);
  norm.train(x.at(), y.at(), 0.5, 0, Norm::at(mean), Norm::at(variance), nullptr, nullptr);
  Floats got = y.read();
  check(std::isnan(got[0]) && std::isnan(got[5]) && got[2] == -1 && got[3] == 1,
      "a NaN is its channel's");
  got = mean.read<float>();
  check(std::isnan(got[0]) && got[1] == 0.25f, "and its average's");
  norm.backward(y.at(), x.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 0, nullptr, nullptr);
  got = dx.read();
  check(std::isnan(got[0]) && !std::isnan(got[2]), "and its gradient's");
}

// 300 x 301 values in each of two channels: more than one thread gets. i % 301 - 150 has mean 0
// and variance (301^2 - 1) / 12 = 7550.
void check_large() {
  Form big = form({300, 2, 7, 43});
  Floats values(big.span());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<int>(i % 301) - 150);
  }
  Norm norm;
  norm.set({100, 200}, {1, 2});
  void* form_of = descriptor(big);
  Buffer x(values), y(4 * values.size()), saved(8), inverse(8);
  float one = 1, zero = 0;
  // 7550 + 2450 = 100^2.
  check_equal(cudnnBatchNormalizationForwardTraining(norm.handle, SPATIAL, &one, &zero, form_of,
      Norm::at(x), form_of, Norm::at(y), norm.per_channel, Norm::at(norm.scale),
      Norm::at(norm.bias), 0, nullptr, nullptr, 2450, Norm::at(saved), Norm::at(inverse)), 0, "many");
  Floats got = y.read<float>();
  check(got[0] == -149 && got[301] == -298 && got.back() == 302, "many values");
  check_read(saved, {0, 0}, "their mean");
  check_read(inverse, {0.01f, 0.01f}, "their inverse deviation");
  cudnnDestroyTensorDescriptor(form_of);
}

void check_refused() {
  Norm norm;
  norm.set({1, 1}, {0, 0});
  Images x(norm.form, X), y(norm.form, X), dx(norm.form, X);
  Buffer mean(Floats{0, 0}), variance(Floats{1, 1}), dscale(8), dbias(8);
  auto refused = [&](int got, int expected, const std::string& words) {
    check_equal(got, expected, words);
    check_fault({words}, words);
  };
  auto train = [&](void* result, double epsilon, int mode) {
    return norm.train(x.at(), result, 0.5, epsilon, nullptr, nullptr, nullptr, nullptr, mode);
  };
  refused(train(y.at(), 1, 0), DNN_NOT_SUPPORTED, "CUDNN_BATCHNORM_PER_ACTIVATION");
  refused(train(y.at(), 1, 3), DNN_BAD_PARAM, "no such mode: 3");
  refused(train(y.at(), -1e-9, SPATIAL), DNN_BAD_PARAM, "epsilon is -0.000000");
  refused(train(y.at(), NAN, SPATIAL), DNN_BAD_PARAM, "epsilon is nan");
  refused(train(x.at(), 1, SPATIAL), DNN_BAD_PARAM, "y overlaps x");
  refused(train(nullptr, 1, SPATIAL), DNN_BAD_PARAM, "null pointer for y");
  refused(norm.infer(x.at(), y.at(), nullptr, Norm::at(variance), 1), DNN_BAD_PARAM,
      "cudnnBatchNormalizationForwardInference: null pointer for the mean");
  refused(norm.infer(x.at(), y.at(), Norm::at(mean), Norm::at(variance), -1), DNN_BAD_PARAM,
      "epsilon is -1");
  refused(norm.backward(x.at(), y.at(), dx.at(), Norm::at(dscale), Norm::at(dscale), 1, nullptr,
      nullptr), DNN_BAD_PARAM, "the gradient by bias overlaps the gradient by scale");
  refused(norm.backward(x.at(), y.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 1,
      Norm::at(mean), nullptr), DNN_BAD_PARAM, "null pointer for the saved inverse deviation");
  std::swap(norm.x_form, norm.per_channel);
  refused(train(y.at(), 1, SPATIAL), DNN_BAD_PARAM,
      "what is given per channel must be [1, c, 1, 1]; got [2, 2, 1, 2], x [1, 2, 1, 1]");
  std::swap(norm.x_form, norm.per_channel);
  float one = 1, zero = 0;
  refused(cudnnBatchNormalizationForwardInference(norm.handle, SPATIAL, &one, &zero, norm.x_form,
      x.at(), norm.per_channel, y.at(), norm.per_channel, Norm::at(norm.scale), Norm::at(norm.bias),
      Norm::at(mean), Norm::at(variance), 1), DNN_BAD_PARAM,
      "y must have the extents of x; got [1, 2, 1, 1], x [2, 2, 1, 2]");
}

void check_device() {
  Norm norm;
  norm.set({1, 1}, {0, 0});
  Images x(norm.form, X), y(norm.form, X), dx(norm.form, X);
  Buffer mean(8), variance(Floats{1, 1}), dscale(8), dbias(8);
  norm.infer(x.at(), y.at(), Norm::at(mean), Norm::at(variance), 1);
  check_equal(cuCtxSynchronize(), 719, "a mean that was never written");
  check_fault({"cudnnBatchNormalizationForwardInference: the mean: uninitialised read"},
      "a mean that was never written");
  norm.train(x.at(), y.at(), 0.5, 1, Norm::at(mean), Norm::at(variance), nullptr, nullptr);
  check_equal(cuCtxSynchronize(), 719, "a running mean that was never written");
  check_fault({"cudnnBatchNormalizationForwardTraining: the running mean: uninitialised read"},
      "a running mean that was never written");
  simulator_fail("dnn:3");
  for (int expected : {0, 0, DNN_EXECUTION_FAILED, 0}) {
    check_equal(norm.backward(x.at(), y.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 1, nullptr,
        nullptr), expected, "a failure that was asked for");
  }
  simulator_reset();
  norm.backward(x.at(), y.at(), dx.at(), Norm::at(dscale), Norm::at(dbias), 1, nullptr, nullptr);
  cuCtxSynchronize();
  // x, dy and scale; dx, dscale and dbias.
  std::string log = text(simulator_log);
  check(log.find("\n1,cudnnBatchNormalizationBackward,1,1,1,1,1,1,0,0,0,0,72,48,3,3,")
      != std::string::npos, "the log: " + log);
}

} // namespace

void test_batchnorm() {
  check_training();
  check_left_out();
  check_one_value();
  check_inference();
  check_backward();
  check_nan();
  check_large();
  check_refused();
  check_device();
}

} // namespace test
