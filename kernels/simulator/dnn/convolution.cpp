// The three convolutions: checked when they are called, computed when their stream is waited for.
#include "../library/multiply.h"
#include "algorithms.h"

#include <algorithm>

extern "C" int cuStreamSynchronize(void* stream);

namespace simulator::dnn {
namespace {

using library::Region;
using library::Running;

// What a call is given, by the parts that x, w and y play whatever their names.
struct Operands {
  Region x, w, y;

  Region& result(Pass pass) { return pass == Pass::FORWARD ? y : pass == Pass::DATA ? x : w; }
  std::vector<Region> inputs(Pass pass) const {
    return pass == Pass::FORWARD ? std::vector<Region>{x, w}
        : pass == Pass::DATA     ? std::vector<Region>{w, y}
                                 : std::vector<Region>{x, y};
  }
};

const Layout& result_of(Pass pass, const Problem& problem) {
  return pass == Pass::FORWARD ? problem.y : pass == Pass::DATA ? problem.x : problem.w;
}

Operands operands(Pass pass, const Problem& problem, const void* x, const void* w, const void* y) {
  Operands all{problem.x.region(pass == Pass::DATA ? "dx" : "x", x),
      problem.w.region(pass == Pass::FILTER ? "dw" : "w", w),
      problem.y.region(pass == Pass::FORWARD ? "y" : "dy", y)};
  for (const Region* each : {&all.x, &all.w, &all.y}) {
    require_pointer(reinterpret_cast<const void*>(each->address), each->name.c_str());
  }
  require_output(result_of(pass, problem), all.result(pass), all.inputs(pass));
  return all;
}

Region workspace(const void* address, std::size_t bytes) {
  return {"the workspace", reinterpret_cast<std::uint64_t>(address),
      {{address == nullptr ? 0 : bytes, 1}}, 1};
}

// What the multiplications see: in all modes but FMA, tensor cores may round to TF32.
std::vector<float> input(Running& device, const Problem& problem, const Layout& layout,
    const Region& region) {
  std::vector<float> values = load(device, layout, region);
  if (problem.convolution.math != Math::FMA) {
    std::transform(values.begin(), values.end(), values.begin(), library::to_tf32);
  }
  return values;
}

// Turns each filter by half a circle, where the convolution asks for that.
void turn_filters(const Problem& problem, std::vector<float>& w) {
  if (problem.convolution.flipped) {
    std::size_t size = std::size_t(problem.extents.r) * problem.extents.s;
    for (auto filter = w.begin(); filter != w.end(); filter += size) {
      std::reverse(filter, filter + size);
    }
  }
}

std::vector<float> compute(Running& device, Pass pass, const Problem& problem,
    const Operands& all, Turn turn) {
  const Extents& e = problem.extents;
  std::vector<float> x(e.n * e.input()), w(e.filters()), y(e.n * e.output());
  if (pass != Pass::DATA) {
    x = input(device, problem, problem.x, all.x);
  }
  if (pass != Pass::FILTER) {
    w = input(device, problem, problem.w, all.w);
    turn_filters(problem, w);
  }
  if (pass != Pass::FORWARD) {
    y = input(device, problem, problem.y, all.y);
  }
  switch (pass) {
    case Pass::FORWARD: forward(e, x.data(), w.data(), y.data()); return y;
    case Pass::DATA: backward_data(e, w.data(), y.data(), x.data(), turn); return x;
    default:
      backward_filter(e, x.data(), y.data(), w.data(), turn);
      turn_filters(problem, w);
      return w;
  }
}

// Where sums without an order of their own begin this time.
Turn next_turn() {
  static Turn turns = 0;
  return ++turns;
}

// Spoils workspace, so that whoever keeps something there finds out.
void spoil(Running& device, Region space, std::size_t bytes) {
  if (bytes > 0) {
    space.axes[0].extent = bytes;
    device.scratch(space);
  }
}

void convolve(const char* name, void* handle, Pass pass, const Problem& problem,
    const void* alpha_pointer, const void* x, const void* w, int number, const void* space_address,
    std::size_t space_bytes, const void* beta_pointer, const void* y) {
  Handle& owner = handle_of(handle);
  float alpha = factor(alpha_pointer, "alpha"), beta = factor(beta_pointer, "beta");
  const Algorithm& algorithm = algorithm_of(pass, number);
  Operands all = operands(pass, problem, x, w, y);
  std::string cannot = obstacle(algorithm, pass, problem);
  if (!cannot.empty()) {
    refuse(UNSUPPORTED, "algorithm " + std::to_string(number) + ": " + cannot);
  }
  std::size_t needed = workspace_bytes(algorithm, problem);
  Region space = workspace(space_address, space_bytes);
  if (needed > space.span()) {
    refuse(BAD_PARAM, "algorithm " + std::to_string(number) + " needs a workspace of "
        + std::to_string(needed) + " bytes, got " + std::to_string(space.span()));
  }
  for (const Region& used : {all.x, all.w, all.y}) {
    if (needed > 0 && space.overlaps(used)) {
      refuse(BAD_PARAM, "the workspace overlaps " + used.name);
    }
  }
  fail_if_asked();
  Turn turn = algorithm.deterministic ? 0 : next_turn();
  library::queue(name, owner.stream, {all.x, all.w, all.y, space}, [=](Running& device) mutable {
    spoil(device, space, needed);
    std::vector<float> values = compute(device, pass, problem, all, turn);
    store(device, result_of(pass, problem), all.result(pass), values, alpha, beta);
  });
}

// Tries each algorithm, as the real one does, which leaves nothing of the result and workspace. The
// times are made up in proportion to the work, so that choices repeat.
void find(const char* name, void* handle, Pass pass, const Problem& problem, const void* x,
    const void* w, const void* y, int requested, int* count, void* to, const void* space_address,
    std::size_t space_bytes) {
  Handle& owner = handle_of(handle);
  Operands all = operands(pass, problem, x, w, y);
  Region space = workspace(space_address, space_bytes);
  fail_if_asked();
  std::vector<Performance> results = performances(pass, problem);
  float share = 0.9f, products = static_cast<float>(problem.extents.n)
      * static_cast<float>(problem.extents.output() * problem.extents.taps());
  for (Performance& result : results) {
    if (result.status == DONE && result.memory > space.span()) {
      result.status = ALLOC_FAILED;
    } else if (result.status == DONE) {
      result.milliseconds = products * 1e-9f * (share += 0.1f);
    }
  }
  std::stable_partition(results.begin(), results.end(),
      [](const Performance& result) { return result.status == DONE; });
  deliver(results, requested, count, to);
  library::queue(name, owner.stream, {all.x, all.w, all.y, space}, [=](Running& device) mutable {
    for (const Region& input : all.inputs(pass)) {
      device.read(input);
    }
    device.scratch(all.result(pass));
    spoil(device, space, space.span());
  });
  if (cuStreamSynchronize(owner.stream) != 0) {
    refuse(EXECUTION_FAILED, "");
  }
}

void workspace_size(void* handle, Pass pass, const Problem& problem, int number,
    std::size_t* bytes) {
  handle_of(handle);
  require_pointer(bytes, "the bytes");
  const Algorithm& algorithm = algorithm_of(pass, number);
  if (!obstacle(algorithm, pass, problem).empty()) {
    refuse(UNSUPPORTED, "");
  }
  *bytes = workspace_bytes(algorithm, problem);
}

void enumerate(void* handle, Pass pass, const Problem& problem, int requested, int* count,
    void* to) {
  handle_of(handle);
  deliver(performances(pass, problem), requested, count, to);
}

} // namespace

LIBRARY_CALL int cudnnGetConvolutionForwardAlgorithm_v7(void* handle, void* x, void* w, void* how,
    void* y, int requested, int* count, void* results) {
  return call("cudnnGetConvolutionForwardAlgorithm_v7", [&] {
    enumerate(handle, Pass::FORWARD, problem_of(x, w, how, y), requested, count, results);
  });
}

LIBRARY_CALL int cudnnGetConvolutionBackwardDataAlgorithm_v7(void* handle, void* w, void* dy,
    void* how, void* dx, int requested, int* count, void* results) {
  return call("cudnnGetConvolutionBackwardDataAlgorithm_v7", [&] {
    enumerate(handle, Pass::DATA, problem_of(dx, w, how, dy), requested, count, results);
  });
}

LIBRARY_CALL int cudnnGetConvolutionBackwardFilterAlgorithm_v7(void* handle, void* x, void* dy,
    void* how, void* dw, int requested, int* count, void* results) {
  return call("cudnnGetConvolutionBackwardFilterAlgorithm_v7", [&] {
    enumerate(handle, Pass::FILTER, problem_of(x, dw, how, dy), requested, count, results);
  });
}

LIBRARY_CALL int cudnnGetConvolutionForwardWorkspaceSize(void* handle, void* x, void* w, void* how,
    void* y, int algorithm, std::size_t* bytes) {
  return call("cudnnGetConvolutionForwardWorkspaceSize", [&] {
    workspace_size(handle, Pass::FORWARD, problem_of(x, w, how, y), algorithm, bytes);
  });
}

LIBRARY_CALL int cudnnGetConvolutionBackwardDataWorkspaceSize(void* handle, void* w, void* dy,
    void* how, void* dx, int algorithm, std::size_t* bytes) {
  return call("cudnnGetConvolutionBackwardDataWorkspaceSize", [&] {
    workspace_size(handle, Pass::DATA, problem_of(dx, w, how, dy), algorithm, bytes);
  });
}

LIBRARY_CALL int cudnnGetConvolutionBackwardFilterWorkspaceSize(void* handle, void* x, void* dy,
    void* how, void* dw, int algorithm, std::size_t* bytes) {
  return call("cudnnGetConvolutionBackwardFilterWorkspaceSize", [&] {
    workspace_size(handle, Pass::FILTER, problem_of(x, dw, how, dy), algorithm, bytes);
  });
}

LIBRARY_CALL int cudnnFindConvolutionForwardAlgorithmEx(void* handle, void* x_form, const void* x,
    void* w_form, const void* w, void* how, void* y_form, void* y, int requested, int* count,
    void* results, void* space, std::size_t bytes) {
  const char* name = "cudnnFindConvolutionForwardAlgorithmEx";
  return call(name, [&] {
    find(name, handle, Pass::FORWARD, problem_of(x_form, w_form, how, y_form), x, w, y, requested,
        count, results, space, bytes);
  });
}

LIBRARY_CALL int cudnnFindConvolutionBackwardDataAlgorithmEx(void* handle, void* w_form,
    const void* w, void* dy_form, const void* dy, void* how, void* dx_form, void* dx,
    int requested, int* count, void* results, void* space, std::size_t bytes) {
  const char* name = "cudnnFindConvolutionBackwardDataAlgorithmEx";
  return call(name, [&] {
    find(name, handle, Pass::DATA, problem_of(dx_form, w_form, how, dy_form), dx, w, dy, requested,
        count, results, space, bytes);
  });
}

LIBRARY_CALL int cudnnFindConvolutionBackwardFilterAlgorithmEx(void* handle, void* x_form,
    const void* x, void* dy_form, const void* dy, void* how, void* dw_form, void* dw,
    int requested, int* count, void* results, void* space, std::size_t bytes) {
  const char* name = "cudnnFindConvolutionBackwardFilterAlgorithmEx";
  return call(name, [&] {
    find(name, handle, Pass::FILTER, problem_of(x_form, dw_form, how, dy_form), x, dw, dy,
        requested, count, results, space, bytes);
  });
}

LIBRARY_CALL int cudnnConvolutionForward(void* handle, const void* alpha, void* x_form,
    const void* x, void* w_form, const void* w, void* how, int algorithm, void* space,
    std::size_t bytes, const void* beta, void* y_form, void* y) {
  const char* name = "cudnnConvolutionForward";
  return call(name, [&] {
    convolve(name, handle, Pass::FORWARD, problem_of(x_form, w_form, how, y_form), alpha, x, w,
        algorithm, space, bytes, beta, y);
  });
}

LIBRARY_CALL int cudnnConvolutionBackwardData(void* handle, const void* alpha, void* w_form,
    const void* w, void* dy_form, const void* dy, void* how, int algorithm, void* space,
    std::size_t bytes, const void* beta, void* dx_form, void* dx) {
  const char* name = "cudnnConvolutionBackwardData";
  return call(name, [&] {
    convolve(name, handle, Pass::DATA, problem_of(dx_form, w_form, how, dy_form), alpha, dx, w,
        algorithm, space, bytes, beta, dy);
  });
}

LIBRARY_CALL int cudnnConvolutionBackwardFilter(void* handle, const void* alpha, void* x_form,
    const void* x, void* dy_form, const void* dy, void* how, int algorithm, void* space,
    std::size_t bytes, const void* beta, void* dw_form, void* dw) {
  const char* name = "cudnnConvolutionBackwardFilter";
  return call(name, [&] {
    convolve(name, handle, Pass::FILTER, problem_of(x_form, dw_form, how, dy_form), alpha, x, dw,
        algorithm, space, bytes, beta, dy);
  });
}

} // namespace simulator::dnn
