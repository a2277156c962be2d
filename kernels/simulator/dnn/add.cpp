// Adding a tensor along the axes in which it has the extent 1, such as a bias [1, c, 1, 1].
#include "dnn.h"

namespace simulator::dnn {
namespace {

// The layout of what is added as c sees it: along an axis of extent 1 it repeats.
Layout spread(const Layout& a, const Layout& c) {
  Layout result = a;
  for (int axis = 0; axis < 4; ++axis) {
    if (a.extent[axis] == 1) {
      result.stride[axis] = 0;
    } else if (a.extent[axis] != c.extent[axis]) {
      refuse(BAD_PARAM, "each extent of A must be 1 or that of C; got A " + a.text() + ", C "
          + c.text());
    }
  }
  result.extent = c.extent;
  return result;
}

} // namespace

// C = alpha A + beta C.
LIBRARY_CALL int cudnnAddTensor(void* handle, const void* alpha_pointer, void* a_form,
    const void* a, const void* beta_pointer, void* c_form, void* c) {
  const char* name = "cudnnAddTensor";
  return call(name, [&] {
    Handle& owner = handle_of(handle);
    float alpha = factor(alpha_pointer, "alpha"), beta = factor(beta_pointer, "beta");
    Layout to = tensor_of(c_form).layout, from = spread(tensor_of(a_form).layout, to);
    require_pointer(a, "A");
    require_pointer(c, "C");
    library::Region source = from.region("A", a), target = to.region("C", c);
    require_output(to, target, {source});
    fail_if_asked();
    library::queue(name, owner.stream, {source, target}, [=](library::Running& device) {
      store(device, to, target, load(device, from, source), alpha, beta);
    });
  });
}

} // namespace simulator::dnn
