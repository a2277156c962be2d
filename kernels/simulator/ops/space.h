// Addresses of the lanes of a warp, turned into checked host addresses.
#pragma once

#include "lanes.h"

namespace simulator {

// The space of an address, which in the generic one its window says; takes the window away.
Space space_of(const Instr& instr, u64& address);

// The addresses of the active lanes; the others' are 0.
struct Addresses {
  u64 lane[LANES];

  Addresses(const Warp& warp, const Instr& instr);
};

// Throws if an active lane's address is not a multiple of the size.
void require_aligned(const Warp& warp, const Addresses& addresses, u32 bytes);

// The host address of one lane's access, checked. Marks written bytes.
u8* resolve(Warp& warp, const Instr& instr, int lane, u64 address, u32 bytes, Access kind);

// Counts what this access of a warp moves: sectors of global, bank conflicts of shared memory.
void count_access(Warp& warp, const Instr& instr, const Addresses& addresses, u32 bytes,
    Access kind);

} // namespace simulator
