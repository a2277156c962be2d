// Calls that only the simulator has: what went wrong, what it cost, what was not given back.
#include "../exec/table.h"
#include "call.h"

#include <algorithm>
#include <cstring>

namespace simulator {
namespace {

// Copies a text with a zero at its end, cut to the capacity; gives the bytes that all of it needs.
std::size_t deliver(const std::string& text, char* buffer, std::size_t capacity) {
  if (buffer != nullptr && capacity > 0) {
    std::size_t written = std::min(capacity - 1, text.size());
    std::memcpy(buffer, text.data(), written);
    buffer[written] = '\0';
  }
  return text.size() + 1;
}

} // namespace

// The first fault since the start or the last reset; empty if there was none.
DRIVER_CALL std::size_t simulator_first_fault(char* buffer, std::size_t capacity) {
  return deliver(first_fault(), buffer, capacity);
}

// One line of comma-separated values per launch, after a header.
DRIVER_CALL std::size_t simulator_log(char* buffer, std::size_t capacity) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  return deliver(state().log.text(), buffer, capacity);
}

DRIVER_CALL void simulator_log_clear() {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  state().log.clear();
}

// What was not given back, one per line.
DRIVER_CALL std::size_t simulator_leaks(char* buffer, std::size_t capacity) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  return deliver(state().leaks(), buffer, capacity);
}

// The instructions that are known, one spelling per line.
DRIVER_CALL std::size_t simulator_instructions(char* buffer, std::size_t capacity) {
  std::vector<std::string> names;
  for (const auto& row : table()) {
    names.push_back(row.first);
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) {
    text += name + "\n";
  }
  return deliver(text, buffer, capacity);
}

// Makes calls fail, as the environment's SIMULATOR_FAIL does; an empty text ends that.
DRIVER_CALL int simulator_fail(const char* rules) {
  return call("simulator_fail", [&](State&) { inject(rules == nullptr ? "" : rules); }, true);
}

// Forgets faults, failures to come, queued work and the log, and makes spoilt contexts usable.
DRIVER_CALL void simulator_reset() {
  State& s = state();
  std::lock_guard<std::recursive_mutex> lock(s.mutex);
  for (Context& context : s.contexts) {
    s.queue.drop(context);
    context.sticky = SUCCESS;
  }
  forget_faults();
  inject("");
  s.log.clear();
}

} // namespace simulator
