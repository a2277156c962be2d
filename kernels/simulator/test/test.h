// What the tests of the simulated device share: the driver's calls, checks, and kernels made of one
// instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

extern "C" {
int cuInit(unsigned);
int cuDriverGetVersion(int*);
int cuDeviceGetCount(int*);
int cuDeviceGetAttribute(int*, int, int);
int cuDevicePrimaryCtxRetain(void**, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuDevicePrimaryCtxReset_v2(int);
int cuCtxSetCurrent(void*);
int cuCtxGetCurrent(void**);
int cuCtxPushCurrent_v2(void*);
int cuCtxPopCurrent_v2(void**);
int cuCtxSynchronize();
int cuModuleLoadData(void**, const void*);
int cuModuleUnload(void*);
int cuModuleGetFunction(void**, void*, const char*);
int cuModuleGetGlobal_v2(std::uint64_t*, std::size_t*, void*, const char*);
int cuFuncGetAttribute(int*, int, void*);
int cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
    void*, void**, void**);
int cuMemAlloc_v2(std::uint64_t*, std::size_t);
int cuMemFree_v2(std::uint64_t);
int cuMemGetInfo_v2(std::size_t*, std::size_t*);
int cuMemAllocHost_v2(void**, std::size_t);
int cuMemFreeHost(void*);
int cuMemcpyHtoD_v2(std::uint64_t, const void*, std::size_t);
int cuMemcpyDtoH_v2(void*, std::uint64_t, std::size_t);
int cuMemcpyDtoD_v2(std::uint64_t, std::uint64_t, std::size_t);
int cuMemcpyHtoDAsync_v2(std::uint64_t, const void*, std::size_t, void*);
int cuMemcpyDtoHAsync_v2(void*, std::uint64_t, std::size_t, void*);
int cuMemsetD8_v2(std::uint64_t, unsigned char, std::size_t);
int cuMemsetD32_v2(std::uint64_t, unsigned, std::size_t);
int cuMemsetD32Async(std::uint64_t, unsigned, std::size_t, void*);
int cuStreamCreate(void**, unsigned);
int cuStreamDestroy_v2(void*);
int cuStreamSynchronize(void*);
int cuStreamQuery(void*);
int cuStreamWaitEvent(void*, void*, unsigned);
int cuEventCreate(void**, unsigned);
int cuEventDestroy_v2(void*);
int cuEventRecord(void*, void*);
int cuEventQuery(void*);
int cuEventSynchronize(void*);
int cuEventElapsedTime(float*, void*, void*);
int cuStreamBeginCapture_v2(void*, int);
int cuStreamEndCapture(void*, void**);
int cuStreamIsCapturing(void*, int*);
int cuGraphInstantiateWithFlags(void**, void*, unsigned long long);
int cuGraphLaunch(void*, void*);
int cuGraphExecDestroy(void*);
int cuGraphDestroy(void*);
int cuGetErrorName(int, const char**);
int cuOccupancyMaxPotentialBlockSize(int*, int*, void*, std::size_t (*)(int), std::size_t, int);
std::size_t simulator_first_fault(char*, std::size_t);
std::size_t simulator_log(char*, std::size_t);
std::size_t simulator_leaks(char*, std::size_t);
std::size_t simulator_instructions(char*, std::size_t);
int simulator_fail(const char*);
void simulator_reset();
}

namespace test {

// Counts a failure and prints what it is.
void fail(const std::string& what);
void check(bool holds, const std::string& what);
void check_equal(long long got, long long expected, const std::string& what);
int failures();

// A text that a simulator_... call gives.
std::string text(std::size_t (*call)(char*, std::size_t));

// Whether the first fault holds all these words; forgets it and starts anew.
void check_fault(const std::vector<std::string>& words, const std::string& what);

// Instructions whose values some test has checked.
std::set<std::string>& covered();
void cover(std::initializer_list<const char*> spellings);

// Device memory of a test, freed with it.
class Buffer {
public:
  explicit Buffer(std::size_t bytes);
  template <class T> explicit Buffer(const std::vector<T>& values)
      : Buffer(values.size() * sizeof(T)) {
    cuMemcpyHtoD_v2(address, values.data(), values.size() * sizeof(T));
  }
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  template <class T> std::vector<T> read() const {
    std::vector<T> values(size / sizeof(T));
    check_equal(cuMemcpyDtoH_v2(values.data(), address, size), 0, "copy to the host");
    return values;
  }

