// Where the elements of a tensor lie, and packed copies of them.
#pragma once

#include "../library/library.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace simulator::dnn {

// Four extents and the distances between neighbours along each, in elements. An extent of 0 says
// that it was never set.
struct Layout {
  std::array<int, 4> extent{};
  std::array<int, 4> stride{};

  std::size_t elements() const;
  // "[2, 3, 4, 5]".
  std::string text() const;

  // Whether the elements of an image, of the last three extents, follow each other in this order.
  bool channels_first() const;
  bool channels_last() const;
  // Whether those of a channel do, of the last two, row by row.
  bool packed_planes() const;

  library::Region region(const char* name, const void* address) const;
};

// A layout without gaps whose last extent is the nearest, or whose second is.
Layout packed(const std::array<int, 4>& extent, bool channels_last = false);

// The elements in the order of their indices.
std::vector<float> gather(const Layout& layout, const float* from);

// to = alpha values + beta to; with beta 0 nothing is read.
void scatter(const Layout& layout, const std::vector<float>& values, float alpha, float beta,
    float* to);

// Reads and writes that on the device: region(...) of this layout.
std::vector<float> load(library::Running& device, const Layout& layout,
    const library::Region& region);
void store(library::Running& device, const Layout& layout, const library::Region& region,
    const std::vector<float>& values, float alpha, float beta);

// Refuses what cannot be written: elements that share a place, or that an input holds too.
void require_output(const Layout& layout, const library::Region& output,
    const std::vector<library::Region>& inputs);

} // namespace simulator::dnn
