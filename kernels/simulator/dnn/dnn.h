// What the calls of the simulated cuDNN have in common: statuses, handles, descriptors. Numbers and
// layouts are those of cuDNN 9.
#pragma once

#include "../library/library.h"
#include "layout.h"

#include <cstdint>
#include <map>
#include <string>

namespace simulator::dnn {

// The numbers are those of cudnnStatus_t.
enum Result : int {
  DONE = 0, NO_CONTEXT = 1001, BAD_PARAM = 2000, UNSUPPORTED = 3000, ALLOC_FAILED = 4004,
  EXECUTION_FAILED = 5000
};

// Runs the body of a call; gives its cudnnStatus_t.
int call(const char* name, const std::function<void()>& body);

[[noreturn]] void refuse(Result result, const std::string& what);
void require_pointer(const void* pointer, const char* what);

// Float32 is all that the simulated library computes with.
void require_float(int data_type);

// Answers EXECUTION_FAILED where a test asked for it; each call that queues work asks once.
void fail_if_asked();

// A factor alpha or beta, in host memory.
float factor(const void* pointer, const char* name);

enum class Math { DEFAULT, TENSOR_OP, TENSOR_OP_ALLOW_CONVERSION, FMA };

struct Handle {
  int device = library::current_device();
  void* stream = nullptr;
};

struct Tensor {
  Layout layout; // n, c, h, w
};

struct Filter {
  Layout layout; // k, c, r, s
  bool channels_last = false;
};

struct Convolution {
  int pad_h = 0, pad_w = 0, stride_h = 0, stride_w = 0, dilation_h = 1, dilation_w = 1;
  bool flipped = false; // a convolution in the mathematical sense: filters turned by half a circle
  int groups = 1;
  Math math = Math::DEFAULT;
};

// Names an object of any kind.
std::uintptr_t new_name();

// The objects of a kind. What names them is no address and is never given twice, so one that was
// destroyed is always told apart.
template <class T> class Objects {
public:
  explicit Objects(const char* what) : kind(what) {}

  void create(void** to) {
    require_pointer(to, kind);
    std::uintptr_t name = new_name();
    objects[name] = T();
    library::own(kind, 1);
    *to = reinterpret_cast<void*>(name);
  }

  T& find(const void* name) {
    require_pointer(name, kind);
    auto found = objects.find(reinterpret_cast<std::uintptr_t>(name));
    if (found == objects.end()) {
      refuse(BAD_PARAM, std::string("no such ") + kind + ", or it was destroyed");
    }
    return found->second;
  }

  void destroy(const void* name) {
    find(name);
    objects.erase(reinterpret_cast<std::uintptr_t>(name));
    library::own(kind, -1);
  }

private:
  const char* kind;
  std::map<std::uintptr_t, T> objects;
};

// The handle behind a name, of the current context.
Handle& handle_of(const void* name);

// What a descriptor says; refused if it was never set.
const Tensor& tensor_of(const void* name);
const Filter& filter_of(const void* name);
const Convolution& convolution_of(const void* name);

} // namespace simulator::dnn
