// Calls that answer a question or differ from a tested one only in form.
#include "test.h"

#include <cstring>

extern "C" {
int cuDeviceGet(int*, int);
int cuDeviceGetName(char*, int, int);
int cuDeviceGetUuid(unsigned char*, int);
int cuDeviceComputeCapability(int*, int*, int);
int cuDeviceTotalMem_v2(std::size_t*, int);
int cuDeviceCanAccessPeer(int*, int, int);
int cuDevicePrimaryCtxGetState(int, unsigned*, int*);
int cuCtxGetDevice(int*);
int cuCtxGetApiVersion(void*, unsigned*);
int cuCtxGetStreamPriorityRange(int*, int*);
int cuStreamCreateWithPriority(void**, unsigned, int);
int cuStreamGetPriority(void*, int*);
int cuStreamGetFlags(void*, unsigned*);
int cuStreamGetCtx(void*, void**);
int cuMemHostAlloc(void**, std::size_t, unsigned);
int cuMemGetAddressRange_v2(std::uint64_t*, std::size_t*, std::uint64_t);
int cuMemcpyDtoDAsync_v2(std::uint64_t, std::uint64_t, std::size_t, void*);
int cuMemsetD8Async(std::uint64_t, unsigned char, std::size_t, void*);
int cuMemsetD16_v2(std::uint64_t, unsigned short, std::size_t);
int cuMemsetD16Async(std::uint64_t, unsigned short, std::size_t, void*);
int cuModuleLoadDataEx(void**, const void*, unsigned, int*, void**);
int cuFuncSetAttribute(void*, int, int);
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int*, void*, int, std::size_t);
int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int*, void*, int, std::size_t, unsigned);
int cuGetErrorString(int, const char**);
int cuMemAllocManaged();
}

