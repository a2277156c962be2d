// cuBLAS: products worked out by hand, what is refused, and what is not looked at.
#include "test.h"

#include <cmath>

extern "C" {
int cublasCreate_v2(void**);
int cublasDestroy_v2(void*);
int cublasGetVersion_v2(void*, int*);
int cublasGetProperty(int, int*);
int cublasSetStream_v2(void*, void*);
int cublasSetMathMode(void*, int);
int cublasSetPointerMode_v2(void*, int);
int cublasSetWorkspace_v2(void*, void*, std::size_t);
int cublasSgemm_v2(void*, int, int, int, int, int, const float*, const float*, int, const float*, int,
    const float*, float*, int);
int cublasSgemmStridedBatched(void*, int, int, int, int, int, const float*, const float*, int,
    long long, const float*, int, long long, const float*, float*, int, long long, int);
}

namespace test {
namespace {

using Floats = std::vector<float>;

const float* in(const Buffer& buffer, int offset = 0) {
  return reinterpret_cast<const float*>(buffer.address) + offset;
}

float* out(const Buffer& buffer, int offset = 0) { return const_cast<float*>(in(buffer, offset)); }

struct Blas {
  void* handle = nullptr;

  Blas() { check_equal(cublasCreate_v2(&handle), 0, "a handle"); }
  ~Blas() { check_equal(cublasDestroy_v2(handle), 0, "the end of a handle"); }
};

struct Shape3 {
  int m, n, k;
};

int gemm(const Blas& blas, int ta, int tb, Shape3 s, float alpha, const float* a, int lda,
    const float* b, int ldb, float beta, float* c, int ldc) {
  return cublasSgemm_v2(blas.handle, ta, tb, s.m, s.n, s.k, &alpha, a, lda, b, ldb, &beta, c, ldc);
}

void check_floats(const Buffer& buffer, const Floats& expected, const std::string& what) {
  Floats got = buffer.read<float>();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    check(got[i] == expected[i], what + ": value " + std::to_string(i) + " is "
        + std::to_string(got[i]) + ", expected " + std::to_string(expected[i]));
  }
}

// A = [1 2 3; 4 5 6], B = [1 0; 2 1; 0 3]; A B = [5 11; 14 23].
const Floats A{1, 4, 2, 5, 3, 6}, A_ROWS{1, 2, 3, 4, 5, 6}, B{1, 2, 0, 0, 1, 3}, B_ROWS{1, 0, 2, 1, 0, 3};
const Floats PRODUCT{5, 14, 11, 23};

void check_transposes() {
  Blas blas;
  Buffer a(A), a_rows(A_ROWS), b(B), b_rows(B_ROWS);
  for (int ta = 0; ta < 3; ++ta) {
    for (int tb = 0; tb < 3; ++tb) {
      Buffer c(16);
      check_equal(gemm(blas, ta, tb, {2, 2, 3}, 1, in(ta == 0 ? a : a_rows), ta == 0 ? 2 : 3,
          in(tb == 0 ? b : b_rows), tb == 0 ? 3 : 2, 0, out(c), 2), 0, "a product");
      check_floats(c, PRODUCT, "operations " + std::to_string(ta) + ", " + std::to_string(tb));
    }
  }
  // [1 2 3] with columns (1 0), (2 1), (0 3) as rows: a row and a column.
  Buffer row(8), column(8);
  gemm(blas, 0, 0, {1, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(row), 1);
  check_floats(row, {5, 11}, "one row, others between");
  gemm(blas, 0, 0, {2, 1, 3}, 1, in(a), 2, in(b, 3), 3, 0, out(column), 2);
  check_floats(column, {11, 23}, "one column");
}

void check_leading_dimensions() {
  Blas blas;
  // Columns of 2 in 4, 3 in 5, 2 in 3. What lies between was never written, nor is it then.
  Buffer a(40), b(32), c(20);
  for (int j = 0; j < 3; ++j) {
    cuMemcpyHtoD_v2(a.address + 16 * j, &A[2 * j], 8);
  }
  for (int j = 0; j < 2; ++j) {
    float old[] = {100, 200};
    cuMemcpyHtoD_v2(b.address + 20 * j, &B[3 * j], 12);
    cuMemcpyHtoD_v2(c.address + 12 * j, old, 8);
  }
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 2, in(a), 4, in(b), 5, 0.5f, out(c), 3), 0, "gaps");
  float got[2];
  check_equal(cuMemcpyDtoH_v2(got, c.address, 8), 0, "the first column");
  check(got[0] == 60 && got[1] == 128, "2 (5, 14) + 0.5 (100, 200)");
  check_equal(cuMemcpyDtoH_v2(got, c.address + 12, 8), 0, "the second column");
  check(got[0] == 72 && got[1] == 146, "2 (11, 23) + 0.5 (100, 200)");
  check_equal(cuMemcpyDtoH_v2(got, c.address + 8, 4), 719, "the gap");
  check_fault({"uninitialised read"}, "the gap");
}

