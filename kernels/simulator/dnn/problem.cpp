#include "problem.h"

#include <limits>

namespace simulator::dnn {
namespace {

// Extents of the output along one axis; 0 or less if there is none.
long output(long input, long pad, long filter, long stride, long dilation) {
  long room = input + 2 * pad - ((filter - 1) * dilation + 1);
  return room < 0 ? 0 : 1 + room / stride;
}

void require_fit(const Layout& x, const Layout& w, const Convolution& how, const Layout& y) {
  auto refuse_all = [&](const std::string& why) {
    refuse(BAD_PARAM, why + "; got x " + x.text() + ", w " + w.text() + ", y " + y.text()
        + ", padding " + std::to_string(how.pad_h) + " x " + std::to_string(how.pad_w)
        + ", stride " + std::to_string(how.stride_h) + " x " + std::to_string(how.stride_w)
        + ", dilation " + std::to_string(how.dilation_h) + " x " + std::to_string(how.dilation_w)
        + ", groups " + std::to_string(how.groups));
  };
  if (long(w.extent[1]) * how.groups != x.extent[1]) {
    refuse_all("w's channels times groups are not x's channels");
  }
  if (w.extent[0] % how.groups != 0) {
    refuse_all("the filters are no multiple of the groups");
  }
  long p = output(x.extent[2], how.pad_h, w.extent[2], how.stride_h, how.dilation_h);
  long q = output(x.extent[3], how.pad_w, w.extent[3], how.stride_w, how.dilation_w);
  if (p <= 0 || q <= 0) {
    refuse_all("the filter is larger than the padded image");
  }
  std::array<long, 4> expected{x.extent[0], w.extent[0], p, q};
  if (!std::equal(expected.begin(), expected.end(), y.extent.begin())) {
    refuse_all("y should be [" + std::to_string(expected[0]) + ", " + std::to_string(expected[1])
        + ", " + std::to_string(p) + ", " + std::to_string(q) + "]");
  }
}

} // namespace

Problem problem_of(const void* x, const void* w, const void* convolution, const void* y) {
  const Layout& in = tensor_of(x).layout;
  const Filter& filter = filter_of(w);
  const Layout& out = tensor_of(y).layout;
  const Convolution& how = convolution_of(convolution);
  require_fit(in, filter.layout, how, out);
  if (in.extent[2] + 2l * how.pad_h > std::numeric_limits<int>::max()
      || in.extent[3] + 2l * how.pad_w > std::numeric_limits<int>::max()) {
    refuse(UNSUPPORTED, "a padded image of 2^31 rows or columns");
  }
  Extents extents{in.extent[0], in.extent[1], in.extent[2], in.extent[3], out.extent[1],
      filter.layout.extent[2], filter.layout.extent[3], out.extent[2], out.extent[3], how.pad_h,
      how.pad_w, how.stride_h, how.stride_w, how.dilation_h, how.dilation_w, how.groups};
  return {in, filter.layout, out, how, filter.channels_last, extents};
}

} // namespace simulator::dnn
