// What the tests of the simulated cuDNN share: its calls, and descriptors that are destroyed with
// what holds them.
#pragma once

#include "test.h"

#include <array>

extern "C" {
std::size_t cudnnGetVersion();
const char* cudnnGetErrorString(int);
int cudnnCreate(void**);
int cudnnDestroy(void*);
int cudnnSetStream(void*, void*);
int cudnnCreateTensorDescriptor(void**);
int cudnnDestroyTensorDescriptor(void*);
int cudnnSetTensor4dDescriptorEx(void*, int, int, int, int, int, int, int, int, int);
int cudnnCreateFilterDescriptor(void**);
int cudnnDestroyFilterDescriptor(void*);
int cudnnSetFilter4dDescriptor(void*, int, int, int, int, int, int);
int cudnnCreateConvolutionDescriptor(void**);
int cudnnDestroyConvolutionDescriptor(void*);
int cudnnSetConvolution2dDescriptor(void*, int, int, int, int, int, int, int, int);
int cudnnSetConvolutionGroupCount(void*, int);
int cudnnSetConvolutionMathType(void*, int);
int cudnnGetConvolutionForwardAlgorithm_v7(void*, void*, void*, void*, void*, int, int*, void*);
int cudnnGetConvolutionBackwardDataAlgorithm_v7(void*, void*, void*, void*, void*, int, int*,
    void*);
int cudnnGetConvolutionBackwardFilterAlgorithm_v7(void*, void*, void*, void*, void*, int, int*,
    void*);
int cudnnFindConvolutionForwardAlgorithmEx(void*, void*, const void*, void*, const void*, void*,
    void*, void*, int, int*, void*, void*, std::size_t);
int cudnnFindConvolutionBackwardDataAlgorithmEx(void*, void*, const void*, void*, const void*,
    void*, void*, void*, int, int*, void*, void*, std::size_t);
int cudnnFindConvolutionBackwardFilterAlgorithmEx(void*, void*, const void*, void*, const void*,
    void*, void*, void*, int, int*, void*, void*, std::size_t);
int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int, std::size_t*);
int cudnnGetConvolutionBackwardDataWorkspaceSize(void*, void*, void*, void*, void*, int,
    std::size_t*);
int cudnnGetConvolutionBackwardFilterWorkspaceSize(void*, void*, void*, void*, void*, int,
    std::size_t*);
int cudnnConvolutionForward(void*, const void*, void*, const void*, void*, const void*, void*, int,
    void*, std::size_t, const void*, void*, void*);
int cudnnConvolutionBackwardData(void*, const void*, void*, const void*, void*, const void*, void*,
    int, void*, std::size_t, const void*, void*, void*);
int cudnnConvolutionBackwardFilter(void*, const void*, void*, const void*, void*, const void*,
    void*, int, void*, std::size_t, const void*, void*, void*);
int cudnnAddTensor(void*, const void*, void*, const void*, const void*, void*, void*);
}

namespace test {

constexpr int DNN_NOT_INITIALIZED = 1001, DNN_BAD_PARAM = 2000, DNN_NOT_SUPPORTED = 3000,
    DNN_ALLOC_FAILED = 4004, DNN_EXECUTION_FAILED = 5000;
enum DnnMath { DNN_DEFAULT_MATH, DNN_TENSOR_OP_MATH, DNN_ALLOW_CONVERSION, DNN_FMA_MATH };
enum DnnPass { DNN_FORWARD, DNN_DATA, DNN_FILTER };
enum class Order { FIRST, LAST, SPACED }; // of channels; with gaps between elements

using Extents = std::array<int, 4>;

// Four extents and the distances between neighbours.
struct Form {
  Extents extent, stride;

  std::size_t index(int a, int b, int c, int d) const {
    return std::size_t(a) * stride[0] + std::size_t(b) * stride[1] + std::size_t(c) * stride[2]
        + std::size_t(d) * stride[3];
  }
  // Elements from the first to the last.
  std::size_t span() const {
    return index(extent[0] - 1, extent[1] - 1, extent[2] - 1, extent[3] - 1) + 1;
  }
};

Form form(const Extents& extent, Order order = Order::FIRST);

// A convolution to test, of x [n, c, h, w] by filters [k, c / groups, r, s].
struct Case {
  Extents x, w;
  std::array<int, 2> pad{0, 0}, stride{1, 1}, dilation{1, 1};
  int groups = 1;
  bool flipped = false;
  Order order = Order::FIRST;
  bool channels_last_filter = false;
  DnnMath math = DNN_FMA_MATH;

  Extents y() const;
};

// cudnnConvolution...AlgoPerf_t.
struct Performance {
  int algorithm, status;
  float time;
  std::size_t memory;
  int determinism, math, reserved[3];
};

// A handle and the four descriptors of a case.
class Convolution {
public:
  explicit Convolution(const Case& what);
  ~Convolution();
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;

  std::vector<Performance> algorithms(DnnPass pass, int requested = 10) const;
  std::vector<Performance> find(DnnPass pass, std::uint64_t x, std::uint64_t w, std::uint64_t y,
      std::uint64_t space, std::size_t bytes) const;
  std::size_t workspace(DnnPass pass, int algorithm) const;

  // Queues the pass; x, w and y are addresses in those parts. Gives its status.
  int run(DnnPass pass, int algorithm, std::uint64_t x, std::uint64_t w, std::uint64_t y,
      std::uint64_t space = 0, std::size_t bytes = 0, float alpha = 1, float beta = 0) const;

  Form x, w, y;
  void *handle, *x_form, *w_form, *y_form, *how;
};

// Whole numbers of that span, so small that every sum of them is exact in any order: element i is
// i factor % modulus - modulus / 2.
std::vector<float> numbers(const Form& form, int factor, int modulus);

void* pointer(std::uint64_t address);

} // namespace test
