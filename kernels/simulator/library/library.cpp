#include "library.h"

#include "../api/call.h"
#include "region.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>

namespace simulator {
namespace library {
namespace {

constexpr std::uint64_t SECTOR = 32;

// Whether this thread runs a body of parallel().
thread_local bool within = false;

// The allocation that holds a region; throws with the region's name.
const Allocation& holder(const State& s, const Region& region, int device) {
  try {
    const Allocation& in = s.memory.require(region.address, region.span(), device);
    std::uint32_t alignment = std::max(region.element, region.alignment);
    if (region.address % alignment != 0) {
      throw Fault(MISALIGNED_ADDRESS, "misaligned: " + hex(region.address)
          + " is no multiple of " + std::to_string(alignment));
    }
    return in;
  } catch (const Fault& fault) {
    throw Fault(fault.status, region.name + ": " + fault.what());
  }
}

class DeviceMemory : public Running {
public:
  DeviceMemory(const State& s, int on) : everything(s), device(on) {}

  const void* read(const Region& region) override {
    return visit(region, counts.bytes_loaded, counts.sectors_loaded,
        [&](const Allocation& in, std::uint64_t address, std::uint64_t bytes) {
          try {
            Memory::require_written(in, address, bytes);
          } catch (const Fault& fault) {
            throw Fault(fault.status, region.name + ": " + fault.what());
          }
        });
  }

  void* write(const Region& region) override {
    return visit(region, counts.bytes_stored, counts.sectors_stored,
        [](const Allocation& in, std::uint64_t address, std::uint64_t bytes) {
          std::memset(in.written + (address - in.begin), 1, bytes);
        });
  }

  void* scratch(const Region& region) override {
    std::uint64_t uncounted = 0;
    return visit(region, uncounted, uncounted,
        [](const Allocation& in, std::uint64_t address, std::uint64_t bytes) {
          std::memset(in.written + (address - in.begin), 0, bytes);
        });
  }

  // No element is read or written twice, as far as it counts.
  Counts counted() const {
    Counts all = counts;
    all.distinct = {counts.bytes_loaded, counts.bytes_stored};
    return all;
  }

private:
  template <class F>
  void* visit(const Region& region, std::uint64_t& bytes, std::uint64_t& sectors, F f) {
    if (region.span() == 0) {
      return nullptr;
    }
    const Allocation& in = holder(everything, region, device);
    Runs runs = runs_of(region);
    each(runs, [&](std::uint64_t offset) {
      std::uint64_t address = region.address + offset;
      f(in, address, runs.bytes);
      bytes += runs.bytes;
      sectors += (address + runs.bytes - 1) / SECTOR - address / SECTOR + 1;
    });
    return in.data + (region.address - in.begin);
  }

  const State& everything;
  int device;
  Counts counts;
};

void run(State& s, const std::string& name, int device, const std::function<void(Running&)>& work) {
  auto start = std::chrono::steady_clock::now();
  DeviceMemory memory(s, device);
  try {
    work(memory);
  } catch (const Fault& fault) {
    throw Fault(fault.status, name + ": " + fault.what());
  }
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  s.log.add({0, name, {}, {}, 0, 0, memory.counted(), time.count()});
}

} // namespace

int call(const char* name, int (*translate)(Status), const std::function<void()>& body) {
  int refused = 0;
  int status = simulator::call(name, [&](State&) {
    try {
      body();
    } catch (const Refusal& refusal) {
      refused = refusal.status;
      if (*refusal.what() != '\0') {
        report(std::string(name) + ": " + refusal.what());
      }
    }
  });
  return status == SUCCESS ? refused : translate(static_cast<Status>(status));
}

int current_device() { return current_context().device; }

void require_stream(void* stream) { stream_of(state(), stream); }

bool must_fail(const char* kind) { return simulator::must_fail(kind); }

void own(const char* what, int change) { state().owned[what] += change; }

void require(const Region& region) {
  if (region.span() > 0) {
    holder(state(), region, current_device());
  }
}

void queue(const char* name, void* stream, const std::vector<Region>& regions,
    std::function<void(Running&)> work) {
  State& s = state();
  Stream& target = stream_of(s, stream);
  int device = target.context->device;
  for (const Region& region : regions) {
    require(region);
  }
  Work late;
  late.run = [&s, name = std::string(name), device, work = std::move(work)] { run(s, name, device, work); };
  enqueue(s, target, std::move(late));
}

void parallel(std::uint64_t count, const std::function<void(std::uint64_t)>& body) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  bool nested = within;
  auto some = [&] {
    within = true;
    try {
      for (std::uint64_t i; (i = next++) < count;) {
        body(i);
      }
    } catch (...) {
      next = count;
      std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
    within = nested;
  };
  std::vector<std::thread> others;
  std::uint64_t threads = nested ? 1 : std::min<std::uint64_t>(state().host_threads, count);
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.emplace_back(some);
  }
  some();
  for (std::thread& other : others) {
    other.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

} // namespace library
} // namespace simulator