// What a factor of 0 leaves alone, be it NaN, never written or not there.
void check_zeros() {
  Blas blas;
  Buffer nan(Floats(6, NAN)), fresh(24), a(A), b(B), c(Floats{1, 2, 3, 4});
  gemm(blas, 0, 0, {2, 2, 3}, 0, in(nan), 2, in(fresh), 3, 2, out(c), 2);
  check_floats(c, {2, 4, 6, 8}, "alpha 0");
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 0, nullptr, 2, nullptr, 3, 0, out(c), 2), 0, "no A, no B");
  check_floats(c, {0, 0, 0, 0}, "alpha 0, beta 0");
  gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(nan), 2);
  check_floats(nan, PRODUCT, "beta 0 over NaN");
  gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(fresh), 2);
  check_equal(cuCtxSynchronize(), 0, "beta 0 over fresh memory");
  Buffer old(Floats{1, 2, 3, 4}), gone(Floats(4, NAN));
  gemm(blas, 0, 0, {2, 2, 0}, 1, nullptr, 2, nullptr, 1, 3, out(old), 2);
  check_floats(old, {3, 6, 9, 12}, "k 0, beta 3");
  gemm(blas, 0, 0, {2, 2, 0}, 1, nullptr, 2, nullptr, 1, 0, out(gone), 2);
  check_floats(gone, {0, 0, 0, 0}, "k 0, beta 0 over NaN");
  Buffer untouched(4);
  gemm(blas, 0, 0, {1, 1, 0}, 1, nullptr, 1, nullptr, 1, 1, out(untouched), 1);
  check_equal(cuCtxSynchronize(), 0, "k 0, beta 1 touches nothing");
  check_equal(gemm(blas, 0, 0, {0, 1, 1}, 1, nullptr, 1, nullptr, 1, 1, nullptr, 1), 0, "no rows");
  check_equal(gemm(blas, 0, 0, {1, 0, 1}, 1, nullptr, 1, nullptr, 1, 1, nullptr, 1), 0, "no columns");
  // NaN and infinity flow where they are looked at.
  Buffer special(Floats{INFINITY, 1}), factors(Floats{1, NAN}), result(16);
  gemm(blas, 0, 0, {2, 2, 1}, 1, in(special), 2, in(factors), 1, 0, out(result), 2);
  Floats got = result.read<float>();
  check(got[0] == INFINITY && got[1] == 1 && std::isnan(got[2]) && std::isnan(got[3]), "NaN flows");
  Buffer kept(Floats{NAN});
  gemm(blas, 0, 0, {1, 1, 1}, 1, in(a), 1, in(b), 1, 1, out(kept), 1);
  check(std::isnan(kept.read<float>()[0]), "beta 1 over NaN");
}

