#include "fault.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>

namespace simulator {
namespace {

struct Rule {
  long at = 0; // counting from 1; 0 for never
  bool onward = false;
  long seen = 0;
};

std::mutex mutex;
std::string first;
std::map<std::string, Rule> rules;
bool read_environment = false;

std::map<std::string, Rule> parse(const std::string& text) {
  std::map<std::string, Rule> result{
      {"alloc", {}}, {"host", {}}, {"copy", {}}, {"launch", {}}, {"kernel", {}}, {"graph", {}},
      {"blas", {}}, {"dnn", {}}};
  std::istringstream parts(text);
  std::string part;
  while (std::getline(parts, part, ',')) {
    auto colon = part.find(':');
    auto rule = result.find(part.substr(0, colon));
    char* end = nullptr;
    long at = colon == std::string::npos ? 0 : std::strtol(part.c_str() + colon + 1, &end, 10);
    bool onward = end != nullptr && *end == '+';
    if (rule == result.end() || at < 1 || end[onward] != '\0') {
      throw Fault(INVALID_VALUE, "cannot read the failure '" + part
          + "'; expected alloc, host, copy, launch, kernel, graph, blas or dnn, a colon, a number, "
            "perhaps a +");
    }
    rule->second.at = at;
    rule->second.onward = onward;
  }
  return result;
}

} // namespace

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

void report(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex);
  std::fprintf(stderr, "simulated device: %s\n", text.c_str());
  if (first.empty()) {
    first = text;
  }
}

std::string first_fault() {
  std::lock_guard<std::mutex> lock(mutex);
  return first;
}

void forget_faults() {
  std::lock_guard<std::mutex> lock(mutex);
  first.clear();
}

void inject(const std::string& text) {
  auto parsed = parse(text);
  std::lock_guard<std::mutex> lock(mutex);
  rules = std::move(parsed);
  read_environment = true;
}

bool must_fail(const std::string& kind) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!read_environment) {
    const char* text = std::getenv("SIMULATOR_FAIL");
    rules = parse(text == nullptr ? "" : text);
    read_environment = true;
  }
  Rule& rule = rules[kind];
  ++rule.seen;
  return rule.at != 0 && (rule.onward ? rule.seen >= rule.at : rule.seen == rule.at);
}

} // namespace simulator
