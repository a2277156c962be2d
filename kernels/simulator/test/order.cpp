// Streams and events: work is late, and comes as early or late as it may.
#include "test.h"

namespace test {
namespace {

// Stores 1 + what it read.
const char* const NEXT = "ld.global.u32 %r1, [%a0];\nadd.u32 %r1, %r1, 1;\nst.global.u32 [%a1], %r1;";

struct Streams {
  void *first, *second, *event;

  Streams() {
    cuStreamCreate(&first, 1);
    cuStreamCreate(&second, 1);
    cuEventCreate(&event, 0);
  }

  ~Streams() {
    cuStreamDestroy_v2(first);
    cuStreamDestroy_v2(second);
    cuEventDestroy_v2(event);
  }
};

void launch(const Kernels& module, void* stream, std::uint64_t from, std::uint64_t to) {
  void* parameters[] = {&from, &to};
  check_equal(cuLaunchKernel(module.function("k"), 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr),
      0, "launch");
}

void check_late() {
  Streams s;
  Kernels module(kernel(2, NEXT));
  Buffer a(std::vector<std::uint32_t>{4}), b(4);
  std::uint32_t seen = 0;
  launch(module, s.first, a.address, b.address);
  cuMemcpyDtoHAsync_v2(&seen, b.address, 4, s.first);
  check_equal(seen, 0x7fa0dead, "the target of a copy that has not run is poisoned");
  check_equal(cuStreamQuery(s.first), 600, "the stream has work");
  check_equal(cuStreamQuery(s.first), 600, "after its first piece too");
  check_equal(cuStreamQuery(s.first), 0, "and ends if it is asked often enough");
  check_equal(seen, 5, "the result is there");
}

void check_missing_event() {
  Streams s;
  Kernels module(kernel(2, NEXT));
  Buffer a(std::vector<std::uint32_t>{4}), b(4), c(4);
  cuCtxSynchronize();
  launch(module, s.first, a.address, b.address);
  launch(module, s.second, b.address, c.address);
  check_equal(cuStreamSynchronize(s.first), 719, "a missing event, though the first is waited for");
  check_fault({"uninitialised read"}, "a missing event");
  launch(module, s.first, a.address, b.address);
  cuEventRecord(s.event, s.first);
  cuStreamWaitEvent(s.second, s.event, 0);
  launch(module, s.second, b.address, c.address);
  check_equal(cuCtxSynchronize(), 0, "with the event");
  check_equal(c.read<std::uint32_t>()[0], 6, "with the event");
}

void check_events() {
  Streams s;
  Kernels module(kernel(2, NEXT));
  Buffer a(std::vector<std::uint32_t>{1}), b(4), c(4);
  cuCtxSynchronize();
  check_equal(cuEventQuery(s.event), 0, "an event that was never recorded is done");
  check_equal(cuStreamWaitEvent(s.second, s.event, 0), 0, "nor does anybody wait for it");
  launch(module, s.first, a.address, b.address);
  cuEventRecord(s.event, s.first);
  cuStreamWaitEvent(s.second, s.event, 0);
  launch(module, s.second, b.address, c.address);
  // The second stream waits for the first recording still, not for this one behind itself.
  cuEventRecord(s.event, s.second);
  float time;
  check_equal(cuEventElapsedTime(&time, s.event, s.event), 600, "its time is not known");
  check_equal(cuEventQuery(s.event), 600, "it is not done");
  check_equal(cuEventSynchronize(s.event), 0, "until it is waited for");
  check_equal(cuEventElapsedTime(&time, s.event, s.event), 0, "its time");
  check(time == 0, "between an event and itself no time passes");
  check_equal(c.read<std::uint32_t>()[0], 3, "both ran");
}

void check_default_stream() {
  Kernels module(kernel(2, NEXT));
  void *blocking, *free;
  cuStreamCreate(&blocking, 0);
  cuStreamCreate(&free, 1);
  Buffer a(std::vector<std::uint32_t>{1}), b(4), c(4);
  cuCtxSynchronize();
  launch(module, blocking, a.address, b.address);
  launch(module, nullptr, b.address, c.address);
  check_equal(c.read<std::uint32_t>()[0], 3, "the default stream waits for a blocking one");
  Buffer d(4), e(4);
  launch(module, free, a.address, d.address);
  launch(module, nullptr, d.address, e.address);
  check_equal(cuCtxSynchronize(), 719, "but not for one that does not block");
  check_fault({"uninitialised read"}, "a stream that does not block");
  cuStreamDestroy_v2(blocking);
  cuStreamDestroy_v2(free);
}

void check_host_buffers() {
  Streams s;
  Buffer a(4);
  void* pinned;
  cuMemAllocHost_v2(&pinned, 4);
  auto* value = static_cast<std::uint32_t*>(pinned);
  *value = 8;
  cuMemcpyHtoDAsync_v2(a.address, value, 4, s.first);
  *value = 9;
  check_equal(cuStreamSynchronize(s.first), 719, "a source changed too early");
  check_fault({"cuMemcpyHtoDAsync: host buffer reused too early: the source was changed"},
      "a source changed too early");
  cuMemcpyHtoDAsync_v2(a.address, value, 4, s.first);
  check_equal(cuMemFreeHost(pinned), 719, "a source freed too early");
  check_fault({"cuMemFreeHost: host buffer reused too early"}, "a source freed too early");
  cuMemcpyHtoDAsync_v2(a.address, value, 4, s.first);
  check_equal(cuStreamSynchronize(s.first), 0, "a source that is kept");
  check_equal(cuMemFreeHost(pinned), 0, "and freed afterwards");
  check_equal(a.read<std::uint32_t>()[0], 9, "and copied");
}

} // namespace

void test_order() {
  check_late();
  check_missing_event();
  check_events();
  check_default_stream();
  check_host_buffers();
}

} // namespace test
