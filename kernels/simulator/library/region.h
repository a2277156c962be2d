// The runs of neighbouring bytes that a region is made of.
#pragma once

#include "library.h"

#include <algorithm>

namespace simulator {
namespace library {

struct Runs {
  std::uint64_t bytes;     // of each run
  std::vector<Axis> axes;  // of the runs' starts, strides in bytes, the nearest first
};

Runs runs_of(const Region& region);

// Calls f(offset in bytes) for each run's start.
template <class F> void each(const Runs& runs, F f) {
  std::vector<std::uint64_t> index(runs.axes.size());
  std::uint64_t offset = 0;
  for (bool more = runs.bytes > 0; more;) {
    f(offset);
    more = false;
    for (std::size_t i = 0; i < index.size() && !more; ++i) {
      const Axis& axis = runs.axes[i];
      offset += axis.stride;
      more = ++index[i] < axis.extent;
      if (!more) {
        offset -= axis.extent * axis.stride;
        index[i] = 0;
      }
    }
  }
}

} // namespace library
} // namespace simulator
