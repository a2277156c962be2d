// Runs the blocks of a launch, one after the other, on one host thread.
#pragma once

#include "warp.h"

#include <memory>

namespace simulator {

class BlockRunner {
public:
  explicit BlockRunner(const Launch& launch);

  // Throws Fault with kernel, block, thread and PTX line in its words.
  void run(std::uint64_t index);

  const Counts& counted() const { return counts; }

private:
  void start(Dim block);
  void set_specials(Warp& warp, Dim block);
  std::uint32_t special(Special which, std::uint32_t warp, int lane, Dim block) const;
  void run_warp(Warp& warp);
  void part(Warp& warp, const Instr& instr, std::uint32_t active);
  void part_switch(Warp& warp, const Instr& instr, std::uint32_t active);
  static void leave(Warp& warp, std::uint32_t lanes);
  static bool hold(Warp& warp);
  static void wait_at(Warp& warp, std::uint32_t join);
  bool release_barriers(Dim block);
  void require_agreement(const Arrival& one, std::uint32_t arrived, Dim block) const;
  void complete(std::uint32_t barrier);
  [[noreturn]] void fail(const Fault& fault, const Warp& warp, Dim block) const;
  [[noreturn]] void deadlock(Dim block) const;

  const Launch& launch;
  const Program& program;
  std::vector<Warp> warps;
  std::vector<std::uint64_t> registers;
  std::vector<std::uint8_t> local, local_written;
  Shared shared;
  Counts counts;
  const Instr* present = nullptr; // for the words of a fault
};

// Runs all blocks on the given number of host threads; throws the Fault of the first block that
// has one.
Counts run_grid(const Launch& launch, unsigned host_threads);

} // namespace simulator
