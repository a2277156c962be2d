// Streams and events. Work runs late, when somebody waits for it, and in a legal but hostile order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace simulator {

struct Context;

// One recording of an event; outlives the event while a stream waits for it.
struct Recording {
  bool done = false;
  double seconds = 0;
};

struct Event {
  Context* context;
  bool timing;
  std::shared_ptr<Recording> latest; // null before the first recording
};

struct Work {
  std::uint64_t number = 0; // in the order in which it was queued
  std::function<void()> run;
  std::shared_ptr<Recording> after; // must be done first; null for none
  std::shared_ptr<Recording> marks; // is done with it; null for none
  const void* host = nullptr;       // host memory that it reads or writes
  std::uint64_t host_bytes = 0;
};

// What was queued on a stream while it was captured, in order.
struct Graph {
  Context* context;
  std::vector<Work> works;
};

// A graph, ready to be launched.
struct Executable {
  Context* context;
  std::vector<Work> works;
};

struct Stream {
  Context* context;
  bool blocking; // waits for the default stream and it for this
  bool legacy_default;
  unsigned flags;
  int priority;
  std::deque<Work> queue;
  std::unique_ptr<Graph> captured = nullptr; // what it is queued in, while it is captured
  bool spoilt = false;                       // whether the capture cannot be ended well
};

// All streams' work. Of the streams whose next work may run, that one goes first whose next work
// was queued last: what depends on other work without an event between comes too early.
class Queue {
public:
  void add(Stream* stream) { streams.insert(stream); }
  void remove(Stream* stream) { streams.erase(stream); }

  void enqueue(Stream& stream, Work work);

  // Runs one piece of work; false if there is none.
  bool step();

  // Runs until this stream, all streams of this context, or this recording is done.
  void finish(const Stream& stream);
  void finish(const Context& context);
  void finish(const Recording& recording);

  // Drops what a context has queued, after a fault.
  void drop(const Context& context);

  // Whether queued work reads or writes this host memory.
  bool uses(const void* host, std::uint64_t bytes) const;

private:
  bool may_run(const Stream& stream) const;
  void run_while(const std::function<bool()>& pending);

  std::set<Stream*> streams;
  std::uint64_t count = 0;
};

} // namespace simulator
