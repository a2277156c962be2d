#include "multiply.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>
#ifdef __FMA__
#include <immintrin.h>
#endif

namespace simulator {
namespace library {
namespace {

constexpr int WIDTH = 8;                    // floats of a vector
constexpr int VECTORS = 2, COLUMNS = 6;     // of a tile, which registers hold
constexpr int ROWS = VECTORS * WIDTH;       // of a tile
constexpr std::int64_t BLOCK_ROWS = 8 * ROWS, BLOCK_COLUMNS = 16 * COLUMNS; // of a thread's piece
constexpr double WORTH_A_THREAD = 1e5;      // multiplications

using Vector = float __attribute__((vector_size(WIDTH * sizeof(float))));

inline Vector multiply_add(Vector a, Vector b, Vector c) {
#ifdef __FMA__
  return Vector(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c)));
#else
  Vector result;
  for (int i = 0; i < WIDTH; ++i) {
    result[i] = std::fma(a[i], b[i], c[i]);
  }
  return result;
#endif
}

// Copies [extent, depth] into strips of the given height, each of them depth by depth, with zeros
// behind the extent.
template <int HEIGHT>
std::vector<float> pack(Matrix<const float> from, std::int64_t extent, std::int64_t depth, bool tf32) {
  std::int64_t strips = (extent + HEIGHT - 1) / HEIGHT;
  std::vector<float> result(strips * HEIGHT * depth);
  for (std::int64_t i = 0; i < extent; ++i) {
    float* to = result.data() + i / HEIGHT * HEIGHT * depth + i % HEIGHT;
    for (std::int64_t l = 0; l < depth; ++l) {
      float value = from.at(i, l);
      to[l * HEIGHT] = tf32 ? to_tf32(value) : value;
    }
  }
  return result;
}

// sums [COLUMNS, ROWS] of a strip of A [depth, ROWS] and one of B [depth, COLUMNS].
void multiply_tile(std::int64_t depth, const float* a, const float* b, float* sums) {
  Vector sum[COLUMNS][VECTORS] = {};
  for (std::int64_t l = 0; l < depth; ++l, a += ROWS, b += COLUMNS) {
    Vector rows[VECTORS];
    std::memcpy(rows, a, sizeof rows);
#pragma GCC unroll 6
    for (int j = 0; j < COLUMNS; ++j) {
      Vector column = b[j] - Vector{}; // in all places
#pragma GCC unroll 2
      for (int v = 0; v < VECTORS; ++v) {
        sum[j][v] = multiply_add(rows[v], column, sum[j][v]);
      }
    }
  }
  std::memcpy(sums, sum, sizeof sum);
}

// The rows and columns of C from (i, j) on that one thread makes.
void multiply_block(const Product& p, std::int64_t entry, std::int64_t i, std::int64_t j) {
  std::int64_t rows = std::min(BLOCK_ROWS, p.m - i), columns = std::min(BLOCK_COLUMNS, p.n - j);
  Matrix<const float> a{&p.a.at(i, 0) + entry * p.step_a, p.a.row, p.a.column};
  Matrix<const float> transposed{&p.b.at(0, j) + entry * p.step_b, p.b.column, p.b.row};
  Matrix<float> c{&p.c.at(i, j) + entry * p.step_c, p.c.row, p.c.column};
  std::vector<float> left = pack<ROWS>(a, rows, p.k, p.tf32);
  std::vector<float> right = pack<COLUMNS>(transposed, columns, p.k, p.tf32);
  float sums[COLUMNS * ROWS];
  for (std::int64_t y = 0; y < columns; y += COLUMNS) {
    for (std::int64_t x = 0; x < rows; x += ROWS) {
      multiply_tile(p.k, left.data() + x * p.k, right.data() + y * p.k, sums);
      for (std::int64_t column = y; column < std::min(columns, y + COLUMNS); ++column) {
        for (std::int64_t row = x; row < std::min(rows, x + ROWS); ++row) {
          float& to = c.at(row, column);
          float sum = p.alpha * sums[(column - y) * ROWS + row - x];
          to = p.beta == 0 ? sum : sum + p.beta * to;
        }
      }
    }
  }
}

} // namespace

float to_tf32(float value) {
  if (!std::isfinite(value)) {
    return value;
  }
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

void multiply(const Product& p) {
  auto down = static_cast<std::uint64_t>((p.m + BLOCK_ROWS - 1) / BLOCK_ROWS);
  auto across = static_cast<std::uint64_t>((p.n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS);
  std::uint64_t blocks = down * across * p.batch;
  auto block = [&](std::uint64_t index) {
    multiply_block(p, index / (down * across), index % down * BLOCK_ROWS,
        index / down % across * BLOCK_COLUMNS);
  };
  if (static_cast<double>(p.m) * p.n * p.k * p.batch < WORTH_A_THREAD) {
    for (std::uint64_t index = 0; index < blocks; ++index) {
      block(index);
    }
  } else {
    parallel(blocks, block);
  }
}

void scale(const Product& p) {
  for (std::int64_t entry = 0; entry < p.batch; ++entry) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      for (std::int64_t i = 0; i < p.m; ++i) {
        float& to = (&p.c.at(i, j))[entry * p.step_c];
        to = p.beta == 0 ? 0 : p.beta * to;
      }
    }
  }
}

} // namespace library
} // namespace simulator
