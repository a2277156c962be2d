// What the environment changes, and what is said at the end of a process: seen in a child process.
#include "test.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace test {
namespace {

std::string run_child(const std::string& environment) {
  char self[4096] = {};
  check(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "this program's path");
  std::FILE* child = popen((environment + " '" + self + "' child 2>&1").c_str(), "r");
  std::string output;
  char part[4096];
  while (child != nullptr && std::fgets(part, sizeof part, child) != nullptr) {
    output += part;
  }
  pclose(child);
  return output;
}

void check_words(const std::string& output, const std::string& words) {
  check(output.find(words) != std::string::npos, "a child says '" + output + "', not '" + words + "'");
}

} // namespace

// Prints the statuses of an initialisation, two allocations, and leaves all behind.
int leave_things_behind() {
  void *context = nullptr, *stream;
  std::uint64_t address;
  int devices = 0;
  int started = cuInit(0);
  cuDeviceGetCount(&devices);
  if (devices > 0) {
    cuDevicePrimaryCtxRetain(&context, 0);
    cuCtxSetCurrent(context);
  }
  std::size_t free = 0, total = 0;
  cuMemGetInfo_v2(&free, &total);
  int first = cuMemAlloc_v2(&address, 1000), second = cuMemAlloc_v2(&address, 500);
  cuStreamCreate(&stream, 0);
  Kernels* module = new Kernels(kernel(0, ""));
  module->run("k", 1, 32, {});
  std::printf("init %d, devices %d, total %zu, allocations %d %d\n", started, devices, total, first,
      second);
  return 0;
}

void test_exit() {
  std::string output = run_child("SIMULATOR_DEVICES=3 SIMULATOR_MEMORY=1200");
  check_words(output, "init 0, devices 3, total 1200, allocations 0 2");
  check_words(output, "not given back at exit:\nallocation #1 (1000 bytes at 0x");
  check_words(output, "1 stream(s)\n1 module(s)\nprimary context of device 0, retained 1 time(s)");
  output = run_child("SIMULATOR_DEVICES=1 SIMULATOR_FAIL=alloc:1");
  check_words(output, "allocations 2 0");
  output = run_child("SIMULATOR_DEVICES=0");
  check_words(output, "init 100, devices 0");
  output = run_child("SIMULATOR_DEVICES=1 SIMULATOR_LOG=/dev/stdout");
  check_words(output, "launch,kernel,grid_x");
  check_words(output, "\n1,k,1,1,1,32,1,1,");
}

} // namespace test
