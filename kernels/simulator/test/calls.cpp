// Calls of the driver: bad arguments, contexts, failures on request, leaks.
#include "test.h"

#include <thread>

namespace test {
namespace {

int launch(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
    unsigned bz, unsigned shared = 0, void* stream = nullptr) {
  return cuLaunchKernel(function, gx, gy, gz, bx, by, bz, shared, stream, nullptr, nullptr);
}

void check_extents() {
  Kernels module(kernel(0, ""));
  void* function = module.function("k");
  struct {
    unsigned grid[3], block[3];
    const char* words;
  } bad[] = {{{0, 1, 1}, {1, 1, 1}, "bad grid: 0 x 1 x 1"},
      {{1, 65536, 1}, {1, 1, 1}, "bad grid: 1 x 65536 x 1"},
      {{1, 1, 65536}, {1, 1, 1}, "bad grid"}, {{0x80000000, 1, 1}, {1, 1, 1}, "bad grid"},
      {{1, 1, 1}, {1025, 1, 1}, "bad block: 1025 x 1 x 1"}, {{1, 1, 1}, {32, 33, 1}, "bad block"},
      {{1, 1, 1}, {1, 1, 65}, "bad block"}, {{1, 1, 1}, {0, 1, 1}, "bad block"}};
  for (const auto& one : bad) {
    check_equal(launch(function, one.grid[0], one.grid[1], one.grid[2], one.block[0],
        one.block[1], one.block[2]), 1, one.words);
    check_fault({"cuLaunchKernel: k: ", one.words}, one.words);
  }
  check_equal(launch(function, 1, 1, 1, 32, 1, 1, 48 << 10), 0, "48 KiB of shared memory");
  check_equal(launch(function, 1, 1, 1, 32, 1, 1, (48 << 10) + 1), 1, "too much shared memory");
  check_fault({"too much shared memory: 0 static + 49153 dynamic bytes"}, "too much shared memory");
  check_equal(launch(function, 1, 65535, 1, 1024, 1, 1), 0, "the largest grid and block");
  Kernels large(kernel(0, "", ".shared .align 4 .b8 v[40000];\n.extern .shared .align 16 .b8 w[];"));
  check_equal(launch(large.function("k"), 1, 1, 1, 1, 1, 1, 9152), 0, "48 KiB of both kinds");
  check_equal(launch(large.function("k"), 1, 1, 1, 1, 1, 1, 9153), 1, "too much of both kinds");
  check_fault({"too much shared memory: 40000 static + 9153 dynamic bytes; at most 9152 dynamic"},
      "too much of both kinds");
  simulator_reset();
  Kernels bounded(".visible .entry k()\n.maxntid 64, 1, 1\n{\nret;\n}\n");
  check_equal(launch(bounded.function("k"), 1, 1, 1, 65, 1, 1), 701, "more than .maxntid");
  check_fault({"compiled for 64 threads"}, "more than .maxntid");
  Kernels needy(kernel(1, ""));
  check_equal(launch(needy.function("k"), 1, 1, 1, 1, 1, 1), 1, "no parameters");
  check_fault({"null pointer for the kernel parameters"}, "no parameters");
}

void check_handles() {
  void *stream, *event, *module;
  int nothing = 0;
  cuStreamCreate(&stream, 1);
  cuStreamDestroy_v2(stream);
  check_equal(cuStreamSynchronize(stream), 400, "a destroyed stream");
  check_fault({"no such stream, or it was destroyed"}, "a destroyed stream");
  cuEventCreate(&event, 0);
  cuEventDestroy_v2(event);
  check_equal(cuEventDestroy_v2(event), 400, "an event destroyed twice");
  check_fault({"no such event"}, "an event destroyed twice");
  check_equal(launch(&nothing, 1, 1, 1, 1, 1, 1), 400, "a function that is none");
  check_fault({"no such function"}, "a function that is none");
  Kernels kernels(kernel(0, ""));
  check_equal(cuModuleGetFunction(&module, kernels.module, "other"), 500, "a missing kernel");
  check_fault({"no kernel other"}, "a missing kernel");
  std::uint64_t address;
  check_equal(cuMemAlloc_v2(&address, 0), 1, "no bytes");
  check_fault({"0 bytes asked for"}, "no bytes");
  check_equal(cuMemFree_v2(12345), 1, "free of nothing");
  check_fault({"free of 0x3039, which no allocation begins at"}, "free of nothing");
  check_equal(cuMemFree_v2(0), 0, "free of null");
  check_equal(cuDevicePrimaryCtxReset_v2(0), 800, "a reset");
  check_fault({"refused"}, "a reset");
  const char* name;
  cuGetErrorName(700, &name);
  check(std::string(name) == "CUDA_ERROR_ILLEGAL_ADDRESS", "a status by name");
}

void check_contexts() {
  std::uint64_t address = 0;
  int status = 0;
  std::thread([&] { status = cuMemAlloc_v2(&address, 4); }).join();
  check_equal(status, 201, "a thread without a context");
  check_fault({"missing context: none is current on this thread"}, "a thread without a context");
  void *other, *stream, *popped;
  cuStreamCreate(&stream, 0);
  check_equal(cuDevicePrimaryCtxRetain(&other, 1), 0, "a second device");
  cuCtxPushCurrent_v2(other);
  check_equal(cuStreamSynchronize(stream), 201, "a stream of another context");
  check_fault({"wrong context: the stream is of device 0, current is device 1"},
      "a stream of another context");
  check_equal(cuDevicePrimaryCtxRelease_v2(1), 0, "a release");
  check_equal(cuCtxSynchronize(), 709, "a released context");
  check_fault({"the current context was released"}, "a released context");
  check_equal(cuCtxPopCurrent_v2(&popped), 0, "pop");
  check(popped == other, "pop gives what was pushed");
  cuStreamDestroy_v2(stream);
  check_equal(cuDevicePrimaryCtxRetain(&other, 2), 101, "a third device");
  check_fault({"device 2 of 2"}, "a third device");
}

void check_failures() {
  std::uint64_t address, more;
  simulator_fail("alloc:2");
  check_equal(cuMemAlloc_v2(&address, 4), 0, "the first allocation");
  check_equal(cuMemAlloc_v2(&more, 4), 2, "the second allocation, which must fail");
  check_equal(cuMemAlloc_v2(&more, 4), 0, "the third allocation");
  cuMemFree_v2(more);
  int value = 3;
  simulator_fail("copy:1+");
  check_equal(cuMemcpyHtoD_v2(address, &value, 4), 999, "a copy that must fail");
  check_equal(cuMemcpyHtoD_v2(address, &value, 4), 999, "and all after it");
  Kernels module(kernel(0, ""));
  simulator_fail("launch:1");
  check_equal(module.run("k", 1, 1, {}), 701, "a launch that must fail");
  check_equal(module.run("k", 1, 1, {}), 0, "the next launch");
  simulator_fail("kernel:2");
  check_equal(module.run("k", 1, 1, {}), 0, "the first kernel");
  check_equal(module.run("k", 1, 1, {}), 719, "the second kernel, which must fail");
  check_equal(cuMemAlloc_v2(&more, 4), 719, "what it leaves behind");
  check_fault({"kernel k: fails as it was asked to"}, "the second kernel");
  void* host;
  simulator_fail("host:1");
  check_equal(cuMemAllocHost_v2(&host, 64), 2, "page-locked memory that must fail");
  check_equal(simulator_fail("tea:1"), 1, "an unknown kind");
  check_fault({"cannot read the failure 'tea:1'"}, "an unknown kind");
  cuMemFree_v2(address);
  std::size_t free, total;
  cuMemGetInfo_v2(&free, &total);
  check_equal(cuMemAlloc_v2(&more, total + 1), 2, "more than there is");
  check(text(simulator_first_fault).empty(), "out of memory is no fault");
}

void check_copies() {
  Buffer buffer(16), fresh(16);
  char bytes[32] = {};
  check_equal(cuMemcpyHtoD_v2(buffer.address, bytes, 17), 1, "a copy past the end");
  check_fault({"cuMemcpyHtoD: out of bounds: 17 bytes", "reach 1 bytes past the end"},
      "a copy past the end");
  check_equal(cuMemcpyDtoH_v2(bytes, fresh.address, 16), 719, "a copy of fresh memory");
  check_fault({"cuMemcpyDtoH: uninitialised read"}, "a copy of fresh memory");
  cuMemcpyHtoD_v2(buffer.address, bytes, 8);
  check_equal(cuMemcpyDtoD_v2(fresh.address, buffer.address, 16), 0, "a copy of half fresh memory");
  check_equal(cuMemcpyDtoH_v2(bytes, fresh.address, 8), 0, "its written half");
  check_equal(cuMemcpyDtoH_v2(bytes, fresh.address, 9), 719, "its fresh half");
  check_fault({"offset 8 of allocation #"}, "its fresh half");
  check_equal(cuMemcpyDtoD_v2(buffer.address + 4, buffer.address, 8), 1, "an overlapping copy");
  check_fault({"overlap"}, "an overlapping copy");
}

void check_leaks() {
  std::string before = text(simulator_leaks);
  std::uint64_t address;
  void *host, *stream, *event;
  cuMemAlloc_v2(&address, 100);
  cuMemAllocHost_v2(&host, 200);
  cuStreamCreate(&stream, 0);
  cuEventCreate(&event, 0);
  std::string leaks = text(simulator_leaks);
  for (const char* words : {"(100 bytes at 0x", "page-locked memory (200 bytes)", "1 stream(s)",
           "1 event(s)", "primary context of device 0, retained 1 time(s)"}) {
    check(leaks.find(words) != std::string::npos, std::string("leaks say ") + words);
  }
  cuMemFree_v2(address);
  cuMemFreeHost(host);
  cuStreamDestroy_v2(stream);
  cuEventDestroy_v2(event);
  check(text(simulator_leaks) == before, "what was given back is no leak");
  check_equal(cuMemFreeHost(host), 1, "page-locked memory freed twice");
  check_fault({"or it was freed"}, "page-locked memory freed twice");
}

void check_variables() {
  Kernels module(kernel(1, "ld.global.u32 %r1, [table+4];\nst.global.u32 [%a0], %r1;",
      ".global .align 4 .u32 table[2] = {5, 6};\n.global .align 4 .u32 zero;"));
  Buffer out(4);
  check_equal(module.run("k", 1, 1, {out.address}), 0, "a variable");
  check_equal(out.read<std::uint32_t>()[0], 6, "a variable's initial value");
  std::uint64_t address;
  std::size_t bytes;
  check_equal(cuModuleGetGlobal_v2(&address, &bytes, module.module, "table"), 0, "a variable by name");
  check_equal(static_cast<long long>(bytes), 8, "its size");
  std::uint32_t values[2];
  check_equal(cuMemcpyDtoH_v2(values, address, 8), 0, "its values");
  check(values[0] == 5 && values[1] == 6, "its values");
  check_equal(cuMemFree_v2(address), 1, "free of a variable");
  check_fault({"free of a variable table"}, "free of a variable");
  std::size_t before, after, total;
  cuMemGetInfo_v2(&before, &total);
  Kernels broken(".global .align 4 .b8 large[1000];\n.visible .entry k()\n{\nfrobnicate;\n}\n");
  check_equal(broken.result, 218, "a broken module");
  cuMemGetInfo_v2(&after, &total);
  check_equal(static_cast<long long>(after), static_cast<long long>(before),
      "memory beside a broken module");
  check_fault({"frobnicate"}, "a broken module");
}

void check_occupancy() {
  Kernels module(kernel(0, "", ".shared .align 4 .b8 v[32768];"));
  int grid, block, value;
  check_equal(cuOccupancyMaxPotentialBlockSize(&grid, &block, module.function("k"), nullptr, 0, 0),
      0, "occupancy");
  // 64 KiB hold two such blocks, 1024 threads two of 512, on 16 multiprocessors.
  check(block == 1024 || block == 512, "the best block");
  check_equal(grid * block, 16 * 1024, "all threads of the device");
  cuFuncGetAttribute(&value, 1, module.function("k"));
  check_equal(value, 32768, "static shared memory");
}

} // namespace

void test_calls() {
  check_extents();
  check_handles();
  check_contexts();
  check_failures();
  check_copies();
  check_leaks();
  check_variables();
  check_occupancy();
}

} // namespace test
