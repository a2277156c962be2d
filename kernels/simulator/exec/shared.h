// Shared memory of one block, with a memory of who touched each byte and when.
#pragma once

#include <cstdint>
#include <vector>

namespace simulator {

struct Warp;
struct Instr;

enum class Access { READ, WRITE, ATOMIC };

// Two accesses of different threads to one byte, one of them a write and not both atomic, need a
// barrier between them. Each warp has a clock that a barrier advances, and knows of every other
// warp's clock the value that barriers have told it; an access whose clock the other thread's warp
// does not know yet is a race. Inside a warp bar.warp.sync advances the clock; one that names only
// some lanes is taken for one that names all, so a race that only such a barrier leaves is missed;
// so is one with a warp of which other warps have since touched the byte, if barriers of some warps
// ordered those.
class Shared {
public:
  void start_block(std::uint32_t bytes, std::uint32_t warps);
  std::uint32_t size() const { return bytes_used; }

  // The host address of a checked access by one lane; throws Fault.
  std::uint8_t* access(const Warp& warp, int lane, const Instr& instr, std::uint64_t address,
      std::uint32_t bytes, Access kind);

  // A barrier orders what these warps did before it before what they do after it.
  void order(const std::vector<std::uint32_t>& warps);
  void advance(std::uint32_t warp);

private:
  struct Touch {
    std::uint32_t clock = 0;
    std::uint32_t thread = 0;
    int line = 0;
    bool atomic = false;
  };

  struct Touches {
    Touch last, other_thread, other_warp; // than that of the last

    void add(const Touch& now);
  };

  struct Cell {
    Touches writes, reads;
  };

  bool unordered(const Touch& before, std::uint32_t thread, bool atomic) const;
  const Touch* find_unordered(const Touches& before, const Touch& now) const;

  std::vector<std::uint8_t> data;
  std::vector<Cell> cells;
  std::vector<std::vector<std::uint32_t>> clocks; // [w][v]: what warp w knows of warp v's clock
  std::uint32_t bytes_used = 0, first_clock = 1, last_clock = 0;
};

} // namespace simulator
