#include "call.h"

#include <algorithm>

namespace simulator {
namespace {

template <class T>
T& object(const std::set<std::unique_ptr<T>>& objects, void* handle, const char* kind) {
  for (const auto& candidate : objects) {
    if (candidate.get() == handle) {
      if (candidate->context != &current_context()) {
        throw Fault(INVALID_CONTEXT, std::string("wrong context: the ") + kind + " is of device "
            + std::to_string(candidate->context->device) + ", current is device "
            + std::to_string(current_context().device));
      }
      return *candidate;
    }
  }
  throw Fault(INVALID_HANDLE, std::string("no such ") + kind + ", or it was destroyed");
}

} // namespace

Context& current_context() {
  auto& stack = context_stack();
  if (stack.empty() || stack.back() == nullptr) {
    throw Fault(INVALID_CONTEXT, "missing context: none is current on this thread");
  }
  Context& context = *stack.back();
  if (context.references == 0) {
    throw Fault(CONTEXT_IS_DESTROYED, "the current context was released");
  }
  require_sound(context);
  return context;
}

void require_sound(const Context& context) {
  if (context.sticky != SUCCESS) {
    throw Answer{context.sticky};
  }
}

Stream& stream_of(State& s, void* handle) {
  auto number = reinterpret_cast<std::uintptr_t>(handle);
  if (number <= 1) {
    return *current_context().legacy;
  }
  return number == 2 ? *current_context().per_thread : object(s.streams, handle, "stream");
}

Event& event_of(State& s, void* handle) { return object(s.events, handle, "event"); }

Module& module_of(State& s, void* handle) { return object(s.modules, handle, "module"); }

Graph& graph_of(State& s, void* handle) { return object(s.graphs, handle, "graph"); }

Executable& executable_of(State& s, void* handle) {
  return object(s.executables, handle, "executable graph");
}

Function& function_of(State& s, void* handle) {
  for (const auto& module : s.modules) {
    for (const auto& entry : module->functions) {
      if (entry.second.get() == handle) {
        module_of(s, module.get());
        return *entry.second;
      }
    }
  }
  throw Fault(INVALID_HANDLE, "no such function, or its module was unloaded");
}

Context& context_of(State& s, void* handle) {
  for (Context& context : s.contexts) {
    if (&context == handle) {
      if (context.references == 0) {
        throw Fault(CONTEXT_IS_DESTROYED, "the context was released");
      }
      return context;
    }
  }
  throw Fault(INVALID_CONTEXT, "no such context");
}

int device_of(State& s, int device) {
  if (device < 0 || device >= static_cast<int>(s.contexts.size())) {
    throw Fault(INVALID_DEVICE, "device " + std::to_string(device) + " of "
        + std::to_string(s.contexts.size()));
  }
  return device;
}

void require_uncaptured(State&, Stream& stream) {
  if (stream.captured) {
    stream.spoilt = true;
    throw Fault(STREAM_CAPTURE_UNSUPPORTED, "the stream is captured: nothing on it can be waited for");
  }
}

void require_uncaptured(State& s, const Context& context) {
  for (const auto& stream : s.streams) {
    if (stream->context == &context) {
      require_uncaptured(s, *stream);
    }
  }
}

void require_pointer(const void* pointer, const char* what) {
  if (pointer == nullptr) {
    throw Fault(INVALID_VALUE, std::string("null pointer for ") + what);
  }
}

void fail_if_asked(const char* kind, Status status) {
  if (must_fail(kind)) {
    throw Answer{status};
  }
}

void enqueue(State& s, Stream& stream, Work work) {
  if (stream.captured) {
    if (work.after || work.marks) {
      stream.spoilt = true;
      throw Fault(NOT_SUPPORTED, "events in a captured stream are not known to the simulator");
    }
    stream.captured->works.push_back(std::move(work));
    return;
  }
  Context* context = stream.context;
  work.run = [&s, context, run = std::move(work.run)] {
    try {
      run();
    } catch (const Fault& fault) {
      report(fault.what());
      context->sticky = fault.status;
      s.queue.drop(*context);
    }
  };
  s.queue.enqueue(stream, std::move(work));
}

} // namespace simulator
