#include "block.h"

#include <algorithm>

namespace simulator {
namespace {

std::string text(Dim dim) {
  return "(" + std::to_string(dim.x) + "," + std::to_string(dim.y) + "," + std::to_string(dim.z)
      + ")";
}

std::string number(std::uint32_t threads) {
  return threads == 0 ? "all" : std::to_string(threads);
}

// The lanes that the masks of the active lanes name.
std::uint32_t named(const Warp& warp, const Instr& instr) {
  const auto* masks = warp.at<std::uint32_t>(instr.operand[5]);
  std::uint32_t result = 0;
  for (int lane = 0; lane < LANES; ++lane) {
    result |= has(warp.active, lane) ? masks[lane] : 0;
  }
  return result;
}

Dim position(std::uint64_t index, Dim extent) {
  Dim result;
  result.x = static_cast<std::uint32_t>(index % extent.x);
  result.y = static_cast<std::uint32_t>(index / extent.x % extent.y);
  result.z = static_cast<std::uint32_t>(index / extent.x / extent.y);
  return result;
}

} // namespace

BlockRunner::BlockRunner(const Launch& of) : launch(of), program(*of.program) {
  std::uint32_t threads = static_cast<std::uint32_t>(launch.block.count());
  std::uint32_t count = (threads + LANES - 1) / LANES;
  std::size_t words = program.register_bytes / 8;
  registers.assign(words * count, (std::uint64_t{POISON} << 32) | POISON);
  local.resize(std::size_t{count} * LANES * program.local_bytes);
  local_written.resize(local.size());
  warps.resize(count);
  for (std::uint32_t w = 0; w < count; ++w) {
    Warp& warp = warps[w];
    warp.base[0] = reinterpret_cast<std::uint8_t*>(registers.data() + words * w);
    // Handlers write only registers, so the constants stay as they are.
    warp.base[1] = reinterpret_cast<std::uint8_t*>(
        const_cast<std::uint64_t*>(program.constants.data()));
    warp.id = w;
    warp.local = local.data() + std::size_t{w} * LANES * program.local_bytes;
    warp.local_written = local_written.data() + std::size_t{w} * LANES * program.local_bytes;
    warp.launch = &launch;
    warp.shared = &shared;
    warp.counts = &counts;
    warp.recent = nullptr;
  }
}

void BlockRunner::run(std::uint64_t index) {
  Dim block = position(index, launch.grid);
  start(block);
  do {
    for (Warp& warp : warps) {
      if (warp.live != 0 && !warp.waiting) {
        try {
          run_warp(warp);
        } catch (const Fault& fault) {
          fail(fault, warp, block);
        }
      }
    }
  } while (release_barriers(block));
}

void BlockRunner::start(Dim block) {
  std::uint32_t threads = static_cast<std::uint32_t>(launch.block.count());
  shared.start_block(program.dynamic_offset + launch.dynamic_shared,
      static_cast<std::uint32_t>(warps.size()));
  std::fill(local_written.begin(), local_written.end(), std::uint8_t{0});
  for (Warp& warp : warps) {
    std::uint32_t rest = threads - warp.id * LANES;
    warp.live = rest >= LANES ? ALL : (1u << rest) - 1;
    warp.frames.assign(1, {0, static_cast<std::uint32_t>(program.code.size()), warp.live, false});
    warp.waiting = false;
    warp.executed = 0;
    set_specials(warp, block);
  }
}

void BlockRunner::set_specials(Warp& warp, Dim block) {
  for (const auto& entry : program.specials) {
    auto* values = warp.at<std::uint32_t>(entry.second);
    for (int lane = 0; lane < LANES; ++lane) {
      values[lane] = special(entry.first, warp.id, lane, block);
    }
  }
}

std::uint32_t BlockRunner::special(Special which, std::uint32_t warp, int lane, Dim block) const {
  Dim thread = position(std::uint64_t{warp} * LANES + lane, launch.block);
  std::uint32_t bit = 1u << lane;
  switch (which) {
    case Special::TID_X: return thread.x;
    case Special::TID_Y: return thread.y;
    case Special::TID_Z: return thread.z;
    case Special::NTID_X: return launch.block.x;
    case Special::NTID_Y: return launch.block.y;
    case Special::NTID_Z: return launch.block.z;
    case Special::CTAID_X: return block.x;
    case Special::CTAID_Y: return block.y;
    case Special::CTAID_Z: return block.z;
    case Special::NCTAID_X: return launch.grid.x;
    case Special::NCTAID_Y: return launch.grid.y;
    case Special::NCTAID_Z: return launch.grid.z;
    case Special::LANEID: return lane;
    case Special::WARPID: return warp;
    case Special::LANEMASK_EQ: return bit;
    case Special::LANEMASK_LT: return bit - 1;
    case Special::LANEMASK_LE: return bit | (bit - 1);
    case Special::LANEMASK_GT: return ~(bit | (bit - 1));
    case Special::LANEMASK_GE: return ~(bit - 1);
    case Special::DYNAMIC_SHARED: return launch.dynamic_shared;
    case Special::TOTAL_SHARED: return shared.size();
  }
  return 0;
}

void BlockRunner::run_warp(Warp& warp) {
  const Instr* code = program.code.data();
  while (!warp.frames.empty()) {
    Frame& top = warp.frames.back();
    if (top.pc == top.join || top.mask == 0) {
      warp.frames.pop_back();
      continue;
    }
    const Instr& instr = code[top.pc];
    present = &instr;
    std::uint32_t active = top.mask;
    if (instr.guarded) {
      std::uint32_t guard = warp.predicate(instr.guard);
      active &= instr.negated ? ~guard : guard;
    }
    ++counts.warp_instructions;
    counts.thread_instructions += __builtin_popcount(active);
    if (++warp.executed > launch.limit) {
      throw Fault(LAUNCH_TIMEOUT, "does not end: a warp ran " + std::to_string(launch.limit)
          + " instructions");
    }
    warp.active = active;
    switch (instr.fields.flow) {
      case Flow::STEP:
        if (active != 0) {
          instr.run(warp, instr);
        }
        ++top.pc;
        break;
      case Flow::BRANCH:
        part(warp, instr, active);
        break;
      case Flow::SWITCH:
        part_switch(warp, instr, active);
        break;
      case Flow::EXIT:
        ++top.pc;
        leave(warp, active);
        break;
      case Flow::MEMBERS: {
        if (active != 0) {
          if ((named(warp, instr) & warp.live & ~active) != 0 && hold(warp)) {
            break;
          }
          instr.run(warp, instr);
        }
        top.held = false;
        ++top.pc;
        break;
      }
      case Flow::BARRIER:
        if (active == 0) {
          ++top.pc;
          break;
        }
        if (active != warp.live) {
          if (hold(warp)) {
            break;
          }
          throw Fault(LAUNCH_FAILED, "divergent barrier: lanes " + hex(active) + " of "
              + hex(warp.live) + " of the warp are at " + program.spellings[&instr - code]);
        }
        top.held = false;
        ++top.pc;
        ++counts.barriers;
        instr.run(warp, instr);
        if (warp.waiting) {
          return;
        }
        break;
    }
  }
  warp.live = 0;
}

// The top frame stands at a barrier that not all its lanes have reached. Lets the lanes that
// parted from it run first, for they may be about to exit.
bool BlockRunner::hold(Warp& warp) {
  auto top = warp.frames.rbegin();
  auto other = std::find_if(top + 1, warp.frames.rend(),
      [&](const Frame& frame) { return frame.join != top->join || !frame.held; });
  if (other == warp.frames.rend() || other->join != top->join) {
    return false;
  }
  top->held = true;
  std::rotate(top, other, other + 1);
  return true;
}

// Lanes that part where their frame ends anyway need no frame to meet in; so those that stand in a
// row and end alike have no lane in common.
void BlockRunner::wait_at(Warp& warp, std::uint32_t join) {
  if (warp.frames.back().join == join) {
    warp.frames.pop_back();
  } else {
    warp.frames.back().pc = join;
  }
}

void BlockRunner::part(Warp& warp, const Instr& instr, std::uint32_t active) {
  Frame& top = warp.frames.back();
  ++counts.branches;
  std::uint32_t rest = top.mask & ~active;
  if (rest == 0) {
    top.pc = instr.target;
    return;
  }
  if (active == 0) {
    ++top.pc;
    return;
  }
  ++counts.divergent_branches;
  std::uint32_t next = top.pc + 1;
  wait_at(warp, instr.join);
  if (next != instr.join) {
    warp.frames.push_back({next, instr.join, rest, false});
  }
  if (instr.target != instr.join) {
    warp.frames.push_back({instr.target, instr.join, active, false});
  }
}

void BlockRunner::part_switch(Warp& warp, const Instr& instr, std::uint32_t active) {
  Frame& top = warp.frames.back();
  ++counts.branches;
  const auto* index = warp.at<std::uint32_t>(instr.operand[0]);
  std::uint32_t next = top.pc + 1, mask = top.mask;
  wait_at(warp, instr.join);
  std::size_t before = warp.frames.size();
  if ((mask & ~active) != 0 && next != instr.join) {
    warp.frames.push_back({next, instr.join, mask & ~active, false});
  }
  for (std::uint32_t left = active; left != 0;) {
    int lane = __builtin_ctz(left);
    if (index[lane] >= instr.targets.size()) {
      throw Fault(LAUNCH_FAILED, "brx.idx with index " + std::to_string(index[lane]) + " of "
          + std::to_string(instr.targets.size()) + " targets", lane);
    }
    std::uint32_t same = 0;
    for (int other = lane; other < LANES; ++other) {
      same |= has(left, other) && index[other] == index[lane] ? 1u << other : 0;
    }
    left &= ~same;
    if (instr.targets[index[lane]] != instr.join) {
      warp.frames.push_back({instr.targets[index[lane]], instr.join, same, false});
    }
  }
  counts.divergent_branches += warp.frames.size() > before + 1;
}

void BlockRunner::leave(Warp& warp, std::uint32_t lanes) {
  warp.live &= ~lanes;
  for (Frame& frame : warp.frames) {
    frame.mask &= warp.live;
  }
}

bool BlockRunner::release_barriers(Dim block) {
  bool waiting = false, released = false;
  std::uint32_t seen = 0;
  std::uint32_t living = 0;
  for (const Warp& warp : warps) {
    living += warp.live != 0;
  }
  for (const Warp& warp : warps) {
    if (warp.live == 0 || !warp.waiting || has(seen, warp.arrival.barrier)) {
      continue;
    }
    waiting = true;
    std::uint32_t barrier = warp.arrival.barrier;
    seen |= 1u << barrier;
    std::uint32_t arrived = 0;
    for (const Warp& other : warps) {
      arrived += other.live != 0 && other.waiting && other.arrival.barrier == barrier;
    }
    std::uint32_t expected = warp.arrival.threads;
    require_agreement(warp.arrival, arrived, block);
    if (expected == 0 ? arrived == living : arrived * LANES == expected) {
      complete(barrier);
      released = true;
    }
  }
  if (waiting && !released) {
    deadlock(block);
  }
  return released;
}

// Of warps that name different numbers, or are more than they name, chance decides who goes on.
void BlockRunner::require_agreement(const Arrival& one, std::uint32_t arrived, Dim block) const {
  std::string start = "kernel " + program.name + ", block " + text(block) + ": barrier "
      + std::to_string(one.barrier) + " for ";
  for (const Warp& other : warps) {
    if (other.live != 0 && other.waiting && other.arrival.barrier == one.barrier
        && other.arrival.threads != one.threads) {
      throw Fault(LAUNCH_FAILED, start + number(one.threads) + " threads, but warp "
          + std::to_string(other.id) + " waits there for " + number(other.arrival.threads));
    }
  }
  if (one.threads != 0 && arrived * LANES > one.threads) {
    throw Fault(LAUNCH_FAILED, start + number(one.threads) + " threads is reached by "
        + number(arrived * LANES));
  }
}

void BlockRunner::complete(std::uint32_t barrier) {
  std::vector<std::uint32_t> members;
  std::uint32_t votes = 0, voters = 0;
  for (Warp& warp : warps) {
    if (warp.live != 0 && warp.waiting && warp.arrival.barrier == barrier) {
      members.push_back(warp.id);
      votes += __builtin_popcount(warp.arrival.predicate & warp.live);
      voters += __builtin_popcount(warp.live);
    }
  }
  for (std::uint32_t id : members) {
    Warp& warp = warps[id];
    warp.waiting = false;
    const Instr& instr = *warp.arrival.instr;
    switch (instr.fields.mode) {
      case 0: break;
      case 1: warp.predicate(instr.operand[0]) = votes == voters ? ALL : 0; break;
      case 2: warp.predicate(instr.operand[0]) = votes != 0 ? ALL : 0; break;
      default: std::fill_n(warp.at<std::uint32_t>(instr.operand[0]), LANES, votes);
    }
  }
  shared.order(members);
}

void BlockRunner::deadlock(Dim block) const {
  std::string words = "kernel " + program.name + ", block " + text(block)
      + ": barrier never completes: ";
  for (const Warp& warp : warps) {
    if (warp.live != 0 && warp.waiting) {
      words += "warp " + std::to_string(warp.id) + " waits at barrier "
          + std::to_string(warp.arrival.barrier) + " (PTX line "
          + std::to_string(warp.arrival.instr->line) + ")"
          + (warp.arrival.threads == 0 ? std::string()
              : " for " + std::to_string(warp.arrival.threads) + " threads")
          + "; ";
    }
  }
  throw Fault(LAUNCH_FAILED, words.substr(0, words.size() - 2));
}

void BlockRunner::fail(const Fault& fault, const Warp& warp, Dim block) const {
  std::string words = "kernel " + program.name + ", block " + text(block);
  if (fault.lane >= 0) {
    words += ", thread "
        + text(position(std::uint64_t{warp.id} * LANES + fault.lane, launch.block));
  } else {
    words += ", warp " + std::to_string(warp.id);
  }
  words += ", PTX line " + std::to_string(present->line) + " ("
      + program.spellings[present - program.code.data()] + "): " + fault.what();
  throw Fault(fault.status, words, fault.lane);
}

} // namespace simulator
