// Everything that the driver knows: contexts, modules, streams, memory.
#pragma once

#include "fault.h"
#include "log.h"
#include "memory.h"
#include "stream.h"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace simulator {

struct Module;

struct Function {
  Module* module;
  Program program;
  std::uint32_t dynamic_limit; // bytes of shared memory; cuFuncSetAttribute raises it
};

struct Module {
  Context* context;
  std::map<std::string, Symbol> symbols;
  std::map<std::string, std::unique_ptr<Function>> functions;
};

// The primary context of a device; there are no others.
struct Context {
  int device;
  int references = 0;
  Status sticky = SUCCESS; // what a fault left behind
  std::unique_ptr<Stream> legacy, per_thread;
};

struct State {
  // Calls come from any thread; one at a time runs.
  std::recursive_mutex mutex;
  bool initialized = false;
  Memory memory;
  Queue queue;
  Log log;
  std::deque<Context> contexts; // one per device
  std::set<std::unique_ptr<Stream>> streams;
  std::set<std::unique_ptr<Event>> events;
  std::set<std::unique_ptr<Module>> modules;
  std::set<std::unique_ptr<Graph>> graphs;
  std::set<std::unique_ptr<Executable>> executables;
  long graph_launches = 0;
  std::map<void*, std::uint64_t> pinned; // page-locked host memory and its size
  std::map<std::string, long> owned;     // what other libraries made, by kind
  unsigned host_threads;
  std::uint64_t instruction_limit; // per warp

  State();

  // What was not given back, one per line; empty if nothing.
  std::string leaks() const;

  // Gives back what belongs to a context.
  void destroy(Context& context);
  void destroy(const Module* module);
  void release(const Module& module); // its variables
};

// Never destroyed: a thread may still call while the process ends.
State& state();

// The contexts that this thread has pushed; the last is current.
std::vector<Context*>& context_stack();

} // namespace simulator
