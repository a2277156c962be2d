#include "block.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace simulator {

void Counts::add(const Counts& other) {
  warp_instructions += other.warp_instructions;
  thread_instructions += other.thread_instructions;
  bytes_loaded += other.bytes_loaded;
  bytes_stored += other.bytes_stored;
  sectors_loaded += other.sectors_loaded;
  sectors_stored += other.sectors_stored;
  atomics += other.atomics;
  shared_accesses += other.shared_accesses;
  bank_conflicts += other.bank_conflicts;
  branches += other.branches;
  divergent_branches += other.divergent_branches;
  barriers += other.barriers;
}

namespace {

// What the host threads of one launch share.
struct Progress {
  const Launch& launch;
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  Counts counts;
  std::exception_ptr failure;
  std::uint64_t failed_block = 0;

  void work() {
    BlockRunner runner(launch);
    std::uint64_t blocks = launch.grid.count();
    for (std::uint64_t block; (block = next++) < blocks;) {
      try {
        runner.run(block);
      } catch (...) {
        next = blocks;
        std::lock_guard<std::mutex> lock(mutex);
        if (!failure || block < failed_block) {
          failure = std::current_exception();
          failed_block = block;
        }
      }
    }
    std::lock_guard<std::mutex> lock(mutex);
    counts.add(runner.counted());
  }
};

} // namespace

Counts run_grid(const Launch& launch, unsigned host_threads) {
  Progress progress{launch, {}, {}, {}, {}, 0};
  std::uint64_t useful = std::min<std::uint64_t>(host_threads, launch.grid.count());
  std::vector<std::thread> helpers;
  for (std::uint64_t i = 1; i < useful; ++i) {
    helpers.emplace_back([&] { progress.work(); });
  }
  progress.work();
  for (std::thread& helper : helpers) {
    helper.join();
  }
  if (progress.failure) {
    std::rethrow_exception(progress.failure);
  }
  return progress.counts;
}

} // namespace simulator
