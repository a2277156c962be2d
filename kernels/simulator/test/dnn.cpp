#include "dnn.h"

namespace test {

void* pointer(std::uint64_t address) { return reinterpret_cast<void*>(address); }

Form form(const Extents& e, Order order) {
  switch (order) {
    case Order::FIRST: return {e, {e[1] * e[2] * e[3], e[2] * e[3], e[3], 1}};
    case Order::LAST: return {e, {e[1] * e[2] * e[3], 1, e[3] * e[1], e[1]}};
    default: {
      int row = 2 * e[3] + 1, plane = e[2] * row + 3;
      return {e, {e[1] * plane + 5, plane, row, 2}};
    }
  }
}

Extents Case::y() const {
  Extents result{x[0], w[0], 0, 0};
  for (int axis : {0, 1}) {
    int reach = (w[2 + axis] - 1) * dilation[axis] + 1;
    result[2 + axis] = (x[2 + axis] + 2 * pad[axis] - reach) / stride[axis] + 1;
  }
  return result;
}

Convolution::Convolution(const Case& what)
    : x(form(what.x, what.order)),
      w(form(what.w, what.channels_last_filter ? Order::LAST : Order::FIRST)),
      y(form(what.y(), what.order)) {
  int status = cudnnCreate(&handle);
  auto tensor = [&](void** made, const Form& f) {
    status |= cudnnCreateTensorDescriptor(made);
    status |= cudnnSetTensor4dDescriptorEx(*made, 0, f.extent[0], f.extent[1], f.extent[2],
        f.extent[3], f.stride[0], f.stride[1], f.stride[2], f.stride[3]);
  };
  tensor(&x_form, x);
  tensor(&y_form, y);
  status |= cudnnCreateFilterDescriptor(&w_form);
  status |= cudnnSetFilter4dDescriptor(
      w_form, 0, what.channels_last_filter, what.w[0], what.w[1], what.w[2], what.w[3]);
  status |= cudnnCreateConvolutionDescriptor(&how);
  status |= cudnnSetConvolution2dDescriptor(how, what.pad[0], what.pad[1], what.stride[0],
      what.stride[1], what.dilation[0], what.dilation[1], what.flipped ? 0 : 1, 0);
  status |= cudnnSetConvolutionGroupCount(how, what.groups);
  status |= cudnnSetConvolutionMathType(how, what.math);
  check_equal(status, 0, "descriptors");
}

Convolution::~Convolution() {
  int status = cudnnDestroyConvolutionDescriptor(how) | cudnnDestroyFilterDescriptor(w_form)
      | cudnnDestroyTensorDescriptor(y_form) | cudnnDestroyTensorDescriptor(x_form)
      | cudnnDestroy(handle);
  check_equal(status, 0, "destroying descriptors");
}

std::vector<Performance> Convolution::algorithms(DnnPass pass, int requested) const {
  std::vector<Performance> results(10);
  int count = 0;
  int status = pass == DNN_FORWARD
      ? cudnnGetConvolutionForwardAlgorithm_v7(
            handle, x_form, w_form, how, y_form, requested, &count, results.data())
      : pass == DNN_DATA ? cudnnGetConvolutionBackwardDataAlgorithm_v7(
                               handle, w_form, y_form, how, x_form, requested, &count, results.data())
                         : cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x_form, y_form, how,
                               w_form, requested, &count, results.data());
  check_equal(status, 0, "enumeration of algorithms");
  results.resize(count);
  return results;
}

std::vector<Performance> Convolution::find(DnnPass pass, std::uint64_t x, std::uint64_t w,
    std::uint64_t y, std::uint64_t space, std::size_t bytes) const {
  std::vector<Performance> results(10);
  int count = 0, status;
  if (pass == DNN_FORWARD) {
    status = cudnnFindConvolutionForwardAlgorithmEx(handle, x_form, pointer(x), w_form, pointer(w),
        how, y_form, pointer(y), 10, &count, results.data(), pointer(space), bytes);
  } else if (pass == DNN_DATA) {
    status = cudnnFindConvolutionBackwardDataAlgorithmEx(handle, w_form, pointer(w), y_form,
        pointer(y), how, x_form, pointer(x), 10, &count, results.data(), pointer(space), bytes);
  } else {
    status = cudnnFindConvolutionBackwardFilterAlgorithmEx(handle, x_form, pointer(x), y_form,
        pointer(y), how, w_form, pointer(w), 10, &count, results.data(), pointer(space), bytes);
  }
  check_equal(status, 0, "measurement of algorithms");
  results.resize(count);
  return results;
}

std::size_t Convolution::workspace(DnnPass pass, int algorithm) const {
  std::size_t bytes = 0;
  int status = pass == DNN_FORWARD
      ? cudnnGetConvolutionForwardWorkspaceSize(
            handle, x_form, w_form, how, y_form, algorithm, &bytes)
      : pass == DNN_DATA ? cudnnGetConvolutionBackwardDataWorkspaceSize(
                               handle, w_form, y_form, how, x_form, algorithm, &bytes)
                         : cudnnGetConvolutionBackwardFilterWorkspaceSize(
                               handle, x_form, y_form, how, w_form, algorithm, &bytes);
  check_equal(status, 0, "workspace size");
  return bytes;
}

int Convolution::run(DnnPass pass, int algorithm, std::uint64_t x, std::uint64_t w, std::uint64_t y,
    std::uint64_t space, std::size_t bytes, float alpha, float beta) const {
  switch (pass) {
    case DNN_FORWARD:
      return cudnnConvolutionForward(handle, &alpha, x_form, pointer(x), w_form, pointer(w), how,
          algorithm, pointer(space), bytes, &beta, y_form, pointer(y));
    case DNN_DATA:
      return cudnnConvolutionBackwardData(handle, &alpha, w_form, pointer(w), y_form, pointer(y),
          how, algorithm, pointer(space), bytes, &beta, x_form, pointer(x));
    default:
      return cudnnConvolutionBackwardFilter(handle, &alpha, x_form, pointer(x), y_form, pointer(y),
          how, algorithm, pointer(space), bytes, &beta, w_form, pointer(w));
  }
}

std::vector<float> numbers(const Form& form, int factor, int modulus) {
  std::vector<float> values(form.span());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<int>(i * factor % modulus) - modulus / 2);
  }
  return values;
}

} // namespace test