namespace test {
namespace {

void check_device() {
  int device = -1, major, minor, value, can = 1, active;
  unsigned flags;
  char name[64];
  unsigned char first[16], second[16];
  std::size_t total, free;
  check(cuDeviceGet(&device, 1) == 0 && device == 1, "the second device");
  check(cuDeviceGetName(name, 64, 1) == 0 && std::string(name) == "Simulated device 1", "its name");
  cuDeviceGetUuid(first, 0);
  cuDeviceGetUuid(second, 1);
  check(std::memcmp(first, second, 16) != 0, "devices have different identifiers");
  check(cuDeviceComputeCapability(&major, &minor, 0) == 0 && major == 7 && minor == 5, "7.5");
  check(cuDeviceGetAttribute(&value, 10, 0) == 0 && value == 32, "the size of a warp");
  check(cuDeviceGetAttribute(&value, 3, 0) == 0 && value == 1024, "a block's y");
  check(cuDeviceGetAttribute(&value, 4, 0) == 0 && value == 64, "a block's z");
  check_equal(cuDeviceGetAttribute(&value, 12345, 0), 1, "an unknown attribute");
  check_fault({"unknown attribute 12345"}, "an unknown attribute");
  cuDeviceTotalMem_v2(&total, 0);
  Buffer some(1000);
  std::size_t again;
  check(cuMemGetInfo_v2(&free, &again) == 0 && again == total && free + 1000 <= total,
      "free and total memory");
  check(cuDeviceCanAccessPeer(&can, 0, 1) == 0 && can == 0, "no peers");
  check(cuDevicePrimaryCtxGetState(0, &flags, &active) == 0 && active == 1, "an active context");
  check(cuDevicePrimaryCtxGetState(1, &flags, &active) == 0 && active == 0, "one that is not");
}

void check_context_and_streams() {
  int device = -1, least, greatest, priority;
  unsigned version, flags;
  void *context, *of_stream, *stream;
  check(cuCtxGetDevice(&device) == 0 && device == 0, "the current device");
  cuCtxGetCurrent(&context);
  check_equal(cuCtxGetApiVersion(context, &version), 0, "the version of the context");
  cuCtxGetStreamPriorityRange(&least, &greatest);
  check_equal(cuStreamCreateWithPriority(&stream, 1, greatest - 9), 0, "a stream with priority");
  check(cuStreamGetPriority(stream, &priority) == 0 && priority == greatest, "clamped");
  check(cuStreamGetFlags(stream, &flags) == 0 && flags == 1, "its flags");
  check(cuStreamGetCtx(stream, &of_stream) == 0 && of_stream == context, "its context");
  cuStreamDestroy_v2(stream);
}

void check_memory() {
  Buffer a(16), b(16);
  void *stream, *host;
  cuStreamCreate(&stream, 1);
  std::uint64_t begin;
  std::size_t size;
  cuMemGetAddressRange_v2(&begin, &size, a.address + 7);
  check(begin == a.address && size == 16, "the range around an address");
  cuMemsetD16_v2(a.address, 0x1234, 8);
  cuCtxSynchronize();
  cuMemcpyDtoDAsync_v2(b.address, a.address, 16, stream);
  cuMemsetD8Async(b.address, 7, 4, stream);
  cuMemsetD16Async(b.address + 4, 9, 2, stream);
  cuMemsetD32Async(b.address + 8, 11, 1, stream);
  cuStreamSynchronize(stream);
  check(b.read<std::uint32_t>()
          == std::vector<std::uint32_t>{0x07070707, 0x00090009, 11, 0x12341234},
      "fills and copies on a stream");
  check_equal(cuMemsetD32_v2(a.address + 2, 0, 1), 1, "a misaligned fill");
  check_fault({"misaligned: 4-byte values"}, "a misaligned fill");
  check_equal(cuMemsetD8_v2(a.address, 0, 17), 1, "a fill past the end");
  check_fault({"reach 1 bytes past the end"}, "a fill past the end");
  check_equal(cuMemsetD32_v2(a.address, 0, (std::size_t{1} << 62) + 1), 1, "a fill without end");
  check_fault({"4611686018427387905 values of 4 bytes"}, "a fill without end");
  check_equal(cuMemHostAlloc(&host, 10, 0), 0, "page-locked memory");
  cuMemFreeHost(host);
  cuStreamDestroy_v2(stream);
}

void check_modules() {
  char log[20];
  int options[] = {5, 6}, blocks;
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  void* module;
  check_equal(cuModuleLoadDataEx(&module, ".version 7.0\n.nonsense", 2, options, values), 218,
      "a text that is none");
  check(std::string(log) == "PTX line 2: unknown", "the log of errors, cut to its buffer");
  check_fault({"PTX line 2: unknown directive .nonsense"}, "a text that is none");
  Kernels kernels(kernel(0, ""));
  void* function = kernels.function("k");
  cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, 256, 20 << 10);
  check_equal(blocks, 3, "blocks of 20 KiB in 64");
  cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(&blocks, function, 256, 0, 0);
  check_equal(blocks, 4, "blocks of 256 threads in 1024");
  check_equal(cuFuncSetAttribute(function, 8, 60 << 10), 0, "more shared memory on request");
  check_equal(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 60 << 10, nullptr, nullptr, nullptr), 0,
      "which a launch may use");
  check_equal(cuFuncSetAttribute(function, 8, 65 << 10), 1, "but not more than there is");
  check_fault({"too much shared memory: 66560 bytes"}, "more than there is");
  const char* words;
  check(cuGetErrorString(2, &words) == 0 && std::string(words) == "out of memory", "a description");
  check_equal(cuGetErrorString(-5, &words), 1, "of a status that is none");
  check_equal(cuMemAllocManaged(), 801, "a call that is not known");
  check_fault({"cuMemAllocManaged: not known to the simulator"}, "a call that is not known");
}

} // namespace

void test_queries() {
  check_device();
  check_context_and_streams();
  check_memory();
  check_modules();
}

} // namespace test
