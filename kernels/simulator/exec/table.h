// The instructions that are known: one row per spelling.
#pragma once

#include "program.h"

#include <unordered_map>

namespace simulator {

struct Row {
  Handler run;
  // One word per operand. d is written, s is read: d4 a register of 4 bytes, d+4 one of at least
  // 4, dp a predicate, dpq two predicates p|q, d4p a register and a predicate, dv the values of a
  // load, dl a register or its parts in braces. m is an address, l a label, lt a list of them,
  // mask the lanes that take part. A ? at the end: may be left out.
  std::string operands;
  Fields fields;
};

using Table = std::unordered_map<std::string, Row>;

// All rows.
const Table& table();

// Each family of instructions adds its rows.
void add_arithmetic(Table&);
void add_floating(Table&);
void add_rounded(Table&);
void add_approximate(Table&);
void add_bits(Table&);
void add_compare(Table&);
void add_convert(Table&);
void add_move(Table&);
void add_memory(Table&);
void add_atomic(Table&);
void add_warp(Table&);
void add_control(Table&);

} // namespace simulator
