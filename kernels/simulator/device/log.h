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
  long graph = 0; // the n-th launch of a graph, which it was part of; 0 if of none
};

class Log {
public:
  void add(LaunchRecord record);
  // A copy or fill that read and wrote so many bytes of device memory.
  void add_transfer(const std::string& call, std::uint64_t read, std::uint64_t written);
  void clear();

  // What is added from now on is part of this launch of a graph; 0 for none.
  void set_graph(long launch) { graph = launch; }

  // Comma-separated values with a header line.
  std::string text() const;

private:
  std::deque<LaunchRecord> records; // the newest
  long count = 0, graph = 0;
};

} // namespace simulator
