/*
 * A libcublas.so.12 that passes its calls on to CUDA 13's libcublas.so.13, for machines that have
 * only that one. The functions that hypergrad calls have the same parameters in both; a call jumps
 * there with all of its arguments untouched. Where there is no libcublas.so.13, each returns
 * CUBLAS_STATUS_NOT_INITIALIZED.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

static int not_initialized(void) {
  return 1;
}

#define FUNCTIONS(F)         \
  F(cublasCreate_v2)         \
  F(cublasDestroy_v2)        \
  F(cublasGetProperty)       \
  F(cublasGetVersion_v2)     \
  F(cublasSetMathMode)       \
  F(cublasSetPointerMode_v2) \
  F(cublasSetStream_v2)      \
  F(cublasSetWorkspace_v2)   \
  F(cublasSgemm_v2)          \
  F(cublasSgemmStridedBatched)

#define DEFINE(name)                                                                          \
  __attribute__((visibility("hidden"))) void *target_##name = (void *)not_initialized; \
  __attribute__((naked)) void name(void) {                                                    \
    __asm__("jmp *target_" #name "(%rip)");                                                   \
  }

FUNCTIONS(DEFINE)

__attribute__((constructor)) static void find(void) {
  void *library = dlopen("libcublas.so.13", RTLD_NOW | RTLD_GLOBAL);
  void *function;
  if (library == NULL) {
    return;
  }
#define FIND(name)                              \
  if ((function = dlsym(library, #name)) != NULL) { \
    target_##name = function;                   \
  }
  FUNCTIONS(FIND)
}
