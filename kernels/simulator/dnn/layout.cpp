#include "layout.h"

#include "dnn.h"

namespace simulator::dnn {
namespace {

// Calls f(offset of element) in the order of the indices.
template <class F> void each(const Layout& layout, F f) {
  const auto& extent = layout.extent;
  const auto& stride = layout.stride;
  for (int i = 0; i < extent[0]; ++i) {
    for (int j = 0; j < extent[1]; ++j) {
      for (int k = 0; k < extent[2]; ++k) {
        std::size_t line = std::size_t(i) * stride[0] + std::size_t(j) * stride[1]
            + std::size_t(k) * stride[2];
        for (int l = 0; l < extent[3]; ++l) {
          f(line + std::size_t(l) * stride[3]);
        }
      }
    }
  }
}

bool follow(const Layout& layout, std::initializer_list<int> nearest_first) {
  long expected = 1;
  for (int axis : nearest_first) {
    if (layout.extent[axis] > 1 && layout.stride[axis] != expected) {
      return false;
    }
    expected *= layout.extent[axis];
  }
  return true;
}

} // namespace

std::size_t Layout::elements() const {
  return std::size_t(extent[0]) * extent[1] * extent[2] * extent[3];
}

std::string Layout::text() const {
  std::string result;
  for (int size : extent) {
    result += (result.empty() ? "[" : ", ") + std::to_string(size);
  }
  return result + "]";
}

bool Layout::channels_first() const { return follow(*this, {3, 2, 1}); }

bool Layout::channels_last() const { return follow(*this, {1, 3, 2}); }

bool Layout::packed_planes() const { return follow(*this, {3, 2}); }

library::Region Layout::region(const char* name, const void* address) const {
  library::Region result{name, reinterpret_cast<std::uint64_t>(address), {}};
  for (int axis = 0; axis < 4; ++axis) {
    result.axes.push_back({std::uint64_t(extent[axis]), std::uint64_t(stride[axis])});
  }
  return result;
}

Layout packed(const std::array<int, 4>& extent, bool channels_last) {
  int image = extent[1] * extent[2] * extent[3];
  if (channels_last) {
    return {extent, {image, 1, extent[3] * extent[1], extent[1]}};
  }
  return {extent, {image, extent[2] * extent[3], extent[3], 1}};
}

std::vector<float> gather(const Layout& layout, const float* from) {
  std::vector<float> values;
  values.reserve(layout.elements());
  each(layout, [&](std::size_t offset) { values.push_back(from[offset]); });
  return values;
}

void scatter(const Layout& layout, const std::vector<float>& values, float alpha, float beta,
    float* to) {
  const float* next = values.data();
  each(layout, [&](std::size_t offset) {
    float value = alpha * *next++;
    to[offset] = beta == 0 ? value : value + beta * to[offset];
  });
}

std::vector<float> load(library::Running& device, const Layout& layout,
    const library::Region& region) {
  return gather(layout, device.read<float>(region));
}

void store(library::Running& device, const Layout& layout, const library::Region& region,
    const std::vector<float>& values, float alpha, float beta) {
  if (beta != 0) {
    device.read(region);
  }
  scatter(layout, values, alpha, beta, device.write<float>(region));
}

void require_output(const Layout& layout, const library::Region& output,
    const std::vector<library::Region>& inputs) {
  bool repeated = false;
  for (int axis = 0; axis < 4; ++axis) {
    repeated |= layout.extent[axis] > 1 && layout.stride[axis] == 0;
  }
  if (repeated || !output.distinct()) {
    refuse(BAD_PARAM, output.name + " has elements that share a place");
  }
  for (const library::Region& input : inputs) {
    if (output.overlaps(input)) {
      refuse(BAD_PARAM, output.name + " overlaps " + input.name);
    }
  }
}

} // namespace simulator::dnn
