// Graphs: what was queued on one stream while it was captured, launched again as a whole.
#include "call.h"

#include <algorithm>

namespace simulator {
namespace {

constexpr int RELAXED = 2; // of CUstreamCaptureMode
enum CaptureStatus { NONE = 0, ACTIVE = 1, INVALIDATED = 2 };

template <class T> void erase(std::set<std::unique_ptr<T>>& objects, const T& object) {
  objects.erase(std::find_if(objects.begin(), objects.end(),
      [&](const auto& candidate) { return candidate.get() == &object; }));
}

// The work, which says in the log that it is part of a launch of a graph.
Work part(State& s, const Work& work, long launch) {
  Work copy = work;
  copy.run = [&s, launch, run = work.run] {
    struct Part {
      Log& log;
      Part(Log& of, long number) : log(of) { log.set_graph(number); }
      ~Part() { log.set_graph(0); }
    } within(s.log, launch);
    run();
  };
  return copy;
}

} // namespace

DRIVER_CALL int cuStreamBeginCapture_v2(void* handle, int mode) {
  return call("cuStreamBeginCapture", [&](State& s) {
    Stream& stream = stream_of(s, handle);
    fail_if_asked("graph", UNKNOWN);
    if (stream.legacy_default) {
      throw Fault(STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot be captured");
    }
    if (mode != RELAXED) {
      throw Fault(NOT_SUPPORTED, "captures but relaxed ones are not known to the simulator");
    }
    if (stream.captured) {
      throw Fault(ILLEGAL_STATE, "the stream is captured already");
    }
    stream.captured.reset(new Graph{stream.context, {}});
    stream.spoilt = false;
  });
}

DRIVER_CALL int cuStreamEndCapture(void* handle, void** graph) {
  return call("cuStreamEndCapture", [&](State& s) {
    require_pointer(graph, "the graph");
    Stream& stream = stream_of(s, handle);
    if (!stream.captured) {
      throw Fault(ILLEGAL_STATE, "the stream is not captured");
    }
    std::unique_ptr<Graph> captured = std::move(stream.captured);
    *graph = nullptr;
    fail_if_asked("graph", UNKNOWN);
    if (stream.spoilt) {
      throw Answer{STREAM_CAPTURE_INVALIDATED}; // what spoilt it was reported
    }
    *graph = captured.get();
    s.graphs.insert(std::move(captured));
  });
}

DRIVER_CALL int cuStreamIsCapturing(void* handle, int* status) {
  return call("cuStreamIsCapturing", [&](State& s) {
    require_pointer(status, "the status");
    const Stream& stream = stream_of(s, handle);
    *status = !stream.captured ? NONE : stream.spoilt ? INVALIDATED : ACTIVE;
  });
}

DRIVER_CALL int cuGraphInstantiateWithFlags(
    void** executable, void* graph, unsigned long long flags) {
  return call("cuGraphInstantiate", [&](State& s) {
    require_pointer(executable, "the executable graph");
    const Graph& from = graph_of(s, graph);
    fail_if_asked("graph", OUT_OF_MEMORY);
    if (flags != 0) {
      throw Fault(NOT_SUPPORTED, "flags " + hex(flags) + " are not known to the simulator");
    }
    auto made = std::unique_ptr<Executable>(new Executable{from.context, from.works});
    *executable = made.get();
    s.executables.insert(std::move(made));
  });
}

DRIVER_CALL int cuGraphLaunch(void* executable, void* stream) {
  return call("cuGraphLaunch", [&](State& s) {
    const Executable& from = executable_of(s, executable);
    Stream& target = stream_of(s, stream);
    fail_if_asked("graph", UNKNOWN);
    if (target.captured) {
      target.spoilt = true;
      throw Fault(NOT_SUPPORTED, "graphs within graphs are not known to the simulator");
    }
    long launch = ++s.graph_launches;
    for (const Work& work : from.works) {
      enqueue(s, target, part(s, work, launch));
    }
  });
}

DRIVER_CALL int cuGraphExecDestroy(void* executable) {
  return call("cuGraphExecDestroy",
      [&](State& s) { erase(s.executables, executable_of(s, executable)); });
}

DRIVER_CALL int cuGraphDestroy(void* graph) {
  return call("cuGraphDestroy", [&](State& s) { erase(s.graphs, graph_of(s, graph)); });
}

} // namespace simulator
