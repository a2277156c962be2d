#include "state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace simulator {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') {
    return otherwise;
  }
  char* end;
  std::uint64_t value = std::strtoull(text, &end, 10);
  if (*end != '\0') {
    std::fprintf(stderr, "simulated device: %s=%s is no number\n", name, text);
    std::abort();
  }
  return value;
}

template <class T> void erase_of(std::set<std::unique_ptr<T>>& objects, const Context& context) {
  for (auto at = objects.begin(); at != objects.end();) {
    at = (*at)->context == &context ? objects.erase(at) : std::next(at);
  }
}

__attribute__((destructor)) void at_exit() {
  if (!state().initialized) {
    return;
  }
  std::string leaks = state().leaks();
  if (!leaks.empty()) {
    std::fprintf(stderr, "simulated device: not given back at exit:\n%s", leaks.c_str());
  }
  const char* log = std::getenv("SIMULATOR_LOG");
  if (log != nullptr) {
    std::ofstream(log) << state().log.text();
  }
}

} // namespace

State::State()
    : memory(setting("SIMULATOR_MEMORY", std::uint64_t{8} << 30)),
      host_threads(static_cast<unsigned>(setting(
          "SIMULATOR_THREADS", std::max(1u, std::thread::hardware_concurrency())))),
      instruction_limit(setting("SIMULATOR_LIMIT", 1'000'000'000)) {
  auto devices = static_cast<int>(setting("SIMULATOR_DEVICES", 1));
  for (int device = 0; device < devices; ++device) {
    Context& context = contexts.emplace_back();
    context.device = device;
    context.legacy.reset(new Stream{&context, false, true, 0, 0, {}});
    context.per_thread.reset(new Stream{&context, true, false, 0, 0, {}});
    queue.add(context.legacy.get());
    queue.add(context.per_thread.get());
  }
}

std::string State::leaks() const {
  std::string result;
  for (const Allocation* block : memory.live()) {
    result += block->describe() + "\n";
  }
  for (const auto& entry : pinned) {
    result += "page-locked memory (" + std::to_string(entry.second) + " bytes)\n";
  }
  auto count = [&](std::size_t number, const char* what) {
    if (number > 0) {
      result += std::to_string(number) + " " + what + "\n";
    }
  };
  count(streams.size(), "stream(s)");
  count(events.size(), "event(s)");
  count(modules.size(), "module(s)");
  count(graphs.size(), "graph(s)");
  count(executables.size(), "executable graph(s)");
  for (const auto& entry : owned) {
    count(entry.second, (entry.first + "(s)").c_str());
  }
  for (const Context& context : contexts) {
    if (context.references > 0) {
      result += "primary context of device " + std::to_string(context.device) + ", retained "
          + std::to_string(context.references) + " time(s)\n";
    }
  }
  return result;
}

void State::destroy(const Module* module) {
  auto found = std::find_if(modules.begin(), modules.end(),
      [&](const auto& candidate) { return candidate.get() == module; });
  release(*module);
  modules.erase(found);
}

void State::release(const Module& module) {
  for (const auto& symbol : module.symbols) {
    memory.release(symbol.second.address);
  }
}

void State::destroy(Context& context) {
  std::string lost;
  for (const Allocation* block : memory.live()) {
    if (block->device == context.device) {
      lost += "\n" + block->describe();
    }
  }
  if (!lost.empty()) {
    report("leak: the primary context of device " + std::to_string(context.device)
        + " is released with memory in it:" + lost);
  }
  for (const Allocation* block : memory.live()) {
    if (block->device == context.device) {
      memory.release(block->begin);
    }
  }
  queue.drop(context);
  std::vector<const Module*> gone;
  for (const auto& module : modules) {
    if (module->context == &context) {
      gone.push_back(module.get());
    }
  }
  for (const Module* module : gone) {
    destroy(module);
  }
  for (const auto& stream : streams) {
    if (stream->context == &context) {
      queue.remove(stream.get());
    }
  }
  erase_of(streams, context);
  erase_of(events, context);
  erase_of(graphs, context);
  erase_of(executables, context);
  context.sticky = SUCCESS;
}

State& state() {
  static State* everything = new State;
  return *everything;
}

std::vector<Context*>& context_stack() {
  thread_local std::vector<Context*> stack;
  return stack;
}

} // namespace simulator
