#include "memory.h"

#include "fault.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

namespace simulator {
namespace {

// Bits 47 and up differ among each other: no such address exists on the host.
constexpr std::uint64_t FIRST = 0x00d0'0000'0000'0000;
constexpr std::uint64_t PER_DEVICE = std::uint64_t{1} << 46;
constexpr std::uint64_t ALIGNMENT = 512;
constexpr std::size_t REMEMBERED = 1 << 16;

std::uint8_t* map(std::uint64_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Fault(OUT_OF_MEMORY, "the host has no " + std::to_string(bytes) + " bytes");
  }
  return static_cast<std::uint8_t*>(memory);
}

void fill_with_poison(std::uint8_t* data, std::uint64_t bytes) {
  std::uint64_t words = (bytes + 3) / 4;
  std::fill_n(reinterpret_cast<std::uint32_t*>(data), words, POISON);
}

template <class Blocks>
auto holder(Blocks& blocks, std::uint64_t address) {
  auto next = blocks.upper_bound(address);
  if (next == blocks.begin() || address >= std::prev(next)->second.end()) {
    return blocks.end();
  }
  return std::prev(next);
}

} // namespace

std::string Allocation::describe() const {
  return what + " (" + std::to_string(size) + " bytes at " + hex(begin) + ", device "
      + std::to_string(device) + ")";
}

Allocation& Memory::allocate(int device, std::uint64_t bytes, const std::string& variable) {
  if (bytes > capacity || in_use[device] + bytes > capacity) {
    throw Fault(OUT_OF_MEMORY, std::to_string(bytes) + " bytes asked for, "
        + std::to_string(capacity - in_use[device]) + " of " + std::to_string(capacity) + " free");
  }
  Allocation made;
  made.begin = FIRST + device * PER_DEVICE + top[device];
  made.size = bytes;
  made.device = device;
  made.serial = variable.empty() ? ++count : 0;
  made.variable = !variable.empty();
  made.what = variable.empty() ? "allocation #" + std::to_string(count) : "variable " + variable;
  made.data = map(bytes + ALIGNMENT);
  made.written = map(bytes + ALIGNMENT);
  made.loaded = map(bytes + ALIGNMENT);
  made.stored = map(bytes + ALIGNMENT);
  fill_with_poison(made.data, bytes);
  in_use[device] += bytes;
  // A gap of at least one alignment keeps neighbours apart.
  top[device] += (bytes + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return blocks[made.begin] = made;
}

void Memory::release(std::uint64_t address) {
  auto found = blocks.find(address);
  if (found == blocks.end()) {
    auto before = holder(freed, address);
    if (before != freed.end()) {
      throw Fault(INVALID_VALUE, "double free of " + before->second.describe());
    }
    throw Fault(INVALID_VALUE, "free of " + hex(address) + ", which no allocation begins at");
  }
  Allocation& block = found->second;
  for (std::uint8_t* mapped : {block.data, block.written, block.loaded, block.stored}) {
    munmap(mapped, block.size + ALIGNMENT);
  }
  in_use[block.device] -= block.size;
  if (freed.size() >= REMEMBERED) {
    freed.erase(freed.begin());
  }
  freed[address] = block;
  blocks.erase(found);
}

const Allocation* Memory::find(std::uint64_t address) const {
  auto found = holder(blocks, address);
  return found == blocks.end() ? nullptr : &found->second;
}

std::string Memory::locate(std::uint64_t address, std::uint64_t bytes) const {
  std::string access = std::to_string(bytes) + " bytes at " + hex(address);
  auto before = holder(freed, address);
  if (before != freed.end()) {
    return "use after free: " + access + " in freed " + before->second.describe();
  }
  auto next = blocks.upper_bound(address);
  if (next != blocks.begin() && address - std::prev(next)->second.end() < (1u << 20)) {
    const Allocation& near = std::prev(next)->second;
    return "out of bounds: " + access + ", " + std::to_string(address - near.end())
        + " bytes past the end of " + near.describe();
  }
  if (next != blocks.end() && next->first - address < (1u << 20)) {
    return "out of bounds: " + access + ", " + std::to_string(next->first - address)
        + " bytes before " + next->second.describe();
  }
  if (address < FIRST || address >= FIRST + 16 * PER_DEVICE) {
    return "out of bounds: " + access + ", which is no device address";
  }
  return "out of bounds: " + access + ", far from any allocation";
}

const Allocation& Memory::require(std::uint64_t address, std::uint64_t bytes, int device) const {
  const Allocation* block = find(address);
  if (block == nullptr) {
    throw Fault(ILLEGAL_ADDRESS, locate(address, bytes));
  }
  if (bytes > block->end() - address) {
    throw Fault(ILLEGAL_ADDRESS, "out of bounds: " + std::to_string(bytes) + " bytes at "
        + hex(address) + " reach " + std::to_string(address + bytes - block->end())
        + " bytes past the end of " + block->describe());
  }
  if (device >= 0 && block->device != device) {
    throw Fault(ILLEGAL_ADDRESS, "wrong device: device " + std::to_string(device) + " accesses "
        + hex(address) + " in " + block->describe());
  }
  return *block;
}

void Memory::require_written(const Allocation& in, std::uint64_t address, std::uint64_t bytes) {
  const std::uint8_t* marks = in.written + (address - in.begin);
  const void* gap = std::memchr(marks, 0, bytes);
  if (gap != nullptr) {
    std::uint64_t offset = static_cast<const std::uint8_t*>(gap) - marks;
    throw Fault(LAUNCH_FAILED, "uninitialised read: byte at " + hex(address + offset)
        + ", offset " + std::to_string(address + offset - in.begin) + " of " + in.describe()
        + ", was never written");
  }
}

void Memory::mark_loaded(const Allocation& in, std::uint64_t offset, std::uint64_t bytes) {
  std::memset(in.loaded + offset, 1, bytes);
  __atomic_store_n(&in.touched, 1, __ATOMIC_RELAXED);
}

void Memory::mark_stored(const Allocation& in, std::uint64_t offset, std::uint64_t bytes) {
  std::memset(in.stored + offset, 1, bytes);
  __atomic_store_n(&in.touched, 1, __ATOMIC_RELAXED);
}

Moved Memory::take_moved() {
  Moved moved;
  auto take = [](std::uint8_t* marks, std::uint64_t bytes) {
    auto count = static_cast<std::uint64_t>(std::count(marks, marks + bytes, 1));
    std::memset(marks, 0, bytes);
    return count;
  };
  for (auto& entry : blocks) {
    Allocation& block = entry.second;
    if (block.touched != 0) {
      moved.loaded += take(block.loaded, block.size);
      moved.stored += take(block.stored, block.size);
      block.touched = 0;
    }
  }
  return moved;
}

std::vector<const Allocation*> Memory::live() const {
  std::vector<const Allocation*> result;
  for (const auto& entry : blocks) {
    if (!entry.second.variable) {
      result.push_back(&entry.second);
    }
  }
  return result;
}

std::uint64_t Memory::used(int device) const {
  auto found = in_use.find(device);
  return found == in_use.end() ? 0 : found->second;
}

} // namespace simulator
