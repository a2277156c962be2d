#include "log.h"

#include <sstream>

namespace simulator {
namespace {

constexpr std::size_t KEPT = 1 << 16;
constexpr std::uint64_t SECTOR = 32;

} // namespace

void Log::add(LaunchRecord record) {
  record.number = ++count;
  record.graph = graph;
  records.push_back(std::move(record));
  if (records.size() > KEPT) {
    records.pop_front();
  }
}

void Log::add_transfer(const std::string& call, std::uint64_t read, std::uint64_t written) {
  Counts counts;
  counts.bytes_loaded = read;
  counts.bytes_stored = written;
  counts.sectors_loaded = (read + SECTOR - 1) / SECTOR;
  counts.sectors_stored = (written + SECTOR - 1) / SECTOR;
  counts.distinct = {read, written};
  add({0, call, {}, {}, 0, 0, counts, 0});
}

void Log::clear() {
  records.clear();
  count = 0;
}

std::string Log::text() const {
  std::ostringstream out;
  out << "launch,kernel,grid_x,grid_y,grid_z,block_x,block_y,block_z,shared_bytes,local_bytes,"
         "thread_instructions,warp_instructions,bytes_loaded,bytes_stored,sectors_loaded,"
         "sectors_stored,atomics,shared_accesses,bank_conflicts,branches,divergent_branches,"
         "barriers,distinct_loaded,distinct_stored,graph,seconds\n";
  for (const LaunchRecord& r : records) {
    const Counts& c = r.counts;
    out << r.number << ',' << r.kernel << ',' << r.grid.x << ',' << r.grid.y << ',' << r.grid.z
        << ',' << r.block.x << ',' << r.block.y << ',' << r.block.z << ',' << r.shared_bytes
        << ',' << r.local_bytes << ',' << c.thread_instructions << ',' << c.warp_instructions
        << ',' << c.bytes_loaded << ',' << c.bytes_stored << ',' << c.sectors_loaded << ','
        << c.sectors_stored << ',' << c.atomics << ',' << c.shared_accesses << ','
        << c.bank_conflicts << ',' << c.branches << ',' << c.divergent_branches << ','
        << c.barriers << ',' << c.distinct.loaded << ',' << c.distinct.stored << ','
            << r.graph << ',' << r.seconds << '\n';
  }
  return out.str();
}

} // namespace simulator
