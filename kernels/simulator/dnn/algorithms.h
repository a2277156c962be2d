// The algorithms of each pass: what they are named, what they can do, how much workspace they ask
// for. Which there are and what each is limited to is what NVIDIA documents for float32; the bytes
// are of the order that such an algorithm needs. All of them compute by the same loops.
#pragma once

#include "problem.h"

#include <vector>

namespace simulator::dnn {

// What an algorithm can be limited to: filters of 3 x 3; those and 5 x 5; the Fourier transforms of
// tiles or of whole images, which take packed planes and filters larger than the padding.
enum class Limit { NONE, THREE, THREE_OR_FIVE, TILES, IMAGES };

enum class Workspace { NONE, INDICES, COLUMNS, TRANSFORMED };

struct Algorithm {
  int number;
  bool exists; // a number that NVIDIA names and never implemented
  bool deterministic;
  bool any_stride, any_dilation;
  Limit limit;
  bool channels_last_filter; // whether it knows filters of that format
  Workspace workspace;
};

// The fastest first.
const std::vector<Algorithm>& algorithms(Pass pass);

// Refused by BAD_PARAM where there is no such number.
const Algorithm& algorithm_of(Pass pass, int number);

// Why an algorithm cannot solve a problem; empty if it can.
std::string obstacle(const Algorithm& algorithm, Pass pass, const Problem& problem);

std::size_t workspace_bytes(const Algorithm& algorithm, const Problem& problem);

// cudnnConvolution...AlgoPerf_t.
struct Performance {
  int algorithm, status;
  float milliseconds;
  std::size_t memory;
  int deterministic, math, reserved[3];
};

// What Get...Algorithm_v7 answers: those that can first, the fastest first. Times are not known.
std::vector<Performance> performances(Pass pass, const Problem& problem);

// Hands out as many as were asked for.
void deliver(const std::vector<Performance>& results, int requested, int* count, void* to);

} // namespace simulator::dnn