int batched(const Blas& blas, Shape3 s, const float* a, long long stride_a, const float* b,
    long long stride_b, float* c, int ldc, long long stride_c, int batch, float beta = 0) {
  float one = 1;
  return cublasSgemmStridedBatched(blas.handle, 0, 0, s.m, s.n, s.k, &one, a, s.m, stride_a, b, s.k,
      stride_b, &beta, c, ldc, stride_c, batch);
}

void check_batches() {
  Blas blas;
  // [1; 2] [3], [4; 5] [6] with gaps of 1, then 2.
  Buffer a(Floats{1, 2, NAN, 4, 5}), b(Floats{3, NAN, 6}), c(Floats(6, 9));
  check_equal(batched(blas, {2, 1, 1}, in(a), 3, in(b), 2, out(c), 2, 4, 2), 0, "a batch");
  check_floats(c, {3, 6, 9, 9, 24, 30}, "a batch with gaps");
  batched(blas, {2, 1, 1}, in(a), 0, in(b), 2, out(c), 2, 4, 2, 1);
  check_floats(c, {6, 12, 9, 9, 30, 42}, "the same A for all, added");
  batched(blas, {2, 1, 1}, in(a), 3, in(b), 0, out(c), 2, 4, 2);
  check_floats(c, {3, 6, 9, 9, 12, 15}, "the same B for all");
  // The rows of one matrix between those of the other.
  Buffer d(Floats(8, 0)), two(Floats{1, 10});
  batched(blas, {1, 2, 1}, in(a), 3, in(two), 0, out(d), 2, 1, 2);
  check_floats(d, {1, 4, 10, 40, 0}, "matrices in one another");
  check_equal(batched(blas, {2, 1, 1}, in(a), 3, in(b), 2, out(c), 2, 1, 2), 7, "an overlapping C");
  check_fault({"cublasSgemmStridedBatched: the matrices of C overlap; got a stride of 1"}, "overlap");
  check_equal(batched(blas, {2, 1, 1}, in(a), 3, in(b), 2, out(c), 2, 0, 2), 7, "one C for all");
  check_fault({"the matrices of C overlap; got a stride of 0"}, "one C for all");
  check_equal(batched(blas, {2, 1, 1}, in(a), 3, in(b), 2, out(c), 2, 4, 0), 0, "an empty batch");
  check_equal(batched(blas, {2, 1, 1}, in(a), 3, in(b), 2, out(c), 2, 4, -1), 7, "less than that");
  check_fault({"bad batch count; got -1"}, "less than that");
  check_equal(batched(blas, {2, 1, 1}, in(a), -3, in(b), 2, out(c), 2, 4, 2), 7, "backwards");
  check_fault({"bad stride of A; got -3"}, "backwards");
  check_equal(batched(blas, {2, 1, 1}, in(a), 4, in(b), 2, out(c), 2, 4, 2), 13, "past the end");
  check_fault({"A [2 x 1, leading dimension 2]: out of bounds", "reach 4 bytes past"}, "past the end");
}

// Larger than one tile and one block, with small whole numbers, which have exact sums.
void check_large() {
  Blas blas;
  struct {
    Shape3 shape;
    int ta, tb;
  } cases[] = {{{17, 7, 3}, 0, 0}, {{16, 6, 65}, 1, 0}, {{131, 101, 19}, 0, 1}, {{257, 5, 130}, 1, 1},
      {{1, 200, 40}, 0, 0}};
  for (const auto& one : cases) {
    auto [m, n, k] = one.shape;
    Floats a(m * k), b(k * n), expected(m * n);
    auto at = [](int i, int j) { return static_cast<float>((7 * i + 5 * j) % 11 - 5); };
    for (int l = 0; l < k; ++l) {
      for (int i = 0; i < m; ++i) {
        a[one.ta ? l + i * k : i + l * m] = at(i, l);
      }
      for (int j = 0; j < n; ++j) {
        b[one.tb ? j + l * n : l + j * k] = at(l + 3, j);
      }
    }
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < m; ++i) {
        for (int l = 0; l < k; ++l) {
          expected[i + j * m] += at(i, l) * at(l + 3, j);
        }
      }
    }
    Buffer left(a), right(b), result(4 * expected.size());
    gemm(blas, one.ta, one.tb, one.shape, 1, in(left), one.ta ? k : m, in(right), one.tb ? n : k, 0,
        out(result), m);
    check(result.read<float>() == expected, std::to_string(m) + " x " + std::to_string(n) + " x "
        + std::to_string(k));
  }
}

