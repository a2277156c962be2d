// Where the lanes that a branch parts meet again.
#pragma once

#include "program.h"

namespace simulator {

// Sets Instr::join of every branch to its immediate post-dominator: the first instruction that all
// ways from the branch pass; the end of the code if there is none.
void find_joins(Program& program);

} // namespace simulator
