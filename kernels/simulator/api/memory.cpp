// Device memory, page-locked host memory, copies and fills.
#include "../device/host.h"
#include "call.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace simulator {
namespace {

using Address = std::uint64_t;

// Checks a range of device memory at once, when the call is made: a wrong one spoils nothing.
void require_range(State& s, Address address, std::size_t bytes) {
  try {
    s.memory.require(address, bytes, -1);
  } catch (const Fault& fault) {
    throw Fault(INVALID_VALUE, fault.what());
  }
}

// How a copy or fill runs: on a stream, waited for or not.
void run(State& s, void* stream, bool wait, Work work) {
  Stream& target = stream_of(s, stream);
  enqueue(s, target, std::move(work));
  if (wait) {
    finish(s, target, *target.context);
  }
}

[[noreturn]] void reused(const char* call, const std::string& what) {
  throw Fault(LAUNCH_FAILED, std::string(call) + ": host buffer reused too early: " + what
      + " before the queued copy ran; keep it until an event behind the copy is done");
}

void copy_to_device(const char* name, Address to, const void* from, std::size_t bytes,
    void* stream, bool wait) {
  State& s = state();
  fail_if_asked("copy", UNKNOWN);
  if (bytes == 0) {
    stream_of(s, stream);
    return;
  }
  require_pointer(from, "the source");
  require_range(s, to, bytes);
  // In a graph, what the host has at each launch counts.
  bool checked = !wait && !stream_of(s, stream).captured;
  std::uint64_t before = checked ? hash(from, bytes) : 0;
  Work work;
  work.host = from;
  work.host_bytes = bytes;
  work.run = [=, &s] {
    const Allocation& target = s.memory.require(to, bytes, -1);
    std::uint64_t offset = to - target.begin;
    if (!read_host(target.data + offset, from, bytes)) {
      reused(name, "the source was freed");
    }
    if (checked && hash(target.data + offset, bytes) != before) {
      reused(name, "the source was changed");
    }
    std::memset(target.written + offset, 1, bytes);
    s.log.add_transfer(name, 0, bytes);
  };
  run(s, stream, wait, std::move(work));
}

void copy_to_host(const char* name, void* to, Address from, std::size_t bytes, void* stream,
    bool wait) {
  State& s = state();
  fail_if_asked("copy", UNKNOWN);
  if (bytes == 0) {
    stream_of(s, stream);
    return;
  }
  require_pointer(to, "the target");
  require_range(s, from, bytes);
  if (!wait) {
    // Whoever reads the result before the copy ran shall see that it is not there.
    std::uint32_t poison = POISON;
    for (std::size_t i = 0; i < bytes; ++i) {
      static_cast<std::uint8_t*>(to)[i] = reinterpret_cast<std::uint8_t*>(&poison)[i % 4];
    }
  }
  Work work;
  work.host = to;
  work.host_bytes = bytes;
  work.run = [=, &s] {
    const Allocation& source = s.memory.require(from, bytes, -1);
    try {
      Memory::require_written(source, from, bytes);
    } catch (const Fault& fault) {
      throw Fault(fault.status, std::string(name) + ": " + fault.what());
    }
    if (!write_host(to, source.data + (from - source.begin), bytes)) {
      reused(name, "the target was freed");
    }
    s.log.add_transfer(name, bytes, 0);
  };
  run(s, stream, wait, std::move(work));
}

// Bytes that were never written stay so in the copy.
void copy_on_device(const char* name, Address to, Address from, std::size_t bytes, void* stream) {
  State& s = state();
  fail_if_asked("copy", UNKNOWN);
  if (bytes == 0) {
    stream_of(s, stream);
    return;
  }
  require_range(s, from, bytes);
  require_range(s, to, bytes);
  if (from < to + bytes && to < from + bytes) {
    throw Fault(INVALID_VALUE, "source and target overlap");
  }
  Work work;
  work.run = [=, &s] {
    const Allocation& source = s.memory.require(from, bytes, -1);
    const Allocation& target = s.memory.require(to, bytes, -1);
    std::uint64_t at = from - source.begin, offset = to - target.begin;
    std::memcpy(target.data + offset, source.data + at, bytes);
    std::memcpy(target.written + offset, source.written + at, bytes);
    s.log.add_transfer(name, bytes, bytes);
  };
  // Between device addresses the host does not wait.
  run(s, stream, false, std::move(work));
}

void fill(const char* name, Address to, std::uint32_t value, std::size_t size, std::size_t count, void* stream) {
  State& s = state();
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    throw Fault(INVALID_VALUE, std::to_string(count) + " values of " + std::to_string(size)
        + " bytes");
  }
  if (bytes == 0) {
    stream_of(s, stream);
    return;
  }
  if (to % size != 0) {
    throw Fault(INVALID_VALUE, "misaligned: " + std::to_string(size) + "-byte values at "
        + hex(to));
  }
  require_range(s, to, bytes);
  Work work;
  work.run = [=, &s] {
    const Allocation& target = s.memory.require(to, bytes, -1);
    std::uint8_t* at = target.data + (to - target.begin);
    if (size == 1) {
      std::memset(at, static_cast<int>(value), bytes);
    }
    for (std::size_t i = 0; size > 1 && i < bytes; i += size) {
      std::memcpy(at + i, &value, size);
    }
    std::memset(target.written + (to - target.begin), 1, bytes);
    s.log.add_transfer(name, 0, bytes);
  };
  run(s, stream, false, std::move(work));
}

