#include "handle.h"

#include <memory>
#include <set>

namespace simulator {
namespace blas {
namespace {

constexpr int VERSION = 120600;
constexpr const char* KIND = "cuBLAS handle";

std::set<std::unique_ptr<Handle>>& handles() {
  static auto* all = new std::set<std::unique_ptr<Handle>>;
  return *all;
}

auto find(void* pointer) {
  auto at = handles().begin();
  while (at != handles().end() && at->get() != pointer) {
    ++at;
  }
  if (at == handles().end()) {
    throw library::Refusal(BLAS_NOT_INITIALIZED, "no such handle, or it was destroyed");
  }
  return at;
}

int translate(Status status) {
  switch (status) {
    case INVALID_VALUE: case INVALID_HANDLE: return BLAS_INVALID_VALUE;
    case OUT_OF_MEMORY: return BLAS_ALLOC_FAILED;
    case NOT_INITIALIZED: case INVALID_CONTEXT: case CONTEXT_IS_DESTROYED:
      return BLAS_NOT_INITIALIZED;
    default: return BLAS_EXECUTION_FAILED;
  }
}

} // namespace

Handle& handle_of(void* pointer) {
  Handle& handle = **find(pointer);
  int device = library::current_device();
  if (handle.device != device) {
    throw library::Refusal(BLAS_NOT_INITIALIZED, "wrong context: the handle is of device "
        + std::to_string(handle.device) + ", current is device " + std::to_string(device));
  }
  return handle;
}

void expect(bool holds, const std::string& what) {
  if (!holds) {
    throw library::Refusal(BLAS_INVALID_VALUE, what);
  }
}

int call(const char* name, const std::function<void()>& body) {
  return library::call(name, translate, body);
}

LIBRARY_CALL int cublasCreate_v2(void** handle) {
  return call("cublasCreate_v2", [&] {
    expect(handle != nullptr, "null pointer for the handle");
    int device = library::current_device();
    if (library::must_fail("blas")) {
      throw library::Refusal(BLAS_ALLOC_FAILED, "");
    }
    auto made = std::make_unique<Handle>();
    made->device = device;
    *handle = made.get();
    handles().insert(std::move(made));
    library::own(KIND, 1);
  });
}

LIBRARY_CALL int cublasDestroy_v2(void* handle) {
  return call("cublasDestroy_v2", [&] {
    handles().erase(find(handle));
    library::own(KIND, -1);
  });
}

LIBRARY_CALL int cublasGetVersion_v2(void*, int* version) {
  return call("cublasGetVersion_v2", [&] {
    expect(version != nullptr, "null pointer for the version");
    *version = VERSION;
  });
}

// Asks for no device, and so for no driver.
LIBRARY_CALL int cublasGetProperty(int part, int* value) {
  if (value == nullptr || part < 0 || part > 2) {
    return BLAS_INVALID_VALUE;
  }
  *value = part == 0 ? VERSION / 10000 : part == 1 ? VERSION / 100 % 100 : VERSION % 100;
  return 0;
}

// The workspace belongs to the stream that was set before it.
LIBRARY_CALL int cublasSetStream_v2(void* pointer, void* stream) {
  return call("cublasSetStream_v2", [&] {
    Handle& handle = handle_of(pointer);
    library::require_stream(stream);
    handle.stream = stream;
    handle.workspace = Handle{}.workspace;
  });
}

LIBRARY_CALL int cublasSetWorkspace_v2(void* pointer, void* workspace, std::size_t bytes) {
  return call("cublasSetWorkspace_v2", [&] {
    Handle& handle = handle_of(pointer);
    auto address = reinterpret_cast<std::uintptr_t>(workspace);
    expect(address % handle.workspace.alignment == 0,
        "misaligned workspace; expected a multiple of 256");
    handle.workspace.address = address;
    handle.workspace.axes = {{bytes, 1}};
    library::require(handle.workspace);
  });
}

LIBRARY_CALL int cublasSetPointerMode_v2(void* pointer, int mode) {
  return call("cublasSetPointerMode_v2", [&] {
    Handle& handle = handle_of(pointer);
    expect(mode == 0 || mode == 1, "unknown pointer mode; got " + std::to_string(mode)
        + "; expected 0 (host) or 1 (device)");
    handle.scalars_on_device = mode == 1;
  });
}

LIBRARY_CALL int cublasSetMathMode(void* pointer, int mode) {
  return call("cublasSetMathMode", [&] {
    Handle& handle = handle_of(pointer);
    int kind = mode & ~NO_REDUCED_SUMS;
    expect(kind == DEFAULT || kind == PEDANTIC || kind == TF32, "unknown math mode; got "
        + std::to_string(mode) + "; expected 0 (default), 2 (pedantic) or 3 (TF32)");
    handle.math = kind;
  });
}

} // namespace blas
} // namespace simulator
