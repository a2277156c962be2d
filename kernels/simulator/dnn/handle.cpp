// Version, statuses, and the handle.
#include "dnn.h"

extern "C" int cuCtxSynchronize();

namespace simulator::dnn {
namespace {

constexpr std::size_t VERSION = 90501;

Objects<Handle> handles("cuDNN handle");

// What the device's own refusals are to this library.
int translate(Status status) {
  switch (status) {
    case NOT_INITIALIZED: case INVALID_CONTEXT: case CONTEXT_IS_DESTROYED: return NO_CONTEXT;
    case INVALID_VALUE: case INVALID_HANDLE: case MISALIGNED_ADDRESS: return BAD_PARAM;
    case OUT_OF_MEMORY: return ALLOC_FAILED;
    default: return EXECUTION_FAILED;
  }
}

} // namespace

int call(const char* name, const std::function<void()>& body) {
  return library::call(name, translate, body);
}

void refuse(Result result, const std::string& what) { throw library::Refusal(result, what); }

void require_pointer(const void* pointer, const char* what) {
  if (pointer == nullptr) {
    refuse(BAD_PARAM, std::string("null pointer for ") + what);
  }
}

void fail_if_asked() {
  if (library::must_fail("dnn")) {
    refuse(EXECUTION_FAILED, "");
  }
}

float factor(const void* pointer, const char* name) {
  require_pointer(pointer, name);
  return *static_cast<const float*>(pointer);
}

std::uintptr_t new_name() {
  static std::uintptr_t last = 0;
  return last += 0x100;
}

Handle& handle_of(const void* name) {
  Handle& handle = handles.find(name);
  int current = library::current_device();
  if (handle.device != current) {
    refuse(BAD_PARAM, "wrong context: the handle is of device " + std::to_string(handle.device)
        + ", current is device " + std::to_string(current));
  }
  return handle;
}

LIBRARY_CALL std::size_t cudnnGetVersion() { return VERSION; }

LIBRARY_CALL const char* cudnnGetErrorString(int status) {
  switch (status) {
    case DONE: return "CUDNN_STATUS_SUCCESS";
    case NO_CONTEXT: return "CUDNN_STATUS_NOT_INITIALIZED";
    case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case UNSUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case ALLOC_FAILED: return "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED";
    case EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    default: return "CUDNN_UNKNOWN_STATUS";
  }
}

LIBRARY_CALL int cudnnCreate(void** handle) {
  return call("cudnnCreate", [&] { handles.create(handle); });
}

// Waits for the device, as the real call does. What a fault has left behind is no reason to keep
// the handle.
LIBRARY_CALL int cudnnDestroy(void* handle) {
  return call("cudnnDestroy", [&] {
    handles.destroy(handle);
    cuCtxSynchronize();
  });
}

LIBRARY_CALL int cudnnSetStream(void* handle, void* stream) {
  return call("cudnnSetStream", [&] {
    Handle& changed = handle_of(handle);
    library::require_stream(stream);
    changed.stream = stream;
  });
}

} // namespace simulator::dnn
