// Descriptors: made, set, destroyed. They belong to no context.
#include "dnn.h"

#include <limits>

namespace simulator::dnn {
namespace {

constexpr int FLOAT = 0, DATA_TYPES = 16;
enum Format { NCHW, NHWC, NCHW_VECT_C };
enum Mode { CONVOLUTION, CROSS_CORRELATION };

Objects<Tensor> tensors("tensor descriptor");
Objects<Filter> filters("filter descriptor");
Objects<Convolution> convolutions("convolution descriptor");

void require_at_least(int least, std::initializer_list<int> values, const char* what) {
  for (int value : values) {
    if (value < least) {
      refuse(BAD_PARAM, std::string(what) + " is " + std::to_string(value) + ", at least "
          + std::to_string(least) + " is asked for");
    }
  }
}

// Each from the first to the last element must be counted by 31 bits.
void require_countable(const Layout& layout) {
  long elements = 1, last = 0;
  for (int axis = 0; axis < 4; ++axis) {
    last += long(layout.extent[axis] - 1) * layout.stride[axis];
    elements *= layout.extent[axis];
    if (std::max(elements, last) > std::numeric_limits<int>::max()) {
      refuse(UNSUPPORTED, "2^31 elements or more: " + layout.text());
    }
  }
}

template <class T> void destroy(Objects<T>& objects, const void* name) {
  if (name != nullptr) {
    objects.destroy(name);
  }
}

template <class T> const T& set_of(const T& object, bool set, const char* kind) {
  if (!set) {
    refuse(BAD_PARAM, std::string("the ") + kind + " was never set");
  }
  return object;
}

} // namespace

void require_float(int data_type) {
  if (data_type < 0 || data_type >= DATA_TYPES) {
    refuse(BAD_PARAM, "no such data type: " + std::to_string(data_type));
  }
  if (data_type != FLOAT) {
    refuse(UNSUPPORTED, "data type " + std::to_string(data_type)
        + " is not simulated; CUDNN_DATA_FLOAT is");
  }
}

const Tensor& tensor_of(const void* name) {
  Tensor& tensor = tensors.find(name);
  return set_of(tensor, tensor.layout.extent[0] > 0, "tensor descriptor");
}

const Filter& filter_of(const void* name) {
  Filter& filter = filters.find(name);
  return set_of(filter, filter.layout.extent[0] > 0, "filter descriptor");
}

const Convolution& convolution_of(const void* name) {
  Convolution& convolution = convolutions.find(name);
  return set_of(convolution, convolution.stride_h > 0, "convolution descriptor");
}

LIBRARY_CALL int cudnnCreateTensorDescriptor(void** descriptor) {
  return call("cudnnCreateTensorDescriptor", [&] { tensors.create(descriptor); });
}

LIBRARY_CALL int cudnnDestroyTensorDescriptor(void* descriptor) {
  return call("cudnnDestroyTensorDescriptor", [&] { destroy(tensors, descriptor); });
}

LIBRARY_CALL int cudnnSetTensor4dDescriptorEx(void* descriptor, int data_type, int n, int c, int h,
    int w, int n_stride, int c_stride, int h_stride, int w_stride) {
  return call("cudnnSetTensor4dDescriptorEx", [&] {
    Tensor& tensor = tensors.find(descriptor);
    require_float(data_type);
    require_at_least(1, {n, c, h, w}, "an extent");
    require_at_least(0, {n_stride, c_stride, h_stride, w_stride}, "a stride");
    Layout layout{{n, c, h, w}, {n_stride, c_stride, h_stride, w_stride}};
    require_countable(layout);
    tensor.layout = layout;
  });
}

LIBRARY_CALL int cudnnCreateFilterDescriptor(void** descriptor) {
  return call("cudnnCreateFilterDescriptor", [&] { filters.create(descriptor); });
}

LIBRARY_CALL int cudnnDestroyFilterDescriptor(void* descriptor) {
  return call("cudnnDestroyFilterDescriptor", [&] { destroy(filters, descriptor); });
}

LIBRARY_CALL int cudnnSetFilter4dDescriptor(void* descriptor, int data_type, int format, int k,
    int c, int h, int w) {
  return call("cudnnSetFilter4dDescriptor", [&] {
    Filter& filter = filters.find(descriptor);
    require_float(data_type);
    if (format < NCHW || format > NCHW_VECT_C) {
      refuse(BAD_PARAM, "no such format: " + std::to_string(format));
    }
    if (format == NCHW_VECT_C) {
      refuse(UNSUPPORTED, "CUDNN_TENSOR_NCHW_VECT_C is for 8-bit integers");
    }
    require_at_least(1, {k, c, h, w}, "an extent");
    require_countable({{k, c, h, w}, {}});
    filter.channels_last = format == NHWC;
    filter.layout = packed({k, c, h, w}, filter.channels_last);
  });
}

LIBRARY_CALL int cudnnCreateConvolutionDescriptor(void** descriptor) {
  return call("cudnnCreateConvolutionDescriptor", [&] { convolutions.create(descriptor); });
}

LIBRARY_CALL int cudnnDestroyConvolutionDescriptor(void* descriptor) {
  return call("cudnnDestroyConvolutionDescriptor", [&] { destroy(convolutions, descriptor); });
}

LIBRARY_CALL int cudnnSetConvolution2dDescriptor(void* descriptor, int pad_h, int pad_w,
    int stride_h, int stride_w, int dilation_h, int dilation_w, int mode, int compute_type) {
  return call("cudnnSetConvolution2dDescriptor", [&] {
    Convolution& convolution = convolutions.find(descriptor);
    require_at_least(0, {pad_h, pad_w}, "a padding");
    require_at_least(1, {stride_h, stride_w}, "a stride");
    require_at_least(1, {dilation_h, dilation_w}, "a dilation");
    if (mode != CONVOLUTION && mode != CROSS_CORRELATION) {
      refuse(BAD_PARAM, "no such mode: " + std::to_string(mode));
    }
    require_float(compute_type);
    convolution.pad_h = pad_h;
    convolution.pad_w = pad_w;
    convolution.stride_h = stride_h;
    convolution.stride_w = stride_w;
    convolution.dilation_h = dilation_h;
    convolution.dilation_w = dilation_w;
    convolution.flipped = mode == CONVOLUTION;
  });
}

LIBRARY_CALL int cudnnSetConvolutionGroupCount(void* descriptor, int groups) {
  return call("cudnnSetConvolutionGroupCount", [&] {
    Convolution& convolution = convolutions.find(descriptor);
    require_at_least(1, {groups}, "the number of groups");
    convolution.groups = groups;
  });
}

LIBRARY_CALL int cudnnSetConvolutionMathType(void* descriptor, int math) {
  return call("cudnnSetConvolutionMathType", [&] {
    Convolution& convolution = convolutions.find(descriptor);
    if (math < 0 || math > static_cast<int>(Math::FMA)) {
      refuse(BAD_PARAM, "no such math type: " + std::to_string(math));
    }
    convolution.math = static_cast<Math>(math);
  });
}

} // namespace simulator::dnn
