// Branches, exits, barriers and fences.
#include "lanes.h"

namespace simulator {
namespace {

u32 uniform(const Warp& warp, u32 operand, const char* what) {
  const u32* values = warp.at<u32>(operand);
  u32 first = values[__builtin_ctz(warp.active)];
  for (int lane = 0; lane < LANES; ++lane) {
    if (has(warp.active, lane) && values[lane] != first) {
      throw Fault(LAUNCH_FAILED, std::string("divergent barrier: the ") + what
          + " differs between lanes", lane);
    }
  }
  return first;
}

// Leaves the warp waiting; the block lets it go on when all have come.
template <int FIRST, bool COUNTED> void arrive(Warp& warp, const Instr& instr) {
  Arrival& arrival = warp.arrival;
  arrival.instr = &instr;
  arrival.barrier = uniform(warp, instr.operand[FIRST], "barrier");
  arrival.threads = COUNTED ? uniform(warp, instr.operand[FIRST + 1], "number of threads") : 0;
  if (arrival.barrier > 15) {
    throw Fault(LAUNCH_FAILED, "barrier " + std::to_string(arrival.barrier) + "; there are 16");
  }
  if (COUNTED && (arrival.threads == 0 || arrival.threads % LANES != 0)) {
    throw Fault(LAUNCH_FAILED, "a barrier for " + std::to_string(arrival.threads)
        + " threads, expected a multiple of 32");
  }
  arrival.predicate = 0;
  warp.waiting = true;
}

void arrive_optional(Warp& warp, const Instr& instr) {
  if (instr.width[1] == 0) {
    arrive<0, false>(warp, instr);
  } else {
    arrive<0, true>(warp, instr);
  }
}

// operands: d, barrier, predicate
void vote(Warp& warp, const Instr& instr) {
  arrive<1, false>(warp, instr);
  warp.arrival.predicate = warp.predicate(instr.operand[2]) & warp.active;
}

void trap(Warp&, const Instr&) { throw Fault(LAUNCH_FAILED, "trap"); }

// Everything is seen at once here: one host thread runs a block.
void fence(Warp&, const Instr&) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

void add_row(Table& rows, const std::string& name, Flow flow, const std::string& operands,
    Handler run = nullptr, u8 mode = 0) {
  Fields fields;
  fields.flow = flow;
  fields.mode = mode;
  rows[name] = {run, operands, fields};
}

} // namespace

void add_control(Table& rows) {
  add_row(rows, "bra", Flow::BRANCH, "l");
  add_row(rows, "bra.uni", Flow::BRANCH, "l");
  add_row(rows, "brx.idx", Flow::SWITCH, "s4 lt");
  add_row(rows, "ret", Flow::EXIT, "");
  add_row(rows, "exit", Flow::EXIT, "");
  add_row(rows, "trap", Flow::STEP, "", trap);
  add_row(rows, "bar.sync", Flow::BARRIER, "s4 s4?", arrive_optional);
  add_row(rows, "barrier.sync", Flow::BARRIER, "s4 s4?", arrive_optional);
  add_row(rows, "barrier.sync.aligned", Flow::BARRIER, "s4 s4?", arrive_optional);
  add_row(rows, "bar.red.and.pred", Flow::BARRIER, "dp s4 sp", vote, 1);
  add_row(rows, "bar.red.or.pred", Flow::BARRIER, "dp s4 sp", vote, 2);
  add_row(rows, "bar.red.popc.u32", Flow::BARRIER, "d4 s4 sp", vote, 3);
  for (const char* name : {"membar.cta", "membar.gl", "membar.sys", "fence.acq_rel.cta",
           "fence.acq_rel.gpu", "fence.acq_rel.sys", "fence.sc.cta", "fence.sc.gpu",
           "fence.sc.sys"}) {
    add_row(rows, name, Flow::STEP, "", fence);
  }
}

} // namespace simulator
