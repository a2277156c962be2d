// By what other simulated libraries reach the simulated device: libcuda.so.1 exports it, and
// libcublas.so.12 and libcudnn.so.9 are made of nothing else.
//
// A call is the body of call(). It finds what it refuses (a Refusal with the library's own status),
// names the device memory that it will use as Regions, and leaves its work to queue(), which checks
// the regions at once and runs the work when somebody waits for its stream.
#pragma once

#include "../device/fault.h"

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

// Exported under its name in C.
#define LIBRARY_CALL extern "C" __attribute__((visibility("default")))
#define LIBRARY_API __attribute__((visibility("default")))

namespace simulator {
namespace library {

// Thrown where a call is refused by a status of the library itself. It is reported as a fault is,
// unless it has no words, which is how a library answers no.
struct LIBRARY_API Refusal : std::runtime_error {
  Refusal(int code, const std::string& what) : std::runtime_error(what), status(code) {}

  int status;
};

// Runs the body of a call, one at a time in the process, as the driver's own. Gives 0, the status
// of a Refusal, or what the translation makes of the driver's status.
LIBRARY_API int call(const char* name, int (*translate)(Status), const std::function<void()>& body);

// The device of the context that is current; throws if none is, or a fault has spoilt it.
LIBRARY_API int current_device();

// Throws unless this is a live stream of the current context; null is the default one.
LIBRARY_API void require_stream(void* stream);

// Counts one call of a kind ("blas", "dnn") and says whether a test asked that it fail.
LIBRARY_API bool must_fail(const char* kind);

// Counts objects that the program must give back, such as "cuBLAS handle"; +1 or -1.
LIBRARY_API void own(const char* what, int change);

struct Axis {
  std::uint64_t extent;
  std::uint64_t stride; // in elements; 0 repeats
};

// Elements in device memory, at address + sum(index[i] * stride[i]) elements.
struct LIBRARY_API Region {
  std::string name; // in the words of a fault: "A"
  std::uint64_t address;
  std::vector<Axis> axes;     // in any order; none for one element
  std::uint32_t element = 4;  // bytes; what addresses are multiples of
  std::uint32_t alignment = 0; // where more is asked for

  std::uint64_t elements() const;
  // Bytes from the first to behind the last; 0 if there is none.
  std::uint64_t span() const;
  // Whether no two indices (but along a stride of 0) are the same place; exact for what nests.
  bool distinct() const;
  // Whether some byte belongs to both.
  bool overlaps(const Region& other) const;
};

// What work may do with the device while it runs. Each answer is where the region begins on the
// host; addresses there are as far apart as on the device.
class LIBRARY_API Running {
public:
  virtual ~Running() = default;

  // Throws if an element is out of bounds, freed, or was never written.
  virtual const void* read(const Region& region) = 0;
  // Marks the elements as written; the work must write them all.
  virtual void* write(const Region& region) = 0;
  // Memory whose content the call destroys: it counts as never written from now on.
  virtual void* scratch(const Region& region) = 0;

  template <class T> const T* read(const Region& region) {
    return static_cast<const T*>(read(region));
  }
  template <class T> T* write(const Region& region) { return static_cast<T*>(write(region)); }
};

// Throws unless a region is live, of the current device and aligned, or empty.
LIBRARY_API void require(const Region& region);

// Checks the regions as require() does and queues work on the stream. A fault
// while it runs spoils the context, as a kernel's would. The log then has a line under this name,
// in which each element that was read or written counts once.
LIBRARY_API void queue(const char* name, void* stream, const std::vector<Region>& regions,
    std::function<void(Running&)> work);

// Calls the body for 0 to count - 1 on all host threads, in any order. A body that calls it in turn
// keeps to its own thread.
LIBRARY_API void parallel(std::uint64_t count, const std::function<void(std::uint64_t)>& body);

} // namespace library
} // namespace simulator