// A product and a sum are rounded once; the order of summation is that of k.
void check_rounding() {
  Blas blas;
  Buffer a(Floats{1, 0x1.000002p0f}), b(Floats{-1, 0x1.fffffep-1f}), c(4);
  // (1 + e)(1 - e/2) - 1 = e/2 - e^2/2 with e = 2^-23.
  gemm(blas, 0, 0, {1, 1, 2}, 1, in(a), 1, in(b), 2, 0, out(c), 1);
  check_floats(c, {0x1.fffffcp-25f}, "fused");
  Buffer big(Floats{0x1p24f, 1, 1}), ones(Floats{1, 1, 1}), small(Floats{1, 1, 0x1p24f});
  gemm(blas, 0, 0, {1, 1, 3}, 1, in(big), 1, in(ones), 3, 0, out(c), 1);
  check_floats(c, {0x1p24f}, "each 1 is lost behind 2^24");
  gemm(blas, 0, 0, {1, 1, 3}, 1, in(small), 1, in(ones), 3, 0, out(c), 1);
  check_floats(c, {0x1p24f + 2}, "but not before it");
}

void check_tf32() {
  Blas blas;
  // 10 bits behind the first: a half of the last goes to the even one.
  Floats values{1 + 0x1p-11f, 1 + 0x3p-11f, 1 + 0x1.01p-11f, -1 - 0x1.8p-10f, 0x1.fffffep127f, 3};
  Floats rounded{1, 1 + 0x1p-9f, 1 + 0x1p-10f, -1 - 0x1p-9f, INFINITY, 3};
  Buffer a(values), one(Floats{1}), c(24), d(24);
  for (int mode : {0, 2, 16}) {
    check_equal(cublasSetMathMode(blas.handle, mode), 0, "a math mode");
    gemm(blas, 0, 0, {6, 1, 1}, 1, in(a), 6, in(one), 1, 0, out(c), 6);
    check_floats(c, values, "math mode " + std::to_string(mode));
  }
  check_equal(cublasSetMathMode(blas.handle, 3), 0, "TF32");
  gemm(blas, 0, 0, {6, 1, 1}, 1, in(a), 6, in(one), 1, 0, out(c), 6);
  check_floats(c, rounded, "A in TF32");
  gemm(blas, 0, 0, {1, 6, 1}, 1, in(one), 1, in(a), 1, 0, out(d), 1);
  check_floats(d, rounded, "B in TF32");
  check_equal(cublasSetMathMode(blas.handle, 1), 7, "another math mode");
  check_fault({"cublasSetMathMode: unknown math mode; got 1"}, "another math mode");
}

