#include "product.h"

#include <algorithm>
#include <vector>

namespace simulator::dnn {
namespace {

constexpr std::size_t LANES = 8, COLUMNS = 2 * LANES, ROWS = 4;

typedef float Lanes __attribute__((vector_size(4 * LANES)));

// Adds to the first columns of so many rows of c; the panel holds b's 16 columns, row after row.
template <std::size_t COUNT>
void tile(const Product& p, std::size_t row, const Lanes* panel, std::size_t column) {
  std::size_t width = std::min(COLUMNS, p.n - column);
  float results[COUNT][COLUMNS] = {};
  Lanes sums[COUNT][2];
  for (std::size_t i = 0; i < COUNT; ++i) {
    std::copy_n(p.c + (row + i) * p.c_row + column, width, results[i]);
    std::copy_n(results[i], COLUMNS, reinterpret_cast<float*>(sums[i]));
  }
  for (std::size_t k = 0; k < p.k; ++k) {
    for (std::size_t i = 0; i < COUNT; ++i) {
      float factor = p.a[(row + i) * p.a_row + k];
      sums[i][0] += factor * panel[2 * k];
      sums[i][1] += factor * panel[2 * k + 1];
    }
  }
  for (std::size_t i = 0; i < COUNT; ++i) {
    std::copy_n(reinterpret_cast<const float*>(sums[i]), width,
        p.c + (row + i) * p.c_row + column);
  }
}

} // namespace

void Product::run() const {
  std::vector<Lanes> panel(2 * k);
  for (std::size_t column = 0; column < n; column += COLUMNS) {
    std::size_t width = std::min(COLUMNS, n - column);
    for (std::size_t i = 0; i < k; ++i) {
      std::copy_n(b + i * b_row + column, width, reinterpret_cast<float*>(&panel[2 * i]));
    }
    std::size_t row = 0;
    for (; row + ROWS <= m; row += ROWS) {
      tile<ROWS>(*this, row, panel.data(), column);
    }
    for (; row < m; ++row) {
      tile<1>(*this, row, panel.data(), column);
    }
  }
}

} // namespace simulator::dnn