  std::uint64_t address = 0;
  std::size_t size;
};

// A module with kernels; unloaded with it.
class Kernels {
public:
  // Wraps declarations and kernels into a module; the status is left in result.
  explicit Kernels(const std::string& text);
  ~Kernels();
  Kernels(const Kernels&) = delete;
  Kernels& operator=(const Kernels&) = delete;

  void* function(const std::string& name) const;

  // Launches on the default stream and waits; gives the first status that is not 0. Parameters
  // are 64 bits each.
  int run(const std::string& name, unsigned grid, unsigned block,
      std::vector<std::uint64_t> parameters, unsigned shared = 0) const;

  void* module = nullptr;
  int result;
};

// The text of a kernel "k" with so many 64-bit parameters p0, p1 ..., whose registers %a0, %a1 ...
// hold them, %t the number of the thread in the grid, %w the same in 64 bits. Free registers:
// %h<32> of 16 bits, %r<32>, %d<32>, and predicates %p<16>.
std::string kernel(int parameters, const std::string& body, const std::string& variables = "");

// Sizes of the operands of an instruction in bytes; 0 for a predicate, which is held as 0 or 1.
struct Shape {
  std::vector<int> results, operands;
};

// Runs one instruction on rows of operands, each as bits in 64; gives rows of results. The format
// has $0, $1 ... for results first, then operands; empty: all of them in order.
std::vector<std::vector<std::uint64_t>> evaluate(const std::string& spelling, const Shape& shape,
    const std::vector<std::vector<std::uint64_t>>& rows, const std::string& format = "");

template <class T> std::uint64_t bits(T value) {
  std::uint64_t result = 0;
  std::memcpy(&result, &value, sizeof value);
  return result;
}

template <class T> T from_bits(std::uint64_t bits) {
  T result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

// Values at the edges of each type.
template <class T> const std::vector<T>& edges();

std::string describe(const std::string& spelling, const std::vector<std::uint64_t>& operands,
    std::uint64_t got, const std::string& expected);

template <class... A, class F, std::size_t... I>
auto apply(F function, const std::vector<std::uint64_t>& row, std::index_sequence<I...>) {
  return function(from_bits<A>(row[I])...);
}

// Compares d = op(a ...) on all combinations of edge values with a function of the same values.
template <class D, class... A, class F> void check_values(const std::string& spelling, F expected) {
  std::vector<std::vector<std::uint64_t>> rows{{}};
  auto extend = [&](auto const& values) {
    std::vector<std::vector<std::uint64_t>> longer;
    for (const auto& row : rows) {
      for (auto value : values) {
        longer.push_back(row);
        longer.back().push_back(bits(value));
      }
    }
    rows = longer;
  };
  (extend(edges<A>()), ...);
  auto got = evaluate(spelling, {{sizeof(D)}, {static_cast<int>(sizeof(A))...}}, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t wanted =
        bits(static_cast<D>(apply<A...>(expected, rows[i], std::index_sequence_for<A...>())));
    if (got[i][0] != wanted) {
      fail(describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
      return;
    }
  }
}

void test_integers();
void test_bits();
void test_compare();
void test_floats();
void test_approximations();
void test_convert();
void test_moves();
void test_memory();
void test_atomics();
void test_warps();
void test_control();
void test_faults();
void test_calls();
void test_order();
void test_graph();
void test_log();
void test_queries();
void test_library();
void test_blas();
void test_dnn_values();
void test_dnn_refusals();
void test_batchnorm();
void test_exit();

// What the child process of test_exit does.
int leave_things_behind();

} // namespace test
