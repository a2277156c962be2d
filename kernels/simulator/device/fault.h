// Faults: what a program did wrong, and failures that a test asks for.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace simulator {

// The numbers are those of CUresult.
enum Status : int {
  SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100,
  INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201, INVALID_PTX = 218,
  UNSUPPORTED_PTX_VERSION = 222, INVALID_HANDLE = 400, ILLEGAL_STATE = 401, NOT_FOUND = 500, NOT_READY = 600,
  ILLEGAL_ADDRESS = 700, LAUNCH_OUT_OF_RESOURCES = 701, LAUNCH_TIMEOUT = 702,
  CONTEXT_IS_DESTROYED = 709, ILLEGAL_INSTRUCTION = 715, MISALIGNED_ADDRESS = 716,
  INVALID_ADDRESS_SPACE = 717, LAUNCH_FAILED = 719, NOT_PERMITTED = 800, NOT_SUPPORTED = 801,
  STREAM_CAPTURE_UNSUPPORTED = 900, STREAM_CAPTURE_INVALIDATED = 901, UNKNOWN = 999
};

// Thrown where a call or kernel goes wrong; the API turns it into its status.
struct __attribute__((visibility("default"))) Fault : std::runtime_error {
  Fault(Status code, const std::string& what, int thread_lane = -1)
      : std::runtime_error(what), status(code), lane(thread_lane) {}

  Status status;
  int lane; // the lane of the warp that did it; -1 for all of them
};

std::string hex(std::uint64_t value);

// Prints a fault on stderr and keeps it if it is the first.
void report(const std::string& text);

// The first fault since the start or the last reset; empty if there was none.
std::string first_fault();
void forget_faults();

// Makes chosen calls fail: "alloc:3" the third allocation, "launch:5+" the fifth and all after it.
// Several are separated by commas; kinds are alloc, host, copy, launch, kernel, graph, blas,
// dnn. Counting starts anew. Throws Fault on a text it does not understand.
void inject(const std::string& text);

// Counts one call of a kind and says whether it must fail.
bool must_fail(const std::string& kind);

} // namespace simulator