void check_device_scalars() {
  Blas blas;
  Buffer a(A), b(B), c(Floats{1, 1, 1, 1}), scalars(Floats{2, 3, 0});
  check_equal(cublasSetPointerMode_v2(blas.handle, 1), 0, "scalars on the device");
  auto run = [&](const float* alpha, const Buffer& left, const float* beta) {
    return cublasSgemm_v2(
        blas.handle, 0, 0, 2, 2, 3, alpha, in(left), 2, in(b), 3, beta, out(c), 2);
  };
  check_equal(run(in(scalars), a, in(scalars, 1)), 0, "a product");
  check_floats(c, {13, 31, 25, 49}, "2 A B + 3");
  Buffer fresh(24);
  run(in(scalars, 2), fresh, in(scalars));
  check_floats(c, {26, 62, 50, 98}, "alpha 0 on the device");
  float host = 1;
  check_equal(run(&host, a, in(scalars)), 13, "a scalar on the host");
  check_fault({"cublasSgemm_v2: alpha: out of bounds", "no device address"}, "a scalar on the host");
  run(in(scalars), a, in(fresh));
  check_equal(cuCtxSynchronize(), 719, "a scalar that was never written");
  check_fault({"cublasSgemm_v2: beta: uninitialised read"}, "a scalar that was never written");
  check_equal(cublasSetPointerMode_v2(blas.handle, 2), 7, "another pointer mode");
  check_fault({"unknown pointer mode; got 2"}, "another pointer mode");
  check_equal(cublasSetPointerMode_v2(blas.handle, 0), 0, "back to the host");
  // Those on the host are read when the call is made.
  float alpha = 1, beta = 0;
  cublasSgemm_v2(blas.handle, 0, 0, 2, 2, 3, &alpha, in(a), 2, in(b), 3, &beta, out(c), 2);
  alpha = NAN;
  check_floats(c, PRODUCT, "a scalar that changes later");
}

void check_arguments() {
  Blas blas;
  Buffer a(A), b(B), c(16);
  struct {
    int ta, tb;
    Shape3 shape;
    int lda, ldb, ldc;
    const char* words;
  } cases[] = {{0, 0, {2, 2, 3}, 1, 3, 2, "bad leading dimension of A; got 1; expected at least 2"},
      {1, 0, {2, 2, 3}, 2, 3, 2, "bad leading dimension of A; got 2; expected at least 3"},
      {0, 0, {2, 2, 3}, 2, 2, 2, "bad leading dimension of B; got 2; expected at least 3"},
      {0, 1, {2, 2, 3}, 2, 1, 2, "bad leading dimension of B; got 1; expected at least 2"},
      {0, 0, {2, 2, 3}, 2, 3, 1, "bad leading dimension of C; got 1; expected at least 2"},
      {0, 0, {0, 2, 3}, 0, 3, 1, "bad leading dimension of A; got 0; expected at least 1"},
      {3, 0, {2, 2, 3}, 2, 3, 2, "unknown operation on A; got 3"},
      {0, -1, {2, 2, 3}, 2, 3, 2, "unknown operation on B; got -1"},
      {0, 0, {-1, 2, 3}, 2, 3, 2, "bad m; got -1"}, {0, 0, {2, -1, 3}, 2, 3, 2, "bad n; got -1"},
      {0, 0, {2, 2, -1}, 2, 3, 2, "bad k; got -1"}};
  for (const auto& one : cases) {
    check_equal(gemm(blas, one.ta, one.tb, one.shape, 1, in(a), one.lda, in(b), one.ldb, 0, out(c),
        one.ldc), 7, one.words);
    check_fault({std::string("cublasSgemm_v2: ") + one.words}, one.words);
  }
  float one = 1;
  check_equal(cublasSgemm_v2(blas.handle, 0, 0, 2, 2, 3, nullptr, in(a), 2, in(b), 3, &one, out(c), 2),
      7, "no alpha");
  check_fault({"null pointer for alpha or beta"}, "no alpha");
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, nullptr, 2, in(b), 3, 0, out(c), 2), 7, "no A");
  check_fault({"null pointer for A"}, "no A");
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(a, 2), 2), 7, "C in A");
  check_fault({"C overlaps A [2 x 3, leading dimension 2]"}, "C in A");
  // The first row into the second.
  check_equal(gemm(blas, 0, 0, {1, 2, 1}, 1, in(a), 2, in(b), 1, 0, out(a, 1), 2), 0, "C beside A");
  check_floats(a, {1, 1, 2, 2, 3, 6}, "C beside A");
}

