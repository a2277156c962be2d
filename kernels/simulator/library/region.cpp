#include "region.h"

namespace simulator {
namespace library {

std::uint64_t Region::elements() const {
  std::uint64_t count = 1;
  for (const Axis& axis : axes) {
    count *= axis.extent;
  }
  return count;
}

std::uint64_t Region::span() const {
  if (elements() == 0) {
    return 0;
  }
  std::uint64_t last = 0;
  for (const Axis& axis : axes) {
    last += (axis.extent - 1) * axis.stride;
  }
  return (last + 1) * element;
}

Runs runs_of(const Region& region) {
  Runs result{region.elements() == 0 ? 0 : region.element, {}};
  for (const Axis& axis : region.axes) {
    if (axis.extent > 1 && axis.stride > 0) {
      result.axes.push_back({axis.extent, axis.stride * region.element});
    }
  }
  std::sort(result.axes.begin(), result.axes.end(),
      [](const Axis& a, const Axis& b) { return a.stride < b.stride; });
  std::size_t joined = 0;
  while (joined < result.axes.size() && result.axes[joined].stride == result.bytes) {
    result.bytes *= result.axes[joined++].extent;
  }
  result.axes.erase(result.axes.begin(), result.axes.begin() + joined);
  return result;
}

bool Region::distinct() const {
  Runs runs = runs_of(*this);
  std::uint64_t reach = runs.bytes;
  for (const Axis& axis : runs.axes) {
    if (axis.stride < reach) {
      return false;
    }
    reach += (axis.extent - 1) * axis.stride;
  }
  return true;
}

bool Region::overlaps(const Region& other) const {
  if (address >= other.address + other.span() || other.address >= address + span()) {
    return false;
  }
  Runs mine = runs_of(*this), theirs = runs_of(other);
  std::vector<std::uint64_t> starts;
  each(theirs, [&](std::uint64_t offset) { starts.push_back(other.address + offset); });
  std::sort(starts.begin(), starts.end());
  bool found = false;
  each(mine, [&](std::uint64_t offset) {
    // The last run that begins before the end of this one reaches furthest.
    auto next = std::lower_bound(starts.begin(), starts.end(), address + offset + mine.bytes);
    found |= next != starts.begin() && *std::prev(next) + theirs.bytes > address + offset;
  });
  return found;
}

} // namespace library
} // namespace simulator
