// Handles of cuBLAS and what they are set to.
#pragma once

#include "../library/library.h"

namespace simulator {
namespace blas {

// The numbers are those of cublasStatus_t.
enum BlasStatus : int {
  BLAS_NOT_INITIALIZED = 1, BLAS_ALLOC_FAILED = 3, BLAS_INVALID_VALUE = 7,
  BLAS_EXECUTION_FAILED = 13
};

// The bits of cublasMath_t that matter here.
enum Math : int { DEFAULT = 0, PEDANTIC = 2, TF32 = 3, NO_REDUCED_SUMS = 16 };

struct Handle {
  int device;
  void* stream = nullptr;
  int math = DEFAULT;
  bool scalars_on_device = false;
  library::Region workspace{"the workspace", 0, {{0, 1}}, 1, 256};
};

// The handle; throws a Refusal if it was not made, was destroyed, or is of another device than the
// current one.
Handle& handle_of(void* pointer);

// Throws a Refusal of BLAS_INVALID_VALUE unless it holds.
void expect(bool holds, const std::string& what);

int call(const char* name, const std::function<void()>& body);

} // namespace blas
} // namespace simulator