void allocate_pinned(State& s, void** pointer, std::size_t bytes) {
  require_pointer(pointer, "the memory");
  current_context();
  fail_if_asked("host", OUT_OF_MEMORY);
  if (bytes == 0) {
    throw Fault(INVALID_VALUE, "0 bytes asked for");
  }
  void* memory = nullptr;
  if (posix_memalign(&memory, 4096, bytes) != 0) {
    throw Fault(OUT_OF_MEMORY, "the host has no " + std::to_string(bytes) + " bytes");
  }
  s.pinned[memory] = bytes;
  *pointer = memory;
}

} // namespace

DRIVER_CALL int cuMemAlloc_v2(Address* address, std::size_t bytes) {
  return call("cuMemAlloc", [&](State& s) {
    require_pointer(address, "the address");
    Context& context = current_context();
    fail_if_asked("alloc", OUT_OF_MEMORY);
    if (bytes == 0) {
      throw Fault(INVALID_VALUE, "0 bytes asked for");
    }
    *address = s.memory.allocate(context.device, bytes).begin;
  });
}

// Waits for the device first, as the real call does.
DRIVER_CALL int cuMemFree_v2(Address address) {
  return call("cuMemFree", [&](State& s) {
    Context& context = current_context();
    if (address == 0) {
      return;
    }
    finish(s, context, context);
    const Allocation* block = s.memory.find(address);
    if (block != nullptr && block->device != context.device) {
      throw Fault(INVALID_VALUE, "wrong context: " + block->describe()
          + " freed with device " + std::to_string(context.device) + " current");
    }
    if (block != nullptr && block->variable) {
      throw Fault(INVALID_VALUE, "free of a " + block->describe());
    }
    s.memory.release(address);
  });
}

DRIVER_CALL int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return call("cuMemGetInfo", [&](State& s) {
    require_pointer(free, "the free bytes");
    require_pointer(total, "the total bytes");
    *total = s.memory.total();
    *free = s.memory.total() - s.memory.used(current_context().device);
  });
}

DRIVER_CALL int cuMemGetAddressRange_v2(Address* begin, std::size_t* bytes, Address address) {
  return call("cuMemGetAddressRange", [&](State& s) {
    current_context();
    require_range(s, address, 1);
    const Allocation& block = *s.memory.find(address);
    if (begin != nullptr) {
      *begin = block.begin;
    }
    if (bytes != nullptr) {
      *bytes = block.size;
    }
  });
}

