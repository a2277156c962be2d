#include "stream.h"

#include "fault.h"

namespace simulator {

void Queue::enqueue(Stream& stream, Work work) {
  work.number = ++count;
  stream.queue.push_back(std::move(work));
}

bool Queue::may_run(const Stream& stream) const {
  const Work& next = stream.queue.front();
  if (next.after && !next.after->done) {
    return false;
  }
  for (const Stream* other : streams) {
    bool ordered = other->context == stream.context && other != &stream
        && ((stream.legacy_default && other->blocking)
            || (stream.blocking && other->legacy_default));
    if (ordered && !other->queue.empty() && other->queue.front().number < next.number) {
      return false;
    }
  }
  return true;
}

bool Queue::step() {
  Stream* chosen = nullptr;
  for (Stream* stream : streams) {
    if (!stream->queue.empty() && may_run(*stream)
        && (chosen == nullptr
            || stream->queue.front().number > chosen->queue.front().number)) {
      chosen = stream;
    }
  }
  if (chosen == nullptr) {
    return false;
  }
  Work work = std::move(chosen->queue.front());
  chosen->queue.pop_front();
  work.run();
  return true;
}

void Queue::run_while(const std::function<bool()>& pending) {
  while (pending()) {
    if (!step()) {
      throw Fault(UNKNOWN, "queued work waits for work that nobody queued");
    }
  }
}

void Queue::finish(const Stream& stream) {
  // The default stream is finished when what it waits for is.
  run_while([&] {
    if (stream.legacy_default) {
      for (const Stream* other : streams) {
        if (other->context == stream.context && other->blocking && !other->queue.empty()) {
          return true;
        }
      }
    }
    return !stream.queue.empty();
  });
}

void Queue::finish(const Context& context) {
  run_while([&] {
    for (const Stream* stream : streams) {
      if (stream->context == &context && !stream->queue.empty()) {
        return true;
      }
    }
    return false;
  });
}

void Queue::finish(const Recording& recording) {
  run_while([&] { return !recording.done; });
}

void Queue::drop(const Context& context) {
  for (Stream* stream : streams) {
    if (stream->context == &context) {
      for (Work& work : stream->queue) {
        if (work.marks) {
          work.marks->done = true;
        }
      }
      stream->queue.clear();
    }
  }
}

bool Queue::uses(const void* host, std::uint64_t bytes) const {
  auto begin = reinterpret_cast<std::uintptr_t>(host);
  for (const Stream* stream : streams) {
    for (const Work& work : stream->queue) {
      auto start = reinterpret_cast<std::uintptr_t>(work.host);
      if (work.host_bytes > 0 && start < begin + bytes && begin < start + work.host_bytes) {
        return true;
      }
    }
  }
  return false;
}

} // namespace simulator
