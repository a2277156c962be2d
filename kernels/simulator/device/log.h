// What was launched, called, copied and filled, and what it cost.
#pragma once

#include "../exec/warp.h"

#include <deque>
#include <string>

namespace simulator {

struct LaunchRecord {
  long number; // counting from 1
  std::string kernel; // or the call
  Dim grid, block;
  std::uint32_t shared_bytes, local_bytes;
  Counts counts;
  double seconds; // of the host; rough
};

class Log {
public:
  void add(LaunchRecord record);
  // A copy or fill that read and wrote so many bytes of device memory.
  void add_transfer(const std::string& call, std::uint64_t read, std::uint64_t written);
  void clear();

  // Comma-separated values with a header line.
  std::string text() const;

private:
  std::deque<LaunchRecord> records; // the newest
  long count = 0;
};

} // namespace simulator
