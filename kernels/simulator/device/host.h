// Host memory that queued copies read and write, which the program may have freed meanwhile.
#pragma once

#include <cstdint>

namespace simulator {

// Copies and says whether all bytes could be read, or written.
bool read_host(void* to, const void* from, std::uint64_t bytes);
bool write_host(void* to, const void* from, std::uint64_t bytes);

// Tells contents apart.
std::uint64_t hash(const void* data, std::uint64_t bytes);

} // namespace simulator
