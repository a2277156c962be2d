#include "table.h"

namespace simulator {

const Table& table() {
  static const Table rows = [] {
    Table made;
    add_arithmetic(made);
    add_floating(made);
    add_rounded(made);
    add_approximate(made);
    add_bits(made);
    add_compare(made);
    add_convert(made);
    add_move(made);
    add_memory(made);
    add_atomic(made);
    add_warp(made);
    add_control(made);
    return made;
  }();
  return rows;
}

} // namespace simulator
