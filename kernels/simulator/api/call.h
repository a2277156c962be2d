// What all calls of the driver have in common.
#pragma once

#include "../device/state.h"

#include <cstddef>

// Calls are exported under their names in C.
#define DRIVER_CALL extern "C" __attribute__((visibility("default")))

namespace simulator {

// A status without a fault: an answer such as not ready, or a failure that a test asked for.
struct Answer {
  Status status;
};

// Runs the body of a call; gives its status.
template <class Body> int call(const char* name, Body body, bool before_initialization = false) {
  State& s = state();
  std::lock_guard<std::recursive_mutex> lock(s.mutex);
  try {
    if (!s.initialized && !before_initialization) {
      throw Fault(NOT_INITIALIZED, "cuInit was not called");
    }
    body(s);
    return SUCCESS;
  } catch (const Answer& answer) {
    return answer.status;
  } catch (const Fault& fault) {
    if (fault.status != OUT_OF_MEMORY) {
      report(std::string(name) + ": " + fault.what());
    }
    return fault.status;
  }
}

// The context of this thread; throws if there is none, it is gone, or a fault has spoilt it.
Context& current_context();

// The object behind a handle, checked to be alive and of the current context.
Stream& stream_of(State& s, void* handle);
Event& event_of(State& s, void* handle);
Module& module_of(State& s, void* handle);
Function& function_of(State& s, void* handle);
Context& context_of(State& s, void* handle);
Graph& graph_of(State& s, void* handle);
Executable& executable_of(State& s, void* handle);
int device_of(State& s, int device);

// Throws if a result has nowhere to go.
void require_pointer(const void* pointer, const char* what);

// Throws what a fault left behind in the context.
void require_sound(const Context& context);

// Throws if a stream is captured, or some stream of a context: what waits for it, or looks whether
// it is done, ends the capture, and so does what the driver does only between captures.
void require_uncaptured(State& s, Stream& stream);
void require_uncaptured(State& s, const Context& context);
inline void require_uncaptured(State&, const Recording&) {}

// Runs queued work until all of the stream, context or recording is done; throws what a fault in
// the context has left behind.
template <class What> void finish(State& s, What& what, const Context& context) {
  require_uncaptured(s, what);
  s.queue.finish(what);
  require_sound(context);
}

void fail_if_asked(const char* kind, Status status);

// Queues work of a stream, whose faults spoil its context; or adds it to what is captured.
void enqueue(State& s, Stream& stream, Work work);

} // namespace simulator
