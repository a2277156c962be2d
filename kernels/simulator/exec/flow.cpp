#include "flow.h"

#include <algorithm>

namespace simulator {
namespace {

// Basic blocks, the last of which stands for the end, and their post-dominators after Cooper,
// Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", on the reversed graph.
struct Graph {
  const std::vector<Instr>& code;
  std::vector<std::uint32_t> starts;               // first instruction of each block
  std::vector<std::vector<std::uint32_t>> after, before; // successors, predecessors
  std::vector<std::uint32_t> order;                // postorder number in the reversed graph
  std::vector<std::uint32_t> dominator;

  static bool ends_block(const Instr& instr) {
    Flow flow = instr.fields.flow;
    return flow == Flow::BRANCH || flow == Flow::SWITCH || flow == Flow::EXIT;
  }

  std::uint32_t block_of(std::uint32_t pc) const {
    return static_cast<std::uint32_t>(
        std::upper_bound(starts.begin(), starts.end(), pc) - starts.begin() - 1);
  }

  void find_blocks() {
    starts = {0, static_cast<std::uint32_t>(code.size())};
    for (std::uint32_t pc = 0; pc < code.size(); ++pc) {
      if (ends_block(code[pc])) {
        starts.push_back(pc + 1);
      }
      if (code[pc].fields.flow == Flow::BRANCH) {
        starts.push_back(code[pc].target);
      }
      starts.insert(starts.end(), code[pc].targets.begin(), code[pc].targets.end());
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  }

  void connect() {
    std::uint32_t end = static_cast<std::uint32_t>(starts.size() - 1);
    after.resize(starts.size());
    before.resize(starts.size());
    for (std::uint32_t b = 0; b < end; ++b) {
      const Instr& last = code[starts[b + 1] - 1];
      Flow flow = last.fields.flow;
      if (flow == Flow::BRANCH) {
        after[b].push_back(block_of(last.target));
      }
      for (std::uint32_t target : last.targets) {
        after[b].push_back(block_of(target));
      }
      // Lanes that exit under a guard are gone for good: the rest need not wait for them.
      if (flow == Flow::EXIT && !last.guarded) {
        after[b].push_back(end);
      } else if (!ends_block(last) || last.guarded) {
        after[b].push_back(b + 1);
      }
      for (std::uint32_t next : after[b]) {
        before[next].push_back(b);
      }
    }
  }

  // A loop that is left by such exits alone has no other way to the end.
  void connect_endless(const std::vector<std::uint8_t>& reaches_end) {
    std::uint32_t end = static_cast<std::uint32_t>(starts.size() - 1);
    for (std::uint32_t b = 0; b < end; ++b) {
      if (!reaches_end[b] && code[starts[b + 1] - 1].fields.flow == Flow::EXIT) {
        after[b].push_back(end);
        before[end].push_back(b);
      }
    }
  }

  // Says which blocks a way leads to the end from.
  std::vector<std::uint8_t> number(std::vector<std::uint32_t>& sequence) {
    std::uint32_t end = static_cast<std::uint32_t>(starts.size() - 1);
    std::vector<std::uint8_t> seen(starts.size());
    std::vector<std::pair<std::uint32_t, std::size_t>> open{{end, 0}};
    seen[end] = 1;
    while (!open.empty()) {
      auto& [block, child] = open.back();
      if (child == before[block].size()) {
        order[block] = static_cast<std::uint32_t>(sequence.size());
        sequence.push_back(block);
        open.pop_back();
        continue;
      }
      std::uint32_t next = before[block][child++];
      if (!seen[next]) {
        seen[next] = 1;
        open.push_back({next, 0});
      }
    }
    return seen;
  }

  void find_dominators() {
    constexpr std::uint32_t NONE = ~0u;
    std::uint32_t end = static_cast<std::uint32_t>(starts.size() - 1);
    order.assign(starts.size(), 0);
    dominator.assign(starts.size(), NONE);
    std::vector<std::uint32_t> sequence;
    connect_endless(number(sequence));
    sequence.clear();
    number(sequence);
    dominator[end] = end;
    for (bool changed = true; changed;) {
      changed = false;
      for (auto block = sequence.rbegin() + 1; block < sequence.rend(); ++block) {
        std::uint32_t found = NONE;
        for (std::uint32_t next : after[*block]) {
          if (dominator[next] != NONE) {
            found = found == NONE ? next : meet(found, next);
          }
        }
        changed |= dominator[*block] != found;
        dominator[*block] = found;
      }
    }
    // A block from which no way leads to the end, an endless loop, joins nothing.
    std::replace(dominator.begin(), dominator.end(), NONE, end);
  }

  std::uint32_t meet(std::uint32_t a, std::uint32_t b) const {
    while (a != b) {
      while (order[a] < order[b]) {
        a = dominator[a];
      }
      while (order[b] < order[a]) {
        b = dominator[b];
      }
    }
    return a;
  }
};

} // namespace

void find_joins(Program& program) {
  Graph graph{program.code, {}, {}, {}, {}, {}};
  graph.find_blocks();
  graph.connect();
  graph.find_dominators();
  for (std::uint32_t pc = 0; pc < program.code.size(); ++pc) {
    Instr& instr = program.code[pc];
    if (instr.fields.flow == Flow::BRANCH || instr.fields.flow == Flow::SWITCH) {
      instr.join = graph.starts[graph.dominator[graph.block_of(pc)]];
    }
  }
}

} // namespace simulator
