#include "algorithms.h"

#include <algorithm>

namespace simulator::dnn {
namespace {

constexpr bool YES = true, NO = false;

const std::vector<Algorithm> FORWARD_ALGORITHMS{
    // number, exists, deterministic, stride, dilation, limit, NHWC filters, workspace
    {1, YES, YES, YES, YES, Limit::NONE, YES, Workspace::INDICES},           // IMPLICIT_PRECOMP_GEMM
    {6, YES, YES, NO, NO, Limit::THREE, NO, Workspace::INDICES},             // WINOGRAD
    {0, YES, YES, YES, YES, Limit::NONE, YES, Workspace::NONE},              // IMPLICIT_GEMM
    {7, YES, YES, NO, NO, Limit::THREE_OR_FIVE, NO, Workspace::TRANSFORMED}, // WINOGRAD_NONFUSED
    {2, YES, YES, YES, NO, Limit::NONE, NO, Workspace::COLUMNS},             // GEMM
    {5, YES, YES, NO, NO, Limit::TILES, NO, Workspace::TRANSFORMED},         // FFT_TILING
    {4, YES, YES, NO, NO, Limit::IMAGES, NO, Workspace::TRANSFORMED},        // FFT
    {3, NO, YES, NO, NO, Limit::NONE, NO, Workspace::NONE}};                 // DIRECT

const std::vector<Algorithm> DATA_ALGORITHMS{
    {0, YES, NO, YES, YES, Limit::NONE, YES, Workspace::NONE},               // ALGO_0
    {1, YES, YES, YES, YES, Limit::NONE, YES, Workspace::INDICES},           // ALGO_1
    {4, YES, YES, NO, NO, Limit::THREE, NO, Workspace::INDICES},             // WINOGRAD
    {5, YES, YES, NO, NO, Limit::THREE_OR_FIVE, NO, Workspace::TRANSFORMED}, // WINOGRAD_NONFUSED
    {3, YES, YES, NO, NO, Limit::TILES, NO, Workspace::TRANSFORMED},         // FFT_TILING
    {2, YES, YES, NO, NO, Limit::IMAGES, NO, Workspace::TRANSFORMED}};       // FFT

const std::vector<Algorithm> FILTER_ALGORITHMS{
    {0, YES, NO, YES, YES, Limit::NONE, YES, Workspace::NONE},               // ALGO_0
    {3, YES, NO, YES, NO, Limit::NONE, NO, Workspace::INDICES},              // ALGO_3
    {1, YES, YES, YES, YES, Limit::NONE, YES, Workspace::COLUMNS},           // ALGO_1
    {5, YES, YES, NO, NO, Limit::THREE_OR_FIVE, NO, Workspace::TRANSFORMED}, // WINOGRAD_NONFUSED
    {6, YES, YES, NO, NO, Limit::TILES, NO, Workspace::TRANSFORMED},         // FFT_TILING
    {2, YES, YES, NO, NO, Limit::IMAGES, NO, Workspace::TRANSFORMED},        // FFT
    {4, NO, YES, NO, NO, Limit::NONE, NO, Workspace::NONE}};                 // WINOGRAD

std::string transform_obstacle(const Algorithm& algorithm, const Problem& problem) {
  const Extents& e = problem.extents;
  if (!problem.x.packed_planes() || !problem.y.packed_planes()) {
    return "it knows tensors whose rows and columns are packed";
  }
  if (e.r <= e.pad_h || e.s <= e.pad_w) {
    return "it knows filters that are larger than the padding";
  }
  if (algorithm.limit == Limit::TILES) {
    return std::max(e.r, e.s) <= 32 ? "" : "it knows filters of up to 32 x 32";
  }
  return std::max(e.h + 2 * e.pad_h, e.w + 2 * e.pad_w) <= 256
      ? "" : "it knows padded images of up to 256 x 256";
}

std::string limit_obstacle(const Algorithm& algorithm, const Problem& problem) {
  const Extents& e = problem.extents;
  bool three = e.r == 3 && e.s == 3, five = e.r == 5 && e.s == 5;
  switch (algorithm.limit) {
    case Limit::NONE: return "";
    case Limit::THREE: return three ? "" : "it knows filters of 3 x 3";
    case Limit::THREE_OR_FIVE: return three || five ? "" : "it knows filters of 3 x 3 and 5 x 5";
    default: return transform_obstacle(algorithm, problem);
  }
}

std::string layout_obstacle(const Algorithm& algorithm, Pass pass, const Problem& problem) {
  if (problem.channels_last_filter) {
    if (!algorithm.channels_last_filter) {
      return "it knows filters in NCHW";
    }
    return problem.x.channels_last() && problem.y.channels_last()
        ? "" : "filters in NHWC go with tensors that are packed in NHWC";
  }
  bool packed = problem.y.channels_first() || problem.y.channels_last();
  return pass == Pass::FORWARD || packed ? "" : "dy must be packed within an image";
}

} // namespace

const std::vector<Algorithm>& algorithms(Pass pass) {
  switch (pass) {
    case Pass::FORWARD: return FORWARD_ALGORITHMS;
    case Pass::DATA: return DATA_ALGORITHMS;
    default: return FILTER_ALGORITHMS;
  }
}

const Algorithm& algorithm_of(Pass pass, int number) {
  for (const Algorithm& known : algorithms(pass)) {
    if (known.number == number) {
      return known;
    }
  }
  refuse(BAD_PARAM, "no such algorithm: " + std::to_string(number));
}

std::string obstacle(const Algorithm& algorithm, Pass pass, const Problem& problem) {
  const Extents& e = problem.extents;
  if (!algorithm.exists) {
    return "it was never implemented";
  }
  if (!algorithm.any_stride && (e.stride_h > 1 || e.stride_w > 1)) {
    return "it knows stride 1";
  }
  if (!algorithm.any_dilation && (e.dilation_h > 1 || e.dilation_w > 1)) {
    return "it knows dilation 1";
  }
  std::string limit = limit_obstacle(algorithm, problem);
  return limit.empty() ? layout_obstacle(algorithm, pass, problem) : limit;
}

std::size_t workspace_bytes(const Algorithm& algorithm, const Problem& problem) {
  const Extents& e = problem.extents;
  std::size_t pixels = std::size_t(e.p) * e.q, taps = e.taps();
  switch (algorithm.workspace) {
    case Workspace::INDICES: return 4 * (taps + pixels);
    case Workspace::COLUMNS: return 4 * taps * e.groups * pixels;
    // Tiles of 4 x 4 that overlap by 2, of the image and of the output, and as many of the filters.
    case Workspace::TRANSFORMED:
      return 16 * (e.n * (e.input() + e.output()) + 4 * std::size_t(e.k) * (e.c / e.groups));
    default: return 0;
  }
}

std::vector<Performance> performances(Pass pass, const Problem& problem) {
  std::vector<Performance> results;
  for (const Algorithm& algorithm : algorithms(pass)) {
    bool able = obstacle(algorithm, pass, problem).empty();
    results.push_back({algorithm.number, able ? DONE : UNSUPPORTED, -1,
        able ? workspace_bytes(algorithm, problem) : 0, algorithm.deterministic,
        static_cast<int>(problem.convolution.math), {}});
  }
  std::stable_partition(results.begin(), results.end(),
      [](const Performance& result) { return result.status == DONE; });
  return results;
}

void deliver(const std::vector<Performance>& results, int requested, int* count, void* to) {
  require_pointer(count, "the number of results");
  require_pointer(to, "the results");
  if (requested < 1) {
    refuse(BAD_PARAM, std::to_string(requested) + " results asked for");
  }
  *count = std::min(requested, static_cast<int>(results.size()));
  std::copy_n(results.begin(), *count, static_cast<Performance*>(to));
}

} // namespace simulator::dnn