DRIVER_CALL int cuMemAllocHost_v2(void** pointer, std::size_t bytes) {
  return call("cuMemAllocHost", [&](State& s) { allocate_pinned(s, pointer, bytes); });
}

DRIVER_CALL int cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned) {
  return call("cuMemHostAlloc", [&](State& s) { allocate_pinned(s, pointer, bytes); });
}

DRIVER_CALL int cuMemFreeHost(void* pointer) {
  return call("cuMemFreeHost", [&](State& s) {
    current_context();
    auto found = s.pinned.find(pointer);
    if (found == s.pinned.end()) {
      throw Fault(INVALID_VALUE, "no page-locked memory begins there, or it was freed");
    }
    if (s.queue.uses(pointer, found->second)) {
      reused("cuMemFreeHost", "page-locked memory is freed");
    }
    s.pinned.erase(found);
    std::free(pointer);
  });
}

DRIVER_CALL int cuMemcpyHtoD_v2(Address to, const void* from, std::size_t bytes) {
  return call("cuMemcpyHtoD",
      [&](State&) { copy_to_device("cuMemcpyHtoD", to, from, bytes, nullptr, true); });
}

DRIVER_CALL int cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, void* stream) {
  return call("cuMemcpyHtoDAsync",
      [&](State&) { copy_to_device("cuMemcpyHtoDAsync", to, from, bytes, stream, false); });
}

DRIVER_CALL int cuMemcpyDtoH_v2(void* to, Address from, std::size_t bytes) {
  return call("cuMemcpyDtoH",
      [&](State&) { copy_to_host("cuMemcpyDtoH", to, from, bytes, nullptr, true); });
}

DRIVER_CALL int cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, void* stream) {
  return call("cuMemcpyDtoHAsync",
      [&](State&) { copy_to_host("cuMemcpyDtoHAsync", to, from, bytes, stream, false); });
}

DRIVER_CALL int cuMemcpyDtoD_v2(Address to, Address from, std::size_t bytes) {
  return call("cuMemcpyDtoD",
      [&](State&) { copy_on_device("cuMemcpyDtoD", to, from, bytes, nullptr); });
}

DRIVER_CALL int cuMemcpyDtoDAsync_v2(Address to, Address from, std::size_t bytes, void* stream) {
  return call("cuMemcpyDtoDAsync",
      [&](State&) { copy_on_device("cuMemcpyDtoDAsync", to, from, bytes, stream); });
}

DRIVER_CALL int cuMemsetD8_v2(Address to, unsigned char value, std::size_t count) {
  return call("cuMemsetD8",
      [&](State&) { fill("cuMemsetD8", to, value, 1, count, nullptr); });
}

DRIVER_CALL int cuMemsetD8Async(Address to, unsigned char value, std::size_t count, void* stream) {
  return call("cuMemsetD8Async",
      [&](State&) { fill("cuMemsetD8Async", to, value, 1, count, stream); });
}

DRIVER_CALL int cuMemsetD16_v2(Address to, unsigned short value, std::size_t count) {
  return call("cuMemsetD16",
      [&](State&) { fill("cuMemsetD16", to, value, 2, count, nullptr); });
}

DRIVER_CALL int cuMemsetD16Async(
    Address to, unsigned short value, std::size_t count, void* stream) {
  return call("cuMemsetD16Async",
      [&](State&) { fill("cuMemsetD16Async", to, value, 2, count, stream); });
}

DRIVER_CALL int cuMemsetD32_v2(Address to, unsigned value, std::size_t count) {
  return call("cuMemsetD32",
      [&](State&) { fill("cuMemsetD32", to, value, 4, count, nullptr); });
}

DRIVER_CALL int cuMemsetD32Async(Address to, unsigned value, std::size_t count, void* stream) {
  return call("cuMemsetD32Async",
      [&](State&) { fill("cuMemsetD32Async", to, value, 4, count, stream); });
}

} // namespace simulator
