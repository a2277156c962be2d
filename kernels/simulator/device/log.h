// What was launched and what it cost.
#pragma once

#include "../exec/warp.h"

#include <deque>
#include <string>

namespace simulator {

struct LaunchRecord {
  long number; // counting from 1
  std::string kernel;
  Dim grid, block;
  std::uint32_t shared_bytes, local_bytes;
  Counts counts;
  double seconds; // of the host; rough
};

class Log {
public:
  void add(LaunchRecord record);
  void clear();

  // Comma-separated values with a header line.
  std::string text() const;

private:
  std::deque<LaunchRecord> records; // the newest
  long count = 0;
};

} // namespace simulator
