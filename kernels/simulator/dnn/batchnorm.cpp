// Batch normalisation per channel (CUDNN_BATCHNORM_SPATIAL and _PERSISTENT): over all images and
// places of an image. Sums go in double, in the order of memory; results are rounded once.
#include "dnn.h"

#include <cmath>

namespace simulator::dnn {
namespace {

using library::Region;

enum BatchNormMode { PER_ACTIVATION, SPATIAL, SPATIAL_PERSISTENT };

constexpr std::size_t WORTH_THREADS = 100'000; // elements

// The extents of x, whose elements lie packed: image, channel, place.
struct Shape {
  std::size_t images, channels, places;

  std::size_t per_channel() const { return images * places; }
};

// A tensor on the device; without an address where it was left out.
struct Placed {
  Layout layout;
  Region region;

  bool given() const { return region.address != 0; }
  std::vector<float> load(library::Running& device) const {
    return dnn::load(device, layout, region);
  }
  void store(library::Running& device, const std::vector<float>& values, float alpha = 1,
      float beta = 0) const {
    dnn::store(device, layout, region, values, alpha, beta);
  }
};

struct Moments {
  std::vector<double> mean, variance; // that of the values, not of what they were drawn from
};

// Calls f(channel) for all, in any order.
template <class F> void each_channel(const Shape& shape, F f) {
  if (shape.per_channel() * shape.channels > WORTH_THREADS) {
    library::parallel(shape.channels, f);
  } else {
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
      f(channel);
    }
  }
}

// Calls f(index of an element) for those of a channel.
template <class F> void each_of(const Shape& shape, std::size_t channel, F f) {
  for (std::size_t image = 0; image < shape.images; ++image) {
    std::size_t begin = (image * shape.channels + channel) * shape.places;
    for (std::size_t index = begin; index < begin + shape.places; ++index) {
      f(index);
    }
  }
}

Moments moments_of(const Shape& shape, const std::vector<float>& x) {
  Moments result{std::vector<double>(shape.channels), std::vector<double>(shape.channels)};
  each_channel(shape, [&](std::size_t channel) {
    double count = shape.per_channel(), sum = 0, squares = 0;
    each_of(shape, channel, [&](std::size_t i) { sum += x[i]; });
    double mean = sum / count;
    each_of(shape, channel, [&](std::size_t i) { squares += (x[i] - mean) * (x[i] - mean); });
    result.mean[channel] = mean;
    result.variance[channel] = squares / count;
  });
  return result;
}

// scale (x - mean) / sqrt(variance + epsilon) + bias.
std::vector<float> normalise(const Shape& shape, const std::vector<float>& x, const Moments& by,
    double epsilon, const std::vector<float>& scale, const std::vector<float>& bias) {
  std::vector<float> y(x.size());
  each_channel(shape, [&](std::size_t c) {
    double factor = scale[c] / std::sqrt(by.variance[c] + epsilon);
    each_of(shape, c, [&](std::size_t i) {
      y[i] = static_cast<float>((x[i] - by.mean[c]) * factor + bias[c]);
    });
  });
  return y;
}

std::vector<float> rounded(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::vector<double> inverse_deviation(const std::vector<double>& variance, double epsilon) {
  std::vector<double> result;
  for (double value : variance) {
    result.push_back(1 / std::sqrt(value + epsilon));
  }
  return result;
}

// old (1 - share) + now share. A share of 1 does not read what was there.
void average(library::Running& device, const Placed& running, const std::vector<double>& now,
    double share) {
  std::vector<float> old(now.size());
  if (share != 1) {
    old = running.load(device);
  }
  std::vector<double> mixed;
  for (std::size_t i = 0; i < now.size(); ++i) {
    mixed.push_back(old[i] * (1 - share) + now[i] * share);
  }
  running.store(device, rounded(mixed));
}

void check_mode(int mode) {
  if (mode == PER_ACTIVATION) {
    refuse(UNSUPPORTED, "CUDNN_BATCHNORM_PER_ACTIVATION is not simulated");
  }
  if (mode != SPATIAL && mode != SPATIAL_PERSISTENT) {
    refuse(BAD_PARAM, "no such mode: " + std::to_string(mode));
  }
}

// CUDNN_BN_MIN_EPSILON is 0.
void check_epsilon(double epsilon) {
  if (!(epsilon >= 0)) {
    refuse(BAD_PARAM, "epsilon is " + std::to_string(epsilon) + ", at least 0 is asked for");
  }
}

Shape shape_of(const Layout& x) {
  auto size = [&](int axis) { return static_cast<std::size_t>(x.extent[axis]); };
  return {size(0), size(1), size(2) * size(3)};
}

Placed images(const char* name, const void* form, const void* at, const Layout& x) {
  require_pointer(at, name);
  const Layout& layout = tensor_of(form).layout;
  if (layout.extent != x.extent) {
    refuse(BAD_PARAM, std::string(name) + " must have the extents of x; got " + layout.text()
        + ", x " + x.text());
  }
  return {layout, layout.region(name, at)};
}

Placed vector(const char* name, const void* form, const void* at, const Layout& x) {
  require_pointer(at, name);
  const Layout& layout = tensor_of(form).layout;
  if (layout.extent != std::array<int, 4>{1, x.extent[1], 1, 1}) {
    refuse(BAD_PARAM, std::string("what is given per channel must be [1, c, 1, 1]; got ")
        + layout.text() + ", x " + x.text());
  }
  return {layout, layout.region(name, at)};
}

// Two vectors that may be left out, but only both.
std::array<Placed, 2> optional_pair(const char* first_name, const char* second_name,
    const void* form, const void* first, const void* second, const Layout& x) {
  if (first == nullptr && second == nullptr) {
    return {};
  }
  return {vector(first_name, form, first, x), vector(second_name, form, second, x)};
}

// Regions of what is given; throws where an output lies in anything else.
std::vector<Region> regions(const std::vector<Placed>& inputs, const std::vector<Placed>& outputs) {
  std::vector<Region> result;
  for (const Placed& input : inputs) {
    if (input.given()) {
      result.push_back(input.region);
    }
  }
  for (const Placed& output : outputs) {
    if (output.given()) {
      require_output(output.layout, output.region, result);
      result.push_back(output.region);
    }
  }
  return result;
}

// The gradients of one call, by scale, by bias and by x.
struct Gradients {
  std::vector<float> scale, bias, x;
};

// With h = (x - mean) r, r the inverse deviation, and m elements in a channel:
// dbias = sum dy, dscale = sum dy h, dx = scale r / m (m dy - dbias - h dscale).
Gradients gradients(const Shape& shape, const std::vector<float>& x, const std::vector<float>& dy,
    const std::vector<float>& scale, const std::vector<double>& mean,
    const std::vector<double>& inverse) {
  Gradients result{std::vector<float>(shape.channels), std::vector<float>(shape.channels),
      std::vector<float>(x.size())};
  each_channel(shape, [&](std::size_t c) {
    double by_bias = 0, by_scale = 0, count = shape.per_channel();
    each_of(shape, c, [&](std::size_t i) {
      by_bias += dy[i];
      by_scale += dy[i] * ((x[i] - mean[c]) * inverse[c]);
    });
    double factor = scale[c] * inverse[c] / count;
    each_of(shape, c, [&](std::size_t i) {
      double h = (x[i] - mean[c]) * inverse[c];
      result.x[i] = static_cast<float>(factor * (count * dy[i] - by_bias - h * by_scale));
    });
    result.bias[c] = static_cast<float>(by_bias);
    result.scale[c] = static_cast<float>(by_scale);
  });
  return result;
}

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

} // namespace

LIBRARY_CALL int cudnnBatchNormalizationForwardTraining(void* handle, int mode,
    const void* alpha_pointer, const void* beta_pointer, void* x_form, const void* x_at,
    void* y_form, void* y_at, void* per_channel, const void* scale_at, const void* bias_at,
    double share, void* running_mean_at, void* running_variance_at, double epsilon,
    void* saved_mean_at, void* saved_inverse_at) {
  const char* name = "cudnnBatchNormalizationForwardTraining";
  return call(name, [&] {
    Handle& owner = handle_of(handle);
    check_mode(mode);
    check_epsilon(epsilon);
    float alpha = factor(alpha_pointer, "alpha"), beta = factor(beta_pointer, "beta");
    const Layout& form = tensor_of(x_form).layout;
    Placed x = images("x", x_form, x_at, form), y = images("y", y_form, y_at, form);
    Placed scale = vector("scale", per_channel, scale_at, form);
    Placed bias = vector("bias", per_channel, bias_at, form);
    auto running = optional_pair("the running mean", "the running variance", per_channel,
        running_mean_at, running_variance_at, form);
    auto saved = optional_pair("the saved mean", "the saved inverse deviation", per_channel,
        saved_mean_at, saved_inverse_at, form);
    auto used = regions({x, scale, bias}, {y, running[0], running[1], saved[0], saved[1]});
    fail_if_asked();
    library::queue(name, owner.stream, used, [=](library::Running& device) {
      Shape shape = shape_of(x.layout);
      std::vector<float> values = x.load(device);
      Moments moments = moments_of(shape, values);
      y.store(device, normalise(shape, values, moments, epsilon, scale.load(device),
          bias.load(device)), alpha, beta);
      if (running[0].given()) {
        // Of what the values were drawn from: with m - 1 for m.
        double count = shape.per_channel();
        std::vector<double> unbiased = moments.variance;
        for (double& variance : unbiased) {
          variance *= count / (count - 1);
        }
        average(device, running[0], moments.mean, share);
        average(device, running[1], unbiased, share);
      }
      if (saved[0].given()) {
        saved[0].store(device, rounded(moments.mean));
        saved[1].store(device, rounded(inverse_deviation(moments.variance, epsilon)));
      }
    });
  });
}

LIBRARY_CALL int cudnnBatchNormalizationForwardInference(void* handle, int mode,
    const void* alpha_pointer, const void* beta_pointer, void* x_form, const void* x_at,
    void* y_form, void* y_at, void* per_channel, const void* scale_at, const void* bias_at,
    const void* mean_at, const void* variance_at, double epsilon) {
  const char* name = "cudnnBatchNormalizationForwardInference";
  return call(name, [&] {
    Handle& owner = handle_of(handle);
    check_mode(mode);
    check_epsilon(epsilon);
    float alpha = factor(alpha_pointer, "alpha"), beta = factor(beta_pointer, "beta");
    const Layout& form = tensor_of(x_form).layout;
    Placed x = images("x", x_form, x_at, form), y = images("y", y_form, y_at, form);
    Placed scale = vector("scale", per_channel, scale_at, form);
    Placed bias = vector("bias", per_channel, bias_at, form);
    Placed mean = vector("the mean", per_channel, mean_at, form);
    Placed variance = vector("the variance", per_channel, variance_at, form);
    auto used = regions({x, scale, bias, mean, variance}, {y});
    fail_if_asked();
    library::queue(name, owner.stream, used, [=](library::Running& device) {
      Moments moments{widened(mean.load(device)), widened(variance.load(device))};
      y.store(device, normalise(shape_of(x.layout), x.load(device), moments, epsilon,
          scale.load(device), bias.load(device)), alpha, beta);
    });
  });
}

// Mean and inverse deviation are those that the forward pass saved, or are made again from x.
LIBRARY_CALL int cudnnBatchNormalizationBackward(void* handle, int mode, const void* alpha_data,
    const void* beta_data, const void* alpha_parameters, const void* beta_parameters, void* x_form,
    const void* x_at, void* dy_form, const void* dy_at, void* dx_form, void* dx_at,
    void* per_channel, const void* scale_at, void* dscale_at, void* dbias_at, double epsilon,
    const void* saved_mean_at, const void* saved_inverse_at) {
  const char* name = "cudnnBatchNormalizationBackward";
  return call(name, [&] {
    Handle& owner = handle_of(handle);
    check_mode(mode);
    check_epsilon(epsilon);
    float alpha = factor(alpha_data, "alpha of x"), beta = factor(beta_data, "beta of x");
    float alpha_p = factor(alpha_parameters, "alpha of the parameters");
    float beta_p = factor(beta_parameters, "beta of the parameters");
    const Layout& form = tensor_of(x_form).layout;
    Placed x = images("x", x_form, x_at, form), dy = images("dy", dy_form, dy_at, form);
    Placed dx = images("dx", dx_form, dx_at, form);
    Placed scale = vector("scale", per_channel, scale_at, form);
    Placed dscale = vector("the gradient by scale", per_channel, dscale_at, form);
    Placed dbias = vector("the gradient by bias", per_channel, dbias_at, form);
    auto saved = optional_pair("the saved mean", "the saved inverse deviation", per_channel,
        saved_mean_at, saved_inverse_at, form);
    auto used = regions({x, dy, scale, saved[0], saved[1]}, {dx, dscale, dbias});
    fail_if_asked();
    library::queue(name, owner.stream, used, [=](library::Running& device) {
      Shape shape = shape_of(x.layout);
      std::vector<float> values = x.load(device);
      std::vector<double> mean, inverse;
      if (saved[0].given()) {
        mean = widened(saved[0].load(device));
        inverse = widened(saved[1].load(device));
      } else {
        Moments moments = moments_of(shape, values);
        mean = moments.mean;
        inverse = inverse_deviation(moments.variance, epsilon);
      }
      Gradients made = gradients(shape, values, dy.load(device), scale.load(device), mean, inverse);
      dx.store(device, made.x, alpha, beta);
      dscale.store(device, made.scale, alpha_p, beta_p);
      dbias.store(device, made.bias, alpha_p, beta_p);
    });
  });
}

} // namespace simulator::dnn
