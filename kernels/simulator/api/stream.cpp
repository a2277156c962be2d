// Streams and events.
#include "call.h"

#include <algorithm>
#include <chrono>

namespace simulator {
namespace {

constexpr unsigned NON_BLOCKING = 1, DISABLE_TIMING = 2;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void create_stream(State& s, void** handle, unsigned flags, int priority) {
  require_pointer(handle, "the stream");
  Context& context = current_context();
  if ((flags & ~NON_BLOCKING) != 0) {
    throw Fault(INVALID_VALUE, "unknown flags " + hex(flags));
  }
  bool blocking = (flags & NON_BLOCKING) == 0;
  auto made = std::unique_ptr<Stream>(new Stream{&context, blocking, false, flags, priority, {}});
  s.queue.add(made.get());
  *handle = made.get();
  s.streams.insert(std::move(made));
}

template <class T> void erase(std::set<std::unique_ptr<T>>& objects, const T& object) {
  objects.erase(std::find_if(objects.begin(), objects.end(),
      [&](const auto& candidate) { return candidate.get() == &object; }));
}

Recording& recorded(Event& event) {
  if (!event.latest) {
    throw Fault(INVALID_HANDLE, "the event was never recorded");
  }
  return *event.latest;
}

} // namespace

DRIVER_CALL int cuStreamCreate(void** stream, unsigned flags) {
  return call("cuStreamCreate", [&](State& s) { create_stream(s, stream, flags, 0); });
}

DRIVER_CALL int cuStreamCreateWithPriority(void** stream, unsigned flags, int priority) {
  return call("cuStreamCreateWithPriority", [&](State& s) {
    create_stream(s, stream, flags, std::clamp(priority, -5, 0));
  });
}

DRIVER_CALL int cuStreamGetPriority(void* stream, int* priority) {
  return call("cuStreamGetPriority", [&](State& s) {
    require_pointer(priority, "the priority");
    *priority = stream_of(s, stream).priority;
  });
}

DRIVER_CALL int cuStreamGetFlags(void* stream, unsigned* flags) {
  return call("cuStreamGetFlags", [&](State& s) {
    require_pointer(flags, "the flags");
    *flags = stream_of(s, stream).flags;
  });
}

DRIVER_CALL int cuStreamGetCtx(void* stream, void** context) {
  return call("cuStreamGetCtx", [&](State& s) {
    require_pointer(context, "the context");
    *context = stream_of(s, stream).context;
  });
}

DRIVER_CALL int cuStreamDestroy_v2(void* handle) {
  return call("cuStreamDestroy", [&](State& s) {
    Stream& stream = stream_of(s, handle);
    if (&stream == stream.context->legacy.get() || &stream == stream.context->per_thread.get()) {
      throw Fault(INVALID_HANDLE, "the default streams cannot be destroyed");
    }
    require_uncaptured(s, stream);
    // Its work is done, whenever that be; here at once.
    s.queue.finish(stream);
    s.queue.remove(&stream);
    erase(s.streams, stream);
  });
}

DRIVER_CALL int cuStreamSynchronize(void* handle) {
  return call("cuStreamSynchronize", [&](State& s) {
    Stream& stream = stream_of(s, handle);
    finish(s, stream, *stream.context);
  });
}

// Each question lets one piece of work run, so that who asks again and again comes to an end.
DRIVER_CALL int cuStreamQuery(void* handle) {
  return call("cuStreamQuery", [&](State& s) {
    Stream& stream = stream_of(s, handle);
    require_uncaptured(s, stream);
    if (!stream.queue.empty()) {
      s.queue.step();
      require_sound(*stream.context);
      throw Answer{NOT_READY};
    }
  });
}

DRIVER_CALL int cuStreamWaitEvent(void* handle, void* event_handle, unsigned) {
  return call("cuStreamWaitEvent", [&](State& s) {
    Stream& stream = stream_of(s, handle);
    Event& event = event_of(s, event_handle);
    if (event.latest && !event.latest->done) {
      Work work;
      work.after = event.latest;
      work.run = [] {};
      enqueue(s, stream, std::move(work));
    }
  });
}

DRIVER_CALL int cuEventCreate(void** handle, unsigned flags) {
  return call("cuEventCreate", [&](State& s) {
    require_pointer(handle, "the event");
    Context& context = current_context();
    bool timing = (flags & DISABLE_TIMING) == 0;
    auto made = std::unique_ptr<Event>(new Event{&context, timing, nullptr});
    *handle = made.get();
    s.events.insert(std::move(made));
  });
}

DRIVER_CALL int cuEventDestroy_v2(void* handle) {
  return call("cuEventDestroy", [&](State& s) { erase(s.events, event_of(s, handle)); });
}

DRIVER_CALL int cuEventRecord(void* handle, void* stream) {
  return call("cuEventRecord", [&](State& s) {
    Event& event = event_of(s, handle);
    Stream& target = stream_of(s, stream);
    auto recording = std::make_shared<Recording>();
    Work work;
    work.marks = recording;
    work.run = [recording] {
      recording->done = true;
      recording->seconds = now();
    };
    enqueue(s, target, std::move(work));
    event.latest = recording;
  });
}

DRIVER_CALL int cuEventQuery(void* handle) {
  return call("cuEventQuery", [&](State& s) {
    Event& event = event_of(s, handle);
    if (event.latest && !event.latest->done) {
      s.queue.step();
      require_sound(*event.context);
      throw Answer{NOT_READY};
    }
  });
}

DRIVER_CALL int cuEventSynchronize(void* handle) {
  return call("cuEventSynchronize", [&](State& s) {
    Event& event = event_of(s, handle);
    if (event.latest) {
      finish(s, *event.latest, *event.context);
    }
  });
}

DRIVER_CALL int cuEventElapsedTime(float* milliseconds, void* start, void* end) {
  return call("cuEventElapsedTime", [&](State& s) {
    require_pointer(milliseconds, "the time");
    Event &first = event_of(s, start), &last = event_of(s, end);
    if (!first.timing || !last.timing) {
      throw Fault(INVALID_HANDLE, "an event was made without timing");
    }
    if (!recorded(first).done || !recorded(last).done) {
      throw Answer{NOT_READY};
    }
    *milliseconds = static_cast<float>((last.latest->seconds - first.latest->seconds) * 1e3);
  });
}

} // namespace simulator
