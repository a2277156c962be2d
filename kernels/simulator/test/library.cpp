// The hook by which other libraries queue work, and what all of them have in common.
#include "../library/library.h"
#include "test.h"

#include <atomic>
#include <thread>

namespace test {
namespace {

using namespace simulator;
using library::Region;

constexpr int REFUSED = 42;

int translate(Status status) { return -status; }

// Adds 1 to what the first region holds.
int increment(const Region& from, const Region& to, void* stream = nullptr) {
  return library::call("addOne", translate, [&] {
    library::queue("addOne", stream, {from, to}, [=](library::Running& device) {
      float value = *device.read<float>(from);
      *device.write<float>(to) = value + 1;
    });
  });
}

Region word(const char* name, std::uint64_t address) { return {name, address, {}}; }

void check_work() {
  Buffer a(std::vector<float>{4}), b(4);
  check_equal(increment(word("x", a.address), word("y", b.address)), 0, "queued work");
  cuCtxSynchronize();
  check(b.read<float>()[0] == 5, "it ran");
  void *first, *second;
  cuStreamCreate(&first, 1);
  cuStreamCreate(&second, 1);
  Buffer c(4), d(4);
  cuCtxSynchronize();
  increment(word("x", a.address), word("y", c.address), first);
  increment(word("x", c.address), word("y", d.address), second);
  check_equal(cuCtxSynchronize(), 719, "work that does not wait for another stream");
  check_fault({"addOne: x: uninitialised read"}, "work that does not wait for another stream");
  increment(word("x", a.address), word("y", c.address), first);
  check_equal(cuStreamQuery(first), 600, "it runs late");
  check_equal(cuStreamSynchronize(first), 0, "when somebody waits");
  increment(word("x", c.address), word("y", d.address), second);
  cuCtxSynchronize();
  check(d.read<float>()[0] == 6, "one after the other");
  cuStreamDestroy_v2(second);
  check_equal(increment(word("x", a.address), word("y", b.address), second), -400,
      "a stream that was destroyed");
  check_fault({"addOne: no such stream"}, "a stream that was destroyed");
  cuStreamDestroy_v2(first);
}

void check_checks() {
  Buffer a(std::vector<float>{4}), fresh(8);
  check_equal(increment(word("x", fresh.address), word("y", a.address)), 0, "at first no fault");
  check_equal(cuCtxSynchronize(), 719, "an uninitialised read");
  check_equal(increment(word("x", a.address), word("y", a.address)), -719, "the context is spoilt");
  check_fault({"addOne: x: uninitialised read: byte at 0x", "offset 0 of allocation #"},
      "an uninitialised read");
  check_equal(increment(word("x", a.address), word("y", fresh.address + 8)), -700,
      "out of bounds, told at once");
  check_fault({"addOne: y: out of bounds: 4 bytes at 0x"}, "out of bounds");
  check_equal(cuCtxSynchronize(), 0, "nor was it queued");
  check_equal(increment(word("x", a.address), word("y", fresh.address + 2)), -716, "misaligned");
  check_fault({"addOne: y: misaligned: 0x", "is no multiple of 4"}, "misaligned");
  Region aligned = word("y", fresh.address + 4);
  aligned.alignment = 256;
  check_equal(increment(word("x", a.address), aligned), -716, "less aligned than asked");
  check_fault({"is no multiple of 256"}, "less aligned than asked");
  void* other;
  cuDevicePrimaryCtxRetain(&other, 1);
  cuCtxPushCurrent_v2(other);
  check_equal(increment(word("x", a.address), word("y", a.address)), -700, "of another device");
  check_fault({"addOne: x: wrong device: device 1 accesses"}, "of another device");
  cuCtxPopCurrent_v2(nullptr);
  cuDevicePrimaryCtxRelease_v2(1);
}

void check_freed() {
  Buffer a(std::vector<float>{4}), b(4);
  std::uint64_t gone;
  cuMemAlloc_v2(&gone, 4);
  cuMemFree_v2(gone);
  check_equal(increment(word("x", a.address), word("y", gone)), -700, "freed memory");
  check_fault({"addOne: y: use after free: 4 bytes at 0x"}, "freed memory");
}

void check_refusals() {
  auto refuse = [](const std::string& why) {
    return library::call("refuse", translate, [&] { throw library::Refusal(REFUSED, why); });
  };
  check_equal(refuse("got 3; expected 4"), REFUSED, "a refusal");
  check_fault({"refuse: got 3; expected 4"}, "a refusal");
  check_equal(refuse(""), REFUSED, "an answer");
  check(text(simulator_first_fault).empty(), "an answer is no fault");
  for (const char* kind : {"blas", "dnn"}) {
    simulator_fail((std::string(kind) + ":2").c_str());
    check(!library::must_fail(kind), "the first call");
    check(library::must_fail(kind), "the second");
    check(!library::must_fail(kind), "the third");
    simulator_fail((std::string(kind) + ":1+").c_str());
    check(library::must_fail(kind) && library::must_fail(kind), "all calls");
  }
  simulator_fail("");
  check_equal(library::call("device", translate, [] {
    check_equal(library::current_device(), 0, "the current device");
  }), 0, "a question");
}

void check_regions() {
  Region columns{"a", 4096, {{3, 1}, {2, 5}}};
  check_equal(static_cast<long long>(columns.elements()), 6, "two columns of 3");
  check_equal(static_cast<long long>(columns.span()), 32, "5 apart");
  check(columns.distinct(), "no element is there twice");
  check(!(Region{"a", 0, {{3, 1}, {2, 2}}}).distinct(), "one is");
  check((Region{"a", 0, {{3, 4}, {2, 2}, {2, 1}}}).distinct(), "in any order");
  check((Region{"a", 0, {{3, 1}, {7, 0}}}).distinct(), "a stride of 0 does not count");
  check_equal(static_cast<long long>((Region{"a", 0, {{0, 1}, {7, 1}}}).span()), 0, "empty");
  Region gap{"b", 4096 + 12, {{2, 1}, {2, 5}}}, edge{"c", 4096 + 16, {{2, 1}, {2, 5}}};
  check(!columns.overlaps(gap) && !gap.overlaps(columns), "between the columns");
  check(columns.overlaps(edge) && edge.overlaps(columns), "on the next column");
  check(!columns.overlaps({"d", 4096 + 32, {{9, 1}}}), "behind");
  check(columns.overlaps({"d", 4096 + 28, {{9, 1}}}), "on the last");
}

void check_gaps() {
  Buffer a(32), b(32);
  for (int word : {0, 1, 2, 5, 6, 7}) {
    cuMemsetD32_v2(a.address + 4 * word, 1 + word, 1);
  }
  Region from{"x", a.address, {{2, 5}, {3, 1}}}, to{"y", b.address, {{3, 1}, {2, 5}}};
  Region scratch{"z", a.address + 4, {{2, 1}}};
  library::call("copy", translate, [&] {
    library::queue("copy", nullptr, {from, to, scratch}, [=](library::Running& device) {
      const auto* source = device.read<std::uint32_t>(from);
      auto* target = device.write<std::uint32_t>(to);
      for (int i : {0, 1, 2, 5, 6, 7}) {
        target[i] = source[i];
      }
      device.scratch(scratch);
    });
  });
  check_equal(cuCtxSynchronize(), 0, "what lies between columns is not read");
  std::string log = text(simulator_log);
  // 24 bytes each way; three words share a sector with nobody: 2 runs in 1 sector each.
  check(log.find(",copy,1,1,1,1,1,1,0,0,0,0,24,24,2,2,") != std::string::npos, "the log: " + log);
  std::uint32_t values[3];
  check_equal(cuMemcpyDtoH_v2(values, b.address + 20, 12), 0, "the second column");
  check_equal(values[2], 8, "and its end");
  check_equal(cuMemcpyDtoH_v2(values, b.address + 8, 8), 719, "the gap was not written");
  check_fault({"uninitialised read", "offset 12 of"}, "the gap was not written");
  check_equal(cuMemcpyDtoH_v2(values, a.address + 4, 4), 719, "scratch memory is spoilt");
  check_fault({"uninitialised read", "offset 4 of"}, "scratch memory is spoilt");
}

void check_parallel() {
  std::vector<std::atomic<int>> seen(1000);
  library::parallel(1000, [&](std::uint64_t i) { ++seen[i]; });
  bool once = true;
  for (const auto& count : seen) {
    once &= count == 1;
  }
  check(once, "each index once");
  std::atomic<int> inner{0};
  library::parallel(4, [&](std::uint64_t) {
    std::thread::id own = std::this_thread::get_id();
    library::parallel(4, [&](std::uint64_t) { inner += std::this_thread::get_id() == own; });
  });
  check_equal(inner, 16, "within a body, on its thread");
  bool thrown = false;
  try {
    library::parallel(10, [](std::uint64_t i) {
      if (i == 7) {
        throw Fault(LAUNCH_FAILED, "at 7");
      }
    });
  } catch (const Fault& fault) {
    thrown = fault.status == LAUNCH_FAILED;
  }
  check(thrown, "what a thread throws arrives");
}

void check_owned() {
  library::own("cuBLAS handle", 1);
  check(text(simulator_leaks).find("1 cuBLAS handle(s)\n") != std::string::npos, "a handle is left");
  library::own("cuBLAS handle", -1);
  check(text(simulator_leaks).find("cuBLAS") == std::string::npos, "none is left");
}

} // namespace

void test_library() {
  check_work();
  check_checks();
  check_freed();
  check_refusals();
  check_regions();
  check_gaps();
  check_parallel();
  check_owned();
}

} // namespace test
