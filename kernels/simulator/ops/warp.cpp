// What the lanes of a warp tell each other.
#include "lanes.h"

namespace simulator {
namespace {

// Runs once for the active lanes of each mask, which are then the active ones. A mask's lanes must
// all be here, but for those that have exited, and have the same mask.
template <class F> void each_mask(Warp& warp, const Instr& instr, F run) {
  const u32* masks = warp.at<u32>(instr.operand[5]);
  u32 all = warp.active;
  for (u32 left = all; left != 0;) {
    int first = __builtin_ctz(left);
    u32 mask = masks[first], same = 0;
    for (int lane = first; lane < LANES; ++lane) {
      same |= has(left, lane) && masks[lane] == mask ? 1u << lane : 0;
    }
    if ((same & ~mask) != 0) {
      throw Fault(LAUNCH_FAILED, "the lane is not in its own mask " + hex(mask),
          __builtin_ctz(same & ~mask));
    }
    u32 absent = mask & warp.live & ~same;
    if (absent != 0) {
      throw Fault(LAUNCH_FAILED, "divergent: the mask " + hex(mask) + " names lanes "
          + hex(absent) + ", which "
          + ((absent & ~all) != 0 ? "are elsewhere" : "have other masks"), first);
    }
    warp.active = same;
    run();
    left &= ~same;
  }
  warp.active = all;
}

enum Shuffle { UP, DOWN, BUTTERFLY, INDEX };

template <Shuffle KIND> int source(int lane, u32 by, u32 bounds, bool& inside) {
  u32 clamp = bounds & 31, segment = bounds >> 8 & 31, distance = by & 31;
  int low = static_cast<int>(lane & segment);
  int high = static_cast<int>((lane & segment) | (clamp & ~segment));
  int from = KIND == UP ? lane - static_cast<int>(distance)
      : KIND == DOWN ? lane + static_cast<int>(distance)
      : KIND == BUTTERFLY ? lane ^ static_cast<int>(distance)
      : low | static_cast<int>(distance & ~segment);
  inside = KIND == UP ? from >= high : from <= high;
  return inside ? from : lane;
}

// operands: d, p, a, b, c
template <Shuffle KIND> void shuffle(Warp& warp, const Instr& instr) {
  const u32* a = warp.at<u32>(instr.operand[2]);
  const u32* b = warp.at<u32>(instr.operand[3]);
  const u32* c = warp.at<u32>(instr.operand[4]);
  each_mask(warp, instr, [&] {
    u32 results[LANES] = {}, insides = 0;
    for (int lane = 0; lane < LANES; ++lane) {
      if (!has(warp.active, lane)) {
        continue;
      }
      bool inside;
      int from = source<KIND>(lane, b[lane], c[lane], inside);
      if (!has(warp.active, from)) {
        throw Fault(LAUNCH_FAILED, "undefined: reads lane " + std::to_string(from)
            + ", which takes no part", lane);
      }
      results[lane] = a[from];
      insides |= inside ? 1u << lane : 0;
    }
    store(warp, instr.operand[0], results);
    store_predicate(warp, instr.operand[1], insides);
  });
}

enum Vote { EVERY, ANY, UNIFORM };

template <Vote KIND> void vote(Warp& warp, const Instr& instr) {
  each_mask(warp, instr, [&] {
    u32 votes = warp.predicate(instr.operand[1]) & warp.active;
    bool result = KIND == EVERY ? votes == warp.active
        : KIND == ANY ? votes != 0 : votes == 0 || votes == warp.active;
    store_predicate(warp, instr.operand[0], result ? ALL : 0);
  });
}

void fill(Warp& warp, u32 operand, u32 value) {
  u32 results[LANES];
  for (u32& result : results) {
    result = value;
  }
  store(warp, operand, results);
}

void ballot(Warp& warp, const Instr& instr) {
  each_mask(warp, instr, [&] {
    fill(warp, instr.operand[0], warp.predicate(instr.operand[1]) & warp.active);
  });
}

void active_mask(Warp& warp, const Instr& instr) { fill(warp, instr.operand[0], warp.active); }

template <class T> void match_any(Warp& warp, const Instr& instr) {
  const T* values = warp.at<T>(instr.operand[1]);
  each_mask(warp, instr, [&] {
    u32 results[LANES] = {};
    for (int lane = 0; lane < LANES; ++lane) {
      for (int other = 0; other < LANES; ++other) {
        bool same = has(warp.active, other) && values[other] == values[lane];
        results[lane] |= same ? 1u << other : 0;
      }
    }
    store(warp, instr.operand[0], results);
  });
}

// operands: d, p, a
template <class T> void match_all(Warp& warp, const Instr& instr) {
  const T* values = warp.at<T>(instr.operand[2]);
  each_mask(warp, instr, [&] {
    T first = values[__builtin_ctz(warp.active)];
    bool same = true;
    for (int lane = 0; lane < LANES; ++lane) {
      same = same && (!has(warp.active, lane) || values[lane] == first);
    }
    fill(warp, instr.operand[0], same ? warp.active : 0);
    store_predicate(warp, instr.operand[1], same ? ALL : 0);
  });
}

void synchronize(Warp& warp, const Instr& instr) {
  each_mask(warp, instr, [] {});
  warp.shared->advance(warp.id);
}

void add_row(Table& rows, const std::string& name, Handler run, const std::string& operands) {
  Fields fields;
  fields.flow = Flow::MEMBERS;
  rows[name] = {run, operands, fields};
}

} // namespace

void add_warp(Table& rows) {
  add_row(rows, "shfl.sync.up.b32", shuffle<UP>, "d4p s4 s4 s4 mask");
  add_row(rows, "shfl.sync.down.b32", shuffle<DOWN>, "d4p s4 s4 s4 mask");
  add_row(rows, "shfl.sync.bfly.b32", shuffle<BUTTERFLY>, "d4p s4 s4 s4 mask");
  add_row(rows, "shfl.sync.idx.b32", shuffle<INDEX>, "d4p s4 s4 s4 mask");
  add_row(rows, "vote.sync.all.pred", vote<EVERY>, "dp sp mask");
  add_row(rows, "vote.sync.any.pred", vote<ANY>, "dp sp mask");
  add_row(rows, "vote.sync.uni.pred", vote<UNIFORM>, "dp sp mask");
  add_row(rows, "vote.sync.ballot.b32", ballot, "d4 sp mask");
  add_row(rows, "match.any.sync.b32", match_any<u32>, "d4 s4 mask");
  add_row(rows, "match.any.sync.b64", match_any<u64>, "d4 s8 mask");
  add_row(rows, "match.all.sync.b32", match_all<u32>, "d4p s4 mask");
  add_row(rows, "match.all.sync.b64", match_all<u64>, "d4p s8 mask");
  add_row(rows, "bar.warp.sync", synchronize, "mask");
  rows["activemask.b32"] = {active_mask, "d4", {}};
}

} // namespace simulator
