// Device memory: an address space of its own, in which every byte knows whether it was written.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace simulator {

// What fresh memory holds: as float32 a signalling NaN.
constexpr std::uint32_t POISON = 0x7fa0dead;

struct Allocation {
  std::uint64_t begin = 0, size = 0;
  int device = 0;
  long serial = 0;  // the n-th allocation of the process
  std::string what; // "allocation #3" or "variable table"
  bool variable = false; // of a module, not from an allocation call
  std::uint8_t* data = nullptr;
  std::uint8_t* written = nullptr; // one byte per byte: 1 where it was written
  // What the launch that runs now has loaded and stored, and whether it has either.
  std::uint8_t *loaded = nullptr, *stored = nullptr;
  mutable std::uint8_t touched = 0;

  std::uint64_t end() const { return begin + size; }
  std::string describe() const;
};

// Bytes that a launch loaded and stored, each counted once.
struct Moved {
  std::uint64_t loaded = 0, stored = 0;
};

// All devices' memory. Addresses are never given twice and are no valid host addresses, so a freed
// or foreign one is always told apart. Kernels look up without a lock: allocation and release
// happen only while none runs.
class Memory {
public:
  explicit Memory(std::uint64_t device_bytes) : capacity(device_bytes) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Throws OUT_OF_MEMORY when the device is full.
  Allocation& allocate(int device, std::uint64_t bytes, const std::string& variable = "");
  void release(std::uint64_t address);

  // The live allocation that holds this address, or null.
  const Allocation* find(std::uint64_t address) const;

  // The live allocation that holds all these bytes; throws a Fault that says what is wrong.
  const Allocation& require(std::uint64_t address, std::uint64_t bytes, int device) const;

  // Throws if one of the bytes was never written.
  static void require_written(const Allocation& in, std::uint64_t address, std::uint64_t bytes);

  // Notes that the launch that runs now moves bytes. Any of its threads may call.
  static void mark_loaded(const Allocation& in, std::uint64_t offset, std::uint64_t bytes);
  static void mark_stored(const Allocation& in, std::uint64_t offset, std::uint64_t bytes);
  // What was noted since the last such call.
  Moved take_moved();

  std::vector<const Allocation*> live() const;
  std::uint64_t used(int device) const;
  std::uint64_t total() const { return capacity; }

private:
  std::string locate(std::uint64_t address, std::uint64_t bytes) const;

  std::uint64_t capacity;
  std::map<std::uint64_t, Allocation> blocks; // by begin
  std::map<std::uint64_t, Allocation> freed;  // what use after free is told by
  std::map<int, std::uint64_t> top, in_use;
  long count = 0;
};

} // namespace simulator
