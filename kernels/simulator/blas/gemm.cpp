// C = alpha op(A) op(B) + beta C, all of them column by column.
#include "handle.h"
#include "../library/multiply.h"

#include <algorithm>

namespace simulator {
namespace blas {
namespace {

using library::Region;

// So much of a workspace is spoilt by each call, as somebody's product might.
constexpr std::uint64_t SPOILT = 64 << 10;

// What a call passes for a matrix.
struct Operand {
  const char* name;
  const float* data;
  int leading;
  long long stride;
};

struct Call {
  const char* name;
  int operation_a, operation_b;
  int m, n, k;
  const float *alpha, *beta;
  Operand a, b, c;
  int batch;
};

std::uint64_t address(const float* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

void check_operation(const char* name, int operation) {
  expect(operation >= 0 && operation <= 2, std::string("unknown operation on ") + name + "; got "
      + std::to_string(operation) + "; expected 0 (none), 1 or 2 (transposed)");
}

void check_extent(const char* name, long long extent) {
  expect(extent >= 0, std::string("bad ") + name + "; got " + std::to_string(extent)
      + "; expected 0 or more");
}

// The stored rows of a matrix must fit into its leading dimension.
void check_leading(const Operand& matrix, int rows) {
  expect(matrix.leading >= std::max(1, rows), std::string("bad leading dimension of ") + matrix.name
      + "; got " + std::to_string(matrix.leading) + "; expected at least "
      + std::to_string(std::max(1, rows)));
}

Region region(const Call& call, const Operand& matrix, int rows, int columns) {
  expect(matrix.data != nullptr, std::string("null pointer for ") + matrix.name);
  expect(matrix.stride >= 0, std::string("bad stride of ") + matrix.name + "; got "
      + std::to_string(matrix.stride) + "; expected 0 or more");
  auto extent = [](int value) { return static_cast<std::uint64_t>(value); };
  std::string name = std::string(matrix.name) + " [" + std::to_string(rows) + " x "
      + std::to_string(columns) + ", leading dimension " + std::to_string(matrix.leading) + "]";
  return {name, address(matrix.data),
      {{extent(rows), 1}, {extent(columns), extent(matrix.leading)},
          {extent(call.batch), static_cast<std::uint64_t>(matrix.stride)}}};
}

// How a stored matrix is seen through its operation.
template <class T> library::Matrix<T> view(T* data, const Operand& matrix, int operation) {
  return operation == 0 ? library::Matrix<T>{data, 1, matrix.leading}
                        : library::Matrix<T>{data, matrix.leading, 1};
}

void check_shapes(const Call& call) {
  check_operation("A", call.operation_a);
  check_operation("B", call.operation_b);
  check_extent("m", call.m);
  check_extent("n", call.n);
  check_extent("k", call.k);
  check_extent("batch count", call.batch);
  check_leading(call.a, call.operation_a == 0 ? call.m : call.k);
  check_leading(call.b, call.operation_b == 0 ? call.k : call.n);
  check_leading(call.c, call.m);
  expect(call.alpha != nullptr && call.beta != nullptr, "null pointer for alpha or beta");
}

// Where all that a call uses lies.
struct Regions {
  Region a, b, c, workspace;
};

Regions regions_of(const Call& call, const Handle& handle, bool multiplies) {
  bool plain_a = call.operation_a == 0, plain_b = call.operation_b == 0;
  Region none{"", 0, {{0, 1}}};
  Regions r{none, none, region(call, call.c, call.m, call.n), handle.workspace};
  expect(r.c.distinct() && (call.batch == 1 || call.c.stride > 0),
      "the matrices of C overlap; got a stride of " + std::to_string(call.c.stride));
  if (multiplies) {
    r.a = region(call, call.a, plain_a ? call.m : call.k, plain_a ? call.k : call.m);
    r.b = region(call, call.b, plain_b ? call.k : call.n, plain_b ? call.n : call.k);
  }
  for (const Region* input : {&r.a, &r.b, &r.workspace}) {
    expect(!r.c.overlaps(*input), "C overlaps " + input->name);
  }
  return r;
}

void run(library::Running& device, const Call& call, const Regions& r, float alpha, float beta,
    bool tf32) {
  bool multiplies = alpha != 0 && call.k > 0;
  if (!multiplies && beta == 1) {
    return;
  }
  library::Product product{call.m, call.n, call.k, call.batch, alpha, beta, tf32, {}, {}, {},
      call.a.stride, call.b.stride, call.c.stride};
  if (beta != 0) {
    device.read(r.c);
  }
  if (multiplies) {
    product.a = view(device.read<float>(r.a), call.a, call.operation_a);
    product.b = view(device.read<float>(r.b), call.b, call.operation_b);
  }
  Region spoilt = r.workspace;
  spoilt.axes[0].extent = std::min(spoilt.axes[0].extent, SPOILT);
  device.scratch(spoilt);
  product.c = view(device.write<float>(r.c), call.c, 0);
  if (multiplies) {
    library::multiply(product);
  } else {
    library::scale(product);
  }
}

int gemm(void* pointer, const Call& call) {
  return blas::call(call.name, [&] {
    const Handle& handle = handle_of(pointer);
    check_shapes(call);
    if (library::must_fail("blas")) {
      throw library::Refusal(BLAS_EXECUTION_FAILED, "");
    }
    if (call.m == 0 || call.n == 0 || call.batch == 0) {
      return;
    }
    bool on_device = handle.scalars_on_device, tf32 = handle.math == TF32;
    // Scalars on the host are read now; the program may change them. With an alpha of 0 nobody
    // looks at A and B, but that of a device is not known yet.
    float alpha = on_device ? 1 : *call.alpha, beta = on_device ? 0 : *call.beta;
    Regions r = regions_of(call, handle, call.k > 0 && alpha != 0);
    std::vector<Region> scalars;
    if (on_device) {
      scalars = {{"alpha", address(call.alpha), {}}, {"beta", address(call.beta), {}}};
    }
    std::vector<Region> all{r.a, r.b, r.c, r.workspace};
    all.insert(all.end(), scalars.begin(), scalars.end());
    library::queue(call.name, handle.stream, all, [=](library::Running& device) {
      if (scalars.empty()) {
        run(device, call, r, alpha, beta, tf32);
      } else {
        run(device, call, r, *device.read<float>(scalars[0]), *device.read<float>(scalars[1]), tf32);
      }
    });
  });
}

} // namespace

LIBRARY_CALL int cublasSgemm_v2(void* handle, int operation_a, int operation_b, int m, int n, int k,
    const float* alpha, const float* a, int lda, const float* b, int ldb, const float* beta, float* c,
    int ldc) {
  return gemm(handle, {"cublasSgemm_v2", operation_a, operation_b, m, n, k, alpha, beta,
      {"A", a, lda, 0}, {"B", b, ldb, 0}, {"C", c, ldc, 0}, 1});
}

// A stride of 0 uses the same A or B for all.
LIBRARY_CALL int cublasSgemmStridedBatched(void* handle, int operation_a, int operation_b, int m,
    int n, int k, const float* alpha, const float* a, int lda, long long stride_a, const float* b,
    int ldb, long long stride_b, const float* beta, float* c, int ldc, long long stride_c, int batch) {
  return gemm(handle, {"cublasSgemmStridedBatched", operation_a, operation_b, m, n, k, alpha, beta,
      {"A", a, lda, stride_a}, {"B", b, ldb, stride_b}, {"C", c, ldc, stride_c}, batch});
}

} // namespace blas
} // namespace simulator
