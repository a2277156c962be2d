#include "shared.h"

#include "warp.h"

#include <algorithm>

namespace simulator {

void Shared::start_block(std::uint32_t bytes, std::uint32_t warps) {
  bytes_used = bytes;
  // Clocks go on from block to block, so what an earlier block did needs no clearing.
  first_clock = last_clock + 1;
  last_clock = first_clock;
  if (data.size() < bytes) {
    data.resize(bytes);
    cells.resize(bytes);
  }
  std::uint32_t poison = POISON;
  for (std::uint32_t i = 0; i < bytes; ++i) {
    data[i] = reinterpret_cast<std::uint8_t*>(&poison)[i % 4];
  }
  clocks.assign(warps, std::vector<std::uint32_t>(warps, first_clock - 1));
  for (std::uint32_t w = 0; w < warps; ++w) {
    clocks[w][w] = first_clock;
  }
}

bool Shared::unordered(const Touch& before, std::uint32_t thread, bool atomic) const {
  if (before.clock < first_clock || before.thread == thread || (before.atomic && atomic)) {
    return false;
  }
  std::uint32_t warp = before.thread / LANES, mine = thread / LANES;
  std::uint32_t known = warp == mine ? clocks[mine][mine] - 1 : clocks[mine][warp];
  return before.clock > known;
}

void Shared::Touches::add(const Touch& now) {
  if (last.thread != now.thread) {
    other_thread = last;
  }
  if (last.thread / LANES != now.thread / LANES) {
    other_warp = last;
  }
  last = now;
}

const Shared::Touch* Shared::find_unordered(const Touches& before, const Touch& now) const {
  for (const Touch* touch : {&before.last, &before.other_thread, &before.other_warp}) {
    if (unordered(*touch, now.thread, now.atomic)) {
      return touch;
    }
  }
  return nullptr;
}

std::uint8_t* Shared::access(const Warp& warp, int lane, const Instr& instr, std::uint64_t address,
    std::uint32_t bytes, Access kind) {
  std::uint64_t offset = address - SHARED_BASE;
  if (offset >= bytes_used || bytes > bytes_used - offset) {
    throw Fault(ILLEGAL_ADDRESS, "out of bounds: " + std::to_string(bytes)
        + " bytes of shared memory at offset " + std::to_string(static_cast<std::int64_t>(offset))
        + "; the block has " + std::to_string(bytes_used), lane);
  }
  std::uint32_t thread = warp.id * LANES + lane;
  Touch now{clocks[warp.id][warp.id], thread, instr.line, kind == Access::ATOMIC};
  auto require_order = [&](const Touches& touches, const char* did, std::uint64_t at) {
    const Touch* before = find_unordered(touches, now);
    if (before != nullptr) {
      throw Fault(LAUNCH_FAILED, "shared race: byte " + std::to_string(at) + " of shared memory, "
          + did + " by thread " + std::to_string(before->thread) + " (PTX line "
          + std::to_string(before->line) + ") and " + (kind == Access::READ ? "read" : "written")
          + " by thread " + std::to_string(thread) + " without a barrier between", lane);
    }
  };
  for (std::uint64_t i = offset; i < offset + bytes; ++i) {
    Cell& cell = cells[i];
    if (kind != Access::WRITE && cell.writes.last.clock < first_clock) {
      throw Fault(LAUNCH_FAILED, "uninitialised read: byte " + std::to_string(i)
          + " of shared memory was never written", lane);
    }
    require_order(cell.writes, "written", i);
    if (kind == Access::READ) {
      cell.reads.add(now);
    } else {
      require_order(cell.reads, "read", i);
      cell.writes.add(now);
    }
  }
  return data.data() + offset;
}

void Shared::order(const std::vector<std::uint32_t>& warps) {
  std::vector<std::uint32_t> joined(clocks.size(), first_clock - 1);
  for (std::uint32_t w : warps) {
    for (std::size_t v = 0; v < clocks.size(); ++v) {
      joined[v] = std::max(joined[v], clocks[w][v]);
    }
  }
  for (std::uint32_t w : warps) {
    clocks[w] = joined;
    advance(w);
  }
}

void Shared::advance(std::uint32_t warp) { last_clock = std::max(last_clock, ++clocks[warp][warp]); }

} // namespace simulator