void check_memory() {
  Blas blas;
  Buffer a(A), b(B), c(16), fresh(24), short_one(20);
  auto run = [&](const float* left, float* result) {
    return gemm(blas, 0, 0, {2, 2, 3}, 1, left, 2, in(b), 3, 0, result, 2);
  };
  run(in(fresh), out(c));
  check_equal(cuCtxSynchronize(), 719, "an A that was never written");
  check_equal(run(in(a), out(c)), 13, "a spoilt context");
  check_fault({"cublasSgemm_v2: A [2 x 3, leading dimension 2]: uninitialised read: byte at 0x",
      "offset 0 of"}, "an A that was never written");
  check_equal(run(in(short_one), out(c)), 13, "an A that ends too early");
  check_fault({"cublasSgemm_v2: A [2 x 3", "out of bounds: 24 bytes", "reach 4 bytes past the end"},
      "an A that ends too early");
  float host[6] = {};
  check_equal(run(host, out(c)), 13, "an A on the host");
  check_fault({"which is no device address"}, "an A on the host");
  check_equal(run(in(a), reinterpret_cast<float*>(c.address + 2)), 13, "a C between elements");
  check_fault({"C [2 x 2, leading dimension 2]: "}, "a C between elements");
  std::uint64_t gone;
  cuMemAlloc_v2(&gone, 24);
  cuMemFree_v2(gone);
  check_equal(run(reinterpret_cast<float*>(gone), out(c)), 13, "freed memory");
  check_fault({"use after free: 24 bytes at 0x"}, "freed memory");
}

void check_workspace() {
  Blas blas;
  Buffer a(A), b(B), c(16), space(Floats(128, 0));
  auto* pointer = reinterpret_cast<void*>(space.address);
  check_equal(cublasSetWorkspace_v2(blas.handle, pointer, 512), 0, "a workspace");
  gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(c), 2);
  check_floats(c, PRODUCT, "with a workspace");
  std::uint32_t word;
  check_equal(cuMemcpyDtoH_v2(&word, space.address + 508, 4), 719, "it is spoilt");
  check_fault({"uninitialised read"}, "it is spoilt");
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(space), 2), 7, "a C in it");
  check_fault({"C overlaps the workspace"}, "a C in it");
  check_equal(cublasSetWorkspace_v2(blas.handle, static_cast<char*>(pointer) + 128, 128), 7,
      "a misaligned workspace");
  check_fault({"cublasSetWorkspace_v2: misaligned workspace"}, "a misaligned workspace");
  check_equal(cublasSetWorkspace_v2(blas.handle, pointer, 513), 13, "one that is not all there");
  check_fault({"the workspace: out of bounds: 513 bytes"}, "one that is not all there");
  // A stream brings back the library's own.
  cublasSetWorkspace_v2(blas.handle, pointer, 512);
  cublasSetStream_v2(blas.handle, nullptr);
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(space), 2), 0, "it is free");
  cuCtxSynchronize();
}

void check_streams() {
  Blas blas;
  void *first, *second, *event;
  cuStreamCreate(&first, 1);
  cuStreamCreate(&second, 1);
  cuEventCreate(&event, 0);
  Buffer a(A), b(B), c(16), d(16);
  cuCtxSynchronize();
  auto chain = [&](bool ordered) {
    cublasSetStream_v2(blas.handle, first);
    gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(c), 2);
    if (ordered) {
      cuEventRecord(event, first);
      cuStreamWaitEvent(second, event, 0);
    }
    cublasSetStream_v2(blas.handle, second);
    gemm(blas, 0, 0, {2, 2, 2}, 1, in(c), 2, in(c), 2, 0, out(d), 2);
  };
  chain(false);
  check_equal(cuCtxSynchronize(), 719, "a missing event");
  check_fault({"cublasSgemm_v2: A [2 x 2", "uninitialised read"}, "a missing event");
  chain(true);
  check_equal(cuStreamQuery(second), 600, "it runs late");
  check_equal(cuCtxSynchronize(), 0, "with the event");
  // [5 11; 14 23] squared.
  check_floats(d, {179, 392, 308, 683}, "with the event");
  cuStreamDestroy_v2(second);
  check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(c), 2), 7, "no stream");
  check_fault({"cublasSgemm_v2: no such stream"}, "no stream");
  check_equal(cublasSetStream_v2(blas.handle, second), 7, "a stream that is gone");
  check_fault({"cublasSetStream_v2: no such stream"}, "a stream that is gone");
  cuStreamDestroy_v2(first);
  cuEventDestroy_v2(event);
}

