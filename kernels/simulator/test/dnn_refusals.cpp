// What the simulated cuDNN refuses, and what it enumerates.
#include "dnn.h"

#include <cmath>

namespace test {
namespace {

const Case SMALL{{2, 4, 6, 5}, {6, 4, 3, 3}, {1, 1}};

// Buffers for the parts of a convolution.
struct Parts {
  Convolution c;
  Buffer x, w, y;

  explicit Parts(const Case& what)
      : c(what), x(numbers(c.x, 7, 11)), w(numbers(c.w, 5, 7)), y(numbers(c.y, 3, 5)) {}

  int run(DnnPass pass, int algorithm, std::uint64_t space = 0, std::size_t bytes = 0) const {
    return c.run(pass, algorithm, x.address, w.address, y.address, space, bytes);
  }
};

void refused(int got, int expected, const std::vector<std::string>& words) {
  check_equal(got, expected, words[0]);
  check_fault(words, words[0]);
}

void check_names() {
  check_equal(static_cast<long long>(cudnnGetVersion()), 90501, "version");
  const std::pair<int, const char*> names[] = {{0, "CUDNN_STATUS_SUCCESS"},
      {1001, "CUDNN_STATUS_NOT_INITIALIZED"}, {2000, "CUDNN_STATUS_BAD_PARAM"},
      {3000, "CUDNN_STATUS_NOT_SUPPORTED"},
      {4004, "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"},
      {5000, "CUDNN_STATUS_EXECUTION_FAILED"}};
  for (const auto& name : names) {
    check(cudnnGetErrorString(name.first) == std::string(name.second), name.second);
  }
  check_equal(sizeof(Performance), 48, "bytes of a result");
}

void check_handles() {
  refused(cudnnCreate(nullptr), DNN_BAD_PARAM, {"cudnnCreate: null pointer for cuDNN handle"});
  void *handle, *stream, *other;
  check_equal(cudnnCreate(&handle), 0, "a handle");
  check(text(simulator_leaks).find("1 cuDNN handle(s)\n") != std::string::npos, "it is owed");
  cuStreamCreate(&stream, 1);
  check_equal(cudnnSetStream(handle, stream), 0, "a stream");
  cuStreamDestroy_v2(stream);
  refused(cudnnSetStream(handle, stream), DNN_BAD_PARAM, {"cudnnSetStream: no such stream"});
  check_equal(cudnnSetStream(handle, nullptr), 0, "the default stream");
  cuDevicePrimaryCtxRetain(&other, 1);
  cuCtxPushCurrent_v2(other);
  refused(cudnnSetStream(handle, nullptr), DNN_BAD_PARAM,
      {"wrong context: the handle is of device 0, current is device 1"});
  cuCtxPopCurrent_v2(nullptr);
  cuDevicePrimaryCtxRelease_v2(1);
  check_equal(cudnnDestroy(handle), 0, "destroying it");
  check(text(simulator_leaks).find("cuDNN") == std::string::npos, "nothing is owed");
  refused(cudnnDestroy(handle), DNN_BAD_PARAM, {"no such cuDNN handle, or it was destroyed"});
  void* context;
  cuCtxGetCurrent(&context);
  cuCtxSetCurrent(nullptr);
  refused(cudnnCreate(&handle), DNN_NOT_INITIALIZED, {"cudnnCreate: missing context"});
  cuCtxSetCurrent(context);
}

void check_descriptors() {
  void *tensor, *filter, *how;
  cudnnCreateTensorDescriptor(&tensor);
  cudnnCreateFilterDescriptor(&filter);
  cudnnCreateConvolutionDescriptor(&how);
  auto set_tensor = [&](int type, Extents e, Extents s) {
    return cudnnSetTensor4dDescriptorEx(
        tensor, type, e[0], e[1], e[2], e[3], s[0], s[1], s[2], s[3]);
  };
  refused(set_tensor(0, {2, 0, 3, 3}, {9, 9, 3, 1}), DNN_BAD_PARAM, {"an extent is 0"});
  refused(set_tensor(0, {2, 1, 3, 3}, {9, 9, -3, 1}), DNN_BAD_PARAM, {"a stride is -3"});
  refused(set_tensor(1, {1, 1, 1, 1}, {1, 1, 1, 1}), DNN_NOT_SUPPORTED, {"data type 1"});
  refused(set_tensor(99, {1, 1, 1, 1}, {1, 1, 1, 1}), DNN_BAD_PARAM, {"no such data type: 99"});
  refused(set_tensor(0, {65536, 65536, 1, 1}, {1, 1, 1, 1}), DNN_NOT_SUPPORTED,
      {"2^31 elements or more: [65536, 65536, 1, 1]"});
  refused(set_tensor(0, {2, 3, 1, 1}, {2000000000, 2000000000, 1, 1}), DNN_NOT_SUPPORTED,
      {"2^31 elements"});
  refused(cudnnSetTensor4dDescriptorEx(filter, 0, 1, 1, 1, 1, 1, 1, 1, 1), DNN_BAD_PARAM,
      {"no such tensor descriptor"});
  refused(cudnnSetFilter4dDescriptor(filter, 0, 0, 2, 2, 0, 1), DNN_BAD_PARAM, {"an extent is 0"});
  refused(cudnnSetFilter4dDescriptor(filter, 0, 2, 2, 2, 1, 1), DNN_NOT_SUPPORTED, {"VECT_C"});
  refused(cudnnSetFilter4dDescriptor(filter, 0, 3, 2, 2, 1, 1), DNN_BAD_PARAM, {"no such format: 3"});
  refused(cudnnSetFilter4dDescriptor(filter, 2, 0, 2, 2, 1, 1), DNN_NOT_SUPPORTED, {"data type 2"});
  auto set_how = [&](int pad, int stride, int dilation, int mode, int type) {
    return cudnnSetConvolution2dDescriptor(how, 0, pad, 1, stride, 1, dilation, mode, type);
  };
  refused(set_how(-1, 1, 1, 1, 0), DNN_BAD_PARAM, {"a padding is -1"});
  refused(set_how(0, 0, 1, 1, 0), DNN_BAD_PARAM, {"a stride is 0"});
  refused(set_how(0, 1, 0, 1, 0), DNN_BAD_PARAM, {"a dilation is 0"});
  refused(set_how(0, 1, 1, 2, 0), DNN_BAD_PARAM, {"no such mode: 2"});
  refused(set_how(0, 1, 1, 1, 2), DNN_NOT_SUPPORTED, {"data type 2"});
  refused(cudnnSetConvolutionGroupCount(how, 0), DNN_BAD_PARAM, {"the number of groups is 0"});
  refused(cudnnSetConvolutionMathType(how, 4), DNN_BAD_PARAM, {"no such math type: 4"});
  refused(cudnnSetConvolutionGroupCount(nullptr, 1), DNN_BAD_PARAM,
      {"null pointer for convolution descriptor"});
  check(text(simulator_leaks).find("1 tensor descriptor(s)\n") != std::string::npos, "it is owed");
  Convolution c(SMALL);
  std::size_t bytes;
  refused(cudnnGetConvolutionForwardWorkspaceSize(
              c.handle, tensor, c.w_form, c.how, c.y_form, 0, &bytes),
      DNN_BAD_PARAM, {"the tensor descriptor was never set"});
  refused(cudnnGetConvolutionForwardWorkspaceSize(
              c.handle, c.x_form, filter, c.how, c.y_form, 0, &bytes),
      DNN_BAD_PARAM, {"the filter descriptor was never set"});
  refused(cudnnGetConvolutionForwardWorkspaceSize(
              c.handle, c.x_form, c.w_form, how, c.y_form, 0, &bytes),
      DNN_BAD_PARAM, {"the convolution descriptor was never set"});
  check_equal(cudnnDestroyTensorDescriptor(tensor) | cudnnDestroyFilterDescriptor(filter)
      | cudnnDestroyConvolutionDescriptor(how), 0, "destroying them");
  check_equal(cudnnDestroyTensorDescriptor(nullptr), 0, "destroying nothing");
  refused(cudnnDestroyTensorDescriptor(tensor), DNN_BAD_PARAM, {"no such tensor descriptor"});
}

// What does not fit together; each is a change of what fits.
void check_shapes() {
  auto expect = [](const std::vector<std::string>& words, const auto& change) {
    Parts parts(SMALL);
    change(parts.c);
    for (DnnPass pass : {DNN_FORWARD, DNN_DATA, DNN_FILTER}) {
      refused(parts.run(pass, 0), DNN_BAD_PARAM, words);
    }
  };
  auto set_y = [](void* y, int n, int k, int p, int q) {
    cudnnSetTensor4dDescriptorEx(y, 0, n, k, p, q, k * p * q, p * q, q, 1);
  };
  std::string right = "y should be [2, 6, 6, 5]; got x [2, 4, 6, 5], w [6, 4, 3, 3], y ";
  expect({right + "[1, 6, 6, 5]", "padding 1 x 1, stride 1 x 1, dilation 1 x 1, groups 1"},
      [&](Convolution& c) { set_y(c.y_form, 1, 6, 6, 5); });
  expect({right + "[2, 5, 6, 5]"}, [&](Convolution& c) { set_y(c.y_form, 2, 5, 6, 5); });
  expect({right + "[2, 6, 5, 6]"}, [&](Convolution& c) { set_y(c.y_form, 2, 6, 5, 6); });
  expect({right + "[2, 6, 6, 6]"}, [&](Convolution& c) { set_y(c.y_form, 2, 6, 6, 6); });
  expect({"w's channels times groups are not x's channels"},
      [](Convolution& c) { cudnnSetConvolutionGroupCount(c.how, 2); });
  expect({"the filters are no multiple of the groups"}, [](Convolution& c) {
    cudnnSetConvolutionGroupCount(c.how, 4);
    cudnnSetFilter4dDescriptor(c.w_form, 0, 0, 6, 1, 3, 3);
  });
  expect({"the filter is larger than the padded image"}, [](Convolution& c) {
    cudnnSetConvolution2dDescriptor(c.how, 1, 1, 1, 1, 1, 4, 1, 0);
  });
}

void check_pointers() {
  Parts parts(SMALL);
  const Convolution& c = parts.c;
  std::uint64_t x = parts.x.address, w = parts.w.address, y = parts.y.address;
  refused(c.run(DNN_FORWARD, 0, 0, w, y), DNN_BAD_PARAM,
      {"cudnnConvolutionForward: null pointer for x"});
  refused(c.run(DNN_FORWARD, 0, x, 0, y), DNN_BAD_PARAM, {"null pointer for w"});
  refused(c.run(DNN_FORWARD, 0, x, w, 0), DNN_BAD_PARAM, {"null pointer for y"});
  refused(c.run(DNN_DATA, 0, 0, w, y), DNN_BAD_PARAM,
      {"cudnnConvolutionBackwardData: null pointer for dx"});
  refused(c.run(DNN_FILTER, 0, x, 0, y), DNN_BAD_PARAM,
      {"cudnnConvolutionBackwardFilter: null pointer for dw"});
  refused(c.run(DNN_FILTER, 0, x, w, 0), DNN_BAD_PARAM, {"null pointer for dy"});
  Buffer roomy(8 * c.x.span());
  refused(c.run(DNN_FORWARD, 0, roomy.address + 2, w, y), DNN_BAD_PARAM, {"x: misaligned"});
  refused(c.run(DNN_FORWARD, 0, x + 4, w, y), DNN_EXECUTION_FAILED,
      {"x: out of bounds: 960 bytes", "reach 4 bytes past the end"});
  refused(c.run(DNN_FORWARD, 0, x, w, x), DNN_BAD_PARAM, {"y overlaps x"});
  refused(c.run(DNN_DATA, 0, y, w, y), DNN_BAD_PARAM, {"dx overlaps dy"});
  std::uint64_t gone;
  cuMemAlloc_v2(&gone, 4 * c.w.span());
  cuMemFree_v2(gone);
  refused(c.run(DNN_FORWARD, 0, x, gone, y), DNN_EXECUTION_FAILED, {"w: use after free"});
  float one = 1;
  refused(cudnnConvolutionForward(c.handle, nullptr, c.x_form, pointer(x), c.w_form, pointer(w),
      c.how, 0, nullptr, 0, &one, c.y_form, pointer(y)), DNN_BAD_PARAM, {"null pointer for alpha"});
  refused(cudnnConvolutionForward(c.how, &one, c.x_form, pointer(x), c.w_form, pointer(w), c.how, 0,
      nullptr, 0, &one, c.y_form, pointer(y)), DNN_BAD_PARAM, {"no such cuDNN handle"});
  Buffer fresh(4 * c.y.span());
  check_equal(c.run(DNN_FORWARD, 0, x, w, fresh.address, 0, 0, 1, 1), 0, "beta 1 on fresh memory");
  check_equal(cuCtxSynchronize(), 719, "reads it");
  check_equal(c.run(DNN_FORWARD, 0, x, w, y), DNN_EXECUTION_FAILED, "in a context that is spoilt");
  check_fault({"cudnnConvolutionForward: y: uninitialised read"}, "beta 1 on fresh memory");
  cudnnSetTensor4dDescriptorEx(c.y_form, 0, 2, 6, 6, 5, 180, 30, 5, 0);
  refused(parts.run(DNN_FORWARD, 0), DNN_BAD_PARAM, {"y has elements that share a place"});
  cudnnSetTensor4dDescriptorEx(c.y_form, 0, 2, 6, 6, 5, 180, 30, 4, 1);
  refused(parts.run(DNN_FORWARD, 0), DNN_BAD_PARAM, {"y has elements that share a place"});
}

void check_workspace() {
  Parts parts(SMALL);
  for (DnnPass pass : {DNN_FORWARD, DNN_DATA, DNN_FILTER}) {
    for (const Performance& each : parts.c.algorithms(pass)) {
      if (each.status == 0) {
        check_equal(each.memory, parts.c.workspace(pass, each.algorithm), "workspace");
      }
      if (each.memory == 0) {
        continue;
      }
      Buffer space(std::vector<char>(each.memory + 1));
      std::string needs = "needs a workspace of " + std::to_string(each.memory) + " bytes, got ";
      refused(parts.run(pass, each.algorithm), DNN_BAD_PARAM, {needs + "0"});
      refused(parts.run(pass, each.algorithm, space.address, each.memory - 1), DNN_BAD_PARAM,
          {needs + std::to_string(each.memory - 1)});
      refused(parts.run(pass, each.algorithm, 0, each.memory), DNN_BAD_PARAM, {needs + "0"});
      check_equal(parts.run(pass, each.algorithm, space.address, each.memory + 1), 0, "more");
      char last[2];
      check_equal(cuMemcpyDtoH_v2(last, space.address + each.memory, 1), 0, "what is more is kept");
      check_equal(cuMemcpyDtoH_v2(last, space.address + each.memory - 1, 1), 719, "the rest is not");
      check_fault({"uninitialised read"}, "workspace is spoilt");
    }
  }
  Buffer big(1 << 20);
  refused(parts.c.run(DNN_FORWARD, 1, parts.x.address, parts.w.address, big.address + 4096,
              big.address, 8192),
      DNN_BAD_PARAM, {"the workspace overlaps y"});
  refused(parts.run(DNN_FORWARD, 1, parts.x.address, parts.x.size), DNN_BAD_PARAM,
      {"the workspace overlaps x"});
}

// Whether an algorithm is refused where it cannot, in words, and by the enumeration.
void check_cannot(const Case& what, DnnPass pass, int algorithm, const std::string& why) {
  Parts parts(what);
  Buffer space(1 << 20);
  std::string words = "algorithm " + std::to_string(algorithm) + ": " + why;
  refused(parts.run(pass, algorithm, space.address, space.size), DNN_NOT_SUPPORTED, {words});
  bool able = true, listed = false;
  for (const Performance& each : parts.c.algorithms(pass)) {
    check(able || each.status != 0, "those that cannot come last");
    able = each.status == 0;
    if (each.algorithm == algorithm) {
      listed = true;
      check_equal(each.status, DNN_NOT_SUPPORTED, words);
    }
  }
  check(listed, words + ": it is enumerated");
}

void check_limits() {
  Case stride = SMALL, dilation = SMALL, wide = SMALL, five = SMALL, large = SMALL, last = SMALL,
       planes = SMALL, long_filter = SMALL;
  stride.stride = {1, 2};
  dilation.dilation = {2, 1};
  wide.w = {6, 4, 3, 1};
  five.w = {6, 4, 5, 5};
  five.pad = {1, 5};
  large.x = {1, 4, 6, 255};
  planes.order = Order::LAST;
  long_filter.x = {1, 4, 6, 40};
  long_filter.w = {6, 4, 3, 33};
  last.order = Order::LAST;
  last.channels_last_filter = true;
  check_cannot(SMALL, DNN_FORWARD, 3, "it was never implemented");
  check_cannot(SMALL, DNN_FILTER, 4, "it was never implemented");
  for (int algorithm : {4, 5, 6, 7}) {
    check_cannot(stride, DNN_FORWARD, algorithm, "it knows stride 1");
  }
  for (int algorithm : {2, 3, 4, 5}) {
    check_cannot(stride, DNN_DATA, algorithm, "it knows stride 1");
  }
  for (int algorithm : {2, 5, 6}) {
    check_cannot(stride, DNN_FILTER, algorithm, "it knows stride 1");
  }
  check_cannot(dilation, DNN_FORWARD, 2, "it knows dilation 1");
  check_cannot(dilation, DNN_DATA, 4, "it knows dilation 1");
  check_cannot(dilation, DNN_FILTER, 3, "it knows dilation 1");
  check_cannot(five, DNN_FORWARD, 6, "it knows filters of 3 x 3");
  check_cannot(wide, DNN_DATA, 4, "it knows filters of 3 x 3");
  check_cannot(wide, DNN_FORWARD, 7, "it knows filters of 3 x 3 and 5 x 5");
  check_cannot(wide, DNN_FILTER, 5, "it knows filters of 3 x 3 and 5 x 5");
  for (int algorithm : {4, 5}) {
    check_cannot(five, DNN_FORWARD, algorithm, "it knows filters that are larger than the padding");
    check_cannot(planes, DNN_FORWARD, algorithm, "it knows tensors whose rows and columns are packed");
  }
  check_cannot(wide, DNN_DATA, 3, "it knows filters that are larger than the padding");
  check_cannot(long_filter, DNN_FILTER, 6, "it knows filters of up to 32 x 32");
  check_cannot(large, DNN_FORWARD, 4, "it knows padded images of up to 256 x 256");
  check_cannot(last, DNN_FORWARD, 2, "it knows filters in NCHW");
  last.order = Order::FIRST;
  check_cannot(last, DNN_FORWARD, 0, "filters in NHWC go with tensors that are packed in NHWC");
  last = SMALL;
  last.order = Order::SPACED;
  check_cannot(last, DNN_DATA, 1, "dy must be packed within an image");
  check_cannot(last, DNN_FILTER, 1, "dy must be packed within an image");
}

void check_questions() {
  Convolution c(SMALL);
  std::size_t bytes;
  int count;
  Performance results[10];
  auto size = [&](int algorithm, std::size_t* to) {
    return cudnnGetConvolutionForwardWorkspaceSize(
        c.handle, c.x_form, c.w_form, c.how, c.y_form, algorithm, to);
  };
  refused(size(8, &bytes), DNN_BAD_PARAM, {"no such algorithm: 8"});
  refused(size(0, nullptr), DNN_BAD_PARAM, {"null pointer for the bytes"});
  check_equal(size(3, &bytes), DNN_NOT_SUPPORTED, "the size for an algorithm that cannot");
  check(text(simulator_first_fault).empty(), "is an answer and no fault");
  auto enumerate = [&](int requested, int* number, Performance* to) {
    return cudnnGetConvolutionBackwardDataAlgorithm_v7(
        c.handle, c.w_form, c.y_form, c.how, c.x_form, requested, number, to);
  };
  refused(enumerate(0, &count, results), DNN_BAD_PARAM, {"0 results asked for"});
  refused(enumerate(1, nullptr, results), DNN_BAD_PARAM, {"null pointer for the number of results"});
  refused(enumerate(1, &count, nullptr), DNN_BAD_PARAM, {"null pointer for the results"});
  check_equal(static_cast<int>(c.algorithms(DNN_DATA, 2).size()), 2, "no more than asked for");
  check_equal(static_cast<int>(c.algorithms(DNN_FORWARD).size()), 8, "all forward");
  check_equal(static_cast<int>(c.algorithms(DNN_DATA).size()), 6, "all backward data");
  check_equal(static_cast<int>(c.algorithms(DNN_FILTER).size()), 7, "all backward filter");
  check(c.algorithms(DNN_FORWARD)[0].time == -1, "times are not known");
  Case stride = SMALL;
  stride.stride = {2, 2};
  std::vector<int> ranking;
  for (const Performance& each : Convolution(stride).algorithms(DNN_FORWARD)) {
    ranking.push_back(each.algorithm);
  }
  check(ranking == std::vector<int>{1, 0, 2, 6, 7, 5, 4, 3}, "the ranking is kept");
}

void check_find() {
  for (DnnPass pass : {DNN_FORWARD, DNN_DATA, DNN_FILTER}) {
    Parts parts(SMALL);
    const Convolution& c = parts.c;
    Buffer space(std::vector<char>(2000));
    auto found = c.find(pass, parts.x.address, parts.w.address, parts.y.address, space.address, 2000);
    check_equal(found.size(), c.algorithms(pass).size(), "as many as are enumerated");
    float before = 0;
    int able = 0;
    for (const Performance& each : found) {
      if (each.status == 0) {
        ++able;
        check(each.time > before && each.memory <= 2000, "the fastest first, within the workspace");
        before = each.time;
      } else {
        check_equal(each.status, each.memory > 2000 ? DNN_ALLOC_FAILED : DNN_NOT_SUPPORTED, "why not");
        before = INFINITY; // none that can may follow
      }
    }
    check(able > 0 && able < static_cast<int>(found.size()), "some can");
    Buffer& result = pass == DNN_FORWARD ? parts.y : pass == DNN_DATA ? parts.x : parts.w;
    float value;
    check_equal(cuMemcpyDtoH_v2(&value, result.address, 4), 719, "the result is not kept");
    check_fault({"uninitialised read"}, "the result is not kept");
  }
  Parts parts(SMALL);
  Buffer fresh(parts.x.size);
  int count;
  Performance results[10];
  check_equal(cudnnFindConvolutionForwardAlgorithmEx(parts.c.handle, parts.c.x_form,
      pointer(fresh.address), parts.c.w_form, pointer(parts.w.address), parts.c.how, parts.c.y_form,
      pointer(parts.y.address), 10, &count, results, nullptr, 0), DNN_EXECUTION_FAILED,
      "an input that was never written");
  check_fault({"x: uninitialised read"}, "an input that was never written");
}

void check_injected() {
  Parts parts(SMALL);
  std::vector<float> before = parts.y.read<float>();
  simulator_fail("dnn:2");
  check_equal(parts.run(DNN_DATA, 0), 0, "the first call");
  check_equal(parts.run(DNN_FORWARD, 0), DNN_EXECUTION_FAILED, "the second fails");
  check(text(simulator_first_fault).empty(), "because a test asked");
  check(parts.y.read<float>() == before, "and does nothing");
  check_equal(parts.run(DNN_FORWARD, 0), 0, "the third");
  float one = 1;
  simulator_fail("dnn:1+");
  check_equal(parts.run(DNN_FILTER, 0), DNN_EXECUTION_FAILED, "all calls");
  check_equal(cudnnAddTensor(parts.c.handle, &one, parts.c.y_form, pointer(parts.y.address), &one,
      parts.c.y_form, pointer(parts.y.address)), DNN_BAD_PARAM, "what is wrong is wrong still");
  check_fault({"overlaps"}, "what is wrong is wrong still");
  simulator_fail("");
}

// Work waits, on the handle's stream.
void check_streams() {
  Parts parts(SMALL);
  void* stream;
  cuStreamCreate(&stream, 1);
  cudnnSetStream(parts.c.handle, stream);
  cuCtxSynchronize();
  parts.run(DNN_FORWARD, 0);
  check_equal(cuStreamQuery(stream), 600, "it has work");
  check_equal(cuStreamSynchronize(stream), 0, "that runs");
  check(text(simulator_log).find("cudnnConvolutionForward") != std::string::npos, "it is logged");
  cuStreamDestroy_v2(stream);
  refused(parts.run(DNN_FORWARD, 0), DNN_BAD_PARAM, {"no such stream"});
}

} // namespace

void test_dnn_refusals() {
  check_names();
  check_handles();
  check_descriptors();
  check_shapes();
  check_pointers();
  check_workspace();
  check_limits();
  check_questions();
  check_find();
  check_injected();
  check_streams();
}

} // namespace test
