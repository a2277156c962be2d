#include "space.h"

#include <algorithm>

namespace simulator {
namespace {

constexpr u64 SECTOR = 32;
constexpr u32 BANKS = 32, BANK_WIDTH = 4;

u8* global(Warp& warp, int lane, u64 address, u32 bytes, Access kind) {
  const Allocation* in = warp.recent;
  try {
    if (in == nullptr || address < in->begin || address >= in->end()
        || bytes > in->end() - address) {
      in = &warp.launch->memory->require(address, bytes, warp.launch->device);
      warp.recent = in;
    }
    u64 offset = address - in->begin;
    if (kind == Access::WRITE) {
      std::memset(in->written + offset, 1, bytes);
    } else {
      Memory::require_written(*in, address, bytes);
      Memory::mark_loaded(*in, offset, bytes);
    }
    if (kind != Access::READ) {
      Memory::mark_stored(*in, offset, bytes);
    }
    return in->data + offset;
  } catch (const Fault& fault) {
    throw Fault(fault.status, fault.what(), lane);
  }
}

u8* local(Warp& warp, int lane, u64 address, u32 bytes, Access kind) {
  u64 offset = address - LOCAL_BASE;
  u32 size = warp.launch->program->local_bytes;
  if (offset >= size || bytes > size - offset) {
    throw Fault(ILLEGAL_ADDRESS, "out of bounds: " + std::to_string(bytes)
        + " bytes of local memory at offset " + std::to_string(static_cast<s64>(offset))
        + "; the thread has " + std::to_string(size), lane);
  }
  u8* marks = warp.local_written + std::size_t{size} * lane + offset;
  if (kind == Access::WRITE) {
    std::memset(marks, 1, bytes);
  } else if (std::memchr(marks, 0, bytes) != nullptr) {
    throw Fault(LAUNCH_FAILED, "uninitialised read: local memory at offset "
        + std::to_string(offset) + " was never written", lane);
  }
  return warp.local + std::size_t{size} * lane + offset;
}

u8* parameter(const Warp& warp, int lane, u64 address, u32 bytes) {
  const auto& values = warp.launch->parameters;
  u64 offset = address - PARAM_BASE;
  if (offset >= values.size() || bytes > values.size() - offset) {
    throw Fault(ILLEGAL_ADDRESS, "out of bounds: " + std::to_string(bytes)
        + " bytes of the parameters at offset " + std::to_string(static_cast<s64>(offset))
        + " of " + std::to_string(values.size()), lane);
  }
  return const_cast<u8*>(values.data()) + offset;
}

u64 distinct(u64* values, int count) {
  if (!std::is_sorted(values, values + count)) {
    std::sort(values, values + count);
  }
  return std::unique(values, values + count) - values;
}

// The words that the busiest bank must serve, less the one pass that is always needed. Lanes that
// share a word share its pass; an access of 8 or 16 bytes goes in 2 or 4 rounds of the warp.
u64 bank_conflicts(const Warp& warp, const Addresses& addresses, u32 bytes) {
  u32 rounds = std::max(1u, bytes / BANK_WIDTH);
  int lanes = static_cast<int>(LANES / rounds);
  u64 extra = 0;
  for (int first = 0; first < LANES; first += lanes) {
    u64 words[LANES];
    int count = 0;
    for (int lane = first; lane < first + lanes; ++lane) {
      for (u32 word = 0; word < rounds && has(warp.active, lane); ++word) {
        words[count++] = addresses.lane[lane] / BANK_WIDTH + word;
      }
    }
    u64 different = distinct(words, count);
    u32 load[BANKS] = {}, most = 0;
    for (u64 i = 0; i < different; ++i) {
      most = std::max(most, ++load[words[i] % BANKS]);
    }
    extra += most > 1 ? most - 1 : 0;
  }
  return extra;
}

} // namespace

Space space_of(const Instr& instr, u64& address) {
  if (instr.fields.space != Space::GENERIC) {
    return instr.fields.space;
  }
  u64 window = address & WINDOW_MASK;
  if (window == SHARED_WINDOW || window == LOCAL_WINDOW) {
    address -= window;
    return window == SHARED_WINDOW ? Space::SHARED : Space::LOCAL;
  }
  return Space::GLOBAL;
}

Addresses::Addresses(const Warp& warp, const Instr& instr) {
  u64 offset = static_cast<u64>(instr.offset);
  if (instr.width[5] == 8) {
    const u64* base = warp.at<u64>(instr.operand[5]);
    for (int i = 0; i < LANES; ++i) {
      lane[i] = warp.active >> i & 1 ? base[i] + offset : 0;
    }
  } else {
    const u32* base = warp.at<u32>(instr.operand[5]);
    for (int i = 0; i < LANES; ++i) {
      lane[i] = warp.active >> i & 1 ? static_cast<u32>(base[i] + offset) : 0;
    }
  }
}

void require_aligned(const Warp& warp, const Addresses& addresses, u32 bytes) {
  u64 low = 0;
  for (u64 address : addresses.lane) {
    low |= address;
  }
  if ((low & (bytes - 1)) == 0) {
    return;
  }
  for (int lane = 0; lane < LANES; ++lane) {
    if (has(warp.active, lane) && addresses.lane[lane] % bytes != 0) {
      throw Fault(MISALIGNED_ADDRESS, "misaligned: " + std::to_string(bytes) + " bytes at "
          + hex(addresses.lane[lane]), lane);
    }
  }
}

u8* resolve(Warp& warp, const Instr& instr, int lane, u64 address, u32 bytes, Access kind) {
  switch (space_of(instr, address)) {
    case Space::SHARED:
      return warp.shared->access(warp, lane, instr, address, bytes, kind);
    case Space::LOCAL: return local(warp, lane, address, bytes, kind);
    case Space::PARAM: return parameter(warp, lane, address, bytes);
    default: return global(warp, lane, address, bytes, kind);
  }
}

void count_access(Warp& warp, const Instr& instr, const Addresses& addresses, u32 bytes,
    Access kind) {
  u64 first = addresses.lane[__builtin_ctz(warp.active)];
  Space space = space_of(instr, first);
  Counts& counts = *warp.counts;
  if (space == Space::SHARED) {
    ++counts.shared_accesses;
    counts.bank_conflicts += bank_conflicts(warp, addresses, bytes);
  }
  if (space != Space::GLOBAL && space != Space::CONSTANT) {
    return;
  }
  u64 sectors[LANES];
  int count = 0;
  for (int lane = 0; lane < LANES; ++lane) {
    // An aligned access of at most 16 bytes lies in one sector.
    u64 sector = addresses.lane[lane] / SECTOR;
    if (has(warp.active, lane) && (count == 0 || sectors[count - 1] != sector)) {
      sectors[count++] = sector;
    }
  }
  u64 touched = distinct(sectors, count);
  u64 asked = std::uint64_t{bytes} * __builtin_popcount(warp.active);
  if (kind != Access::WRITE) {
    counts.bytes_loaded += asked;
    counts.sectors_loaded += touched;
  }
  if (kind != Access::READ) {
    counts.bytes_stored += asked;
    counts.sectors_stored += touched;
  }
  counts.atomics += kind == Access::ATOMIC ? __builtin_popcount(warp.active) : 0;
}

} // namespace simulator