void check_handles() {
  int version = 0;
  void *handle, *other;
  check_equal(cublasCreate_v2(&handle), 0, "a handle");
  check(text(simulator_leaks).find("1 cuBLAS handle(s)") != std::string::npos, "a handle is left");
  check_equal(cublasGetVersion_v2(handle, &version), 0, "a version");
  check_equal(version, 120600, "the version");
  for (int part = 0; part < 3; part++) {
    check_equal(cublasGetProperty(part, &version), 0, "a part of the version");
    check_equal(version, part == 0 ? 12 : part == 1 ? 6 : 0, "the part");
  }
  check_equal(cublasGetProperty(3, &version), 7, "no such part");
  cuDevicePrimaryCtxRetain(&other, 1);
  cuCtxPushCurrent_v2(other);
  check_equal(cublasSetStream_v2(handle, nullptr), 1, "another device");
  check_fault({"wrong context: the handle is of device 0, current is device 1"}, "another device");
  cuCtxPopCurrent_v2(nullptr);
  cuDevicePrimaryCtxRelease_v2(1);
  cuCtxPopCurrent_v2(&other);
  void* none;
  check_equal(cublasCreate_v2(&none), 1, "no context");
  check_fault({"cublasCreate_v2: missing context"}, "no context");
  cuCtxPushCurrent_v2(other);
  check_equal(cublasDestroy_v2(handle), 0, "its end");
  check_equal(cublasDestroy_v2(handle), 1, "twice");
  check_fault({"cublasDestroy_v2: no such handle, or it was destroyed"}, "twice");
  check_equal(cublasSetMathMode(handle, 0), 1, "after that");
  check_fault({"cublasSetMathMode: no such handle"}, "after that");
  check(text(simulator_leaks).find("cuBLAS") == std::string::npos, "nothing is left");
}

void check_failures() {
  simulator_fail("blas:1");
  void* none;
  check_equal(cublasCreate_v2(&none), 3, "a handle that fails");
  Blas blas;
  Buffer a(A), b(B), c(16);
  simulator_fail("blas:2");
  for (int expected : {0, 13, 0}) {
    check_equal(gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(c), 2), expected,
        "the second call fails");
  }
  check(text(simulator_first_fault).empty(), "as it was asked to");
  check_floats(c, PRODUCT, "the third does not");
  simulator_reset();
  cuMemcpyDtoH_v2(&none, c.address, 4);
  gemm(blas, 0, 0, {2, 2, 3}, 1, in(a), 2, in(b), 3, 0, out(c), 2);
  cuCtxSynchronize();
  std::string log = text(simulator_log);
  check(log.find("\n2,cublasSgemm_v2,1,1,1,1,1,1,0,0,0,0,48,16,2,1,") != std::string::npos,
      "the log: " + log);
}

} // namespace

void test_blas() {
  check_transposes();
  check_leading_dimensions();
  check_zeros();
  check_batches();
  check_large();
  check_rounding();
  check_tf32();
  check_device_scalars();
  check_arguments();
  check_memory();
  check_workspace();
  check_streams();
  check_handles();
  check_failures();
}

} // namespace test
