// The state of 32 threads that run in lock-step, and of the block they belong to.
#pragma once

#include "../device/fault.h"
#include "../device/memory.h"
#include "program.h"
#include "shared.h"

#include <cstdint>
#include <vector>

namespace simulator {

constexpr int LANES = 32;
constexpr std::uint32_t ALL = 0xffffffff;

struct Dim {
  std::uint32_t x = 1, y = 1, z = 1;

  std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

// What a profiler would count for one launch.
struct Counts {
  std::uint64_t warp_instructions = 0, thread_instructions = 0;
  std::uint64_t bytes_loaded = 0, bytes_stored = 0;     // global memory, asked for by threads
  std::uint64_t sectors_loaded = 0, sectors_stored = 0; // of 32 bytes, touched per warp access
  Moved distinct;                                       // of all warps together
  std::uint64_t atomics = 0;                            // global, per thread
  std::uint64_t shared_accesses = 0, bank_conflicts = 0; // per warp; extra passes they took
  std::uint64_t branches = 0, divergent_branches = 0;    // per warp
  std::uint64_t barriers = 0;                            // per warp

  void add(const Counts& other);
};

struct Launch {
  const Program* program;
  Dim grid, block;
  std::uint32_t dynamic_shared;
  std::vector<std::uint8_t> parameters;
  int device;
  const Memory* memory;
  std::uint64_t limit; // instructions per warp, so that an endless loop ends
};

// Lanes that go on together, until they reach the place where they meet others again.
struct Frame {
  std::uint32_t pc, join, mask;
  bool held; // stands at a barrier until the lanes that parted from it have come or gone
};

// What a warp that stands at a barrier waits for.
struct Arrival {
  const Instr* instr = nullptr;
  std::uint32_t barrier = 0, threads = 0; // threads expected; 0 for all
  std::uint32_t predicate = 0;            // lanes that voted true in bar.red
};

struct Warp {
  std::uint8_t* base[2]; // registers; constants
  std::uint32_t active;  // lanes that run the present instruction
  std::uint32_t live;    // lanes that have not exited
  std::uint32_t id;
  std::vector<Frame> frames;
  bool waiting;
  Arrival arrival;
  std::uint64_t executed;
  std::uint8_t* local; // of lane 0; the other lanes follow
  std::uint8_t* local_written;
  const Launch* launch;
  Shared* shared;
  Counts* counts;
  const Allocation* recent; // where the last global access was

  // The 32 values of an operand.
  template <class T> T* at(std::uint32_t operand) const {
    return reinterpret_cast<T*>(base[operand >> 31] + (operand & 0x7fffffff));
  }

  std::uint32_t& predicate(std::uint32_t operand) const { return *at<std::uint32_t>(operand); }
};

inline bool has(std::uint32_t mask, int lane) { return mask >> lane & 1; }

} // namespace simulator
