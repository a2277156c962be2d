// Approximations against the host's long double, within the errors that the PTX ISA documents.
#include "test.h"

#include <cmath>

namespace test {
namespace {

using Real = long double;

struct Bound {
  Real relative, absolute;
};

float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}

// Zeros, infinities and NaN must be met exactly.
bool near(float got, Real wanted, Bound bound, bool ftz) {
  auto rounded = static_cast<float>(wanted);
  rounded = ftz ? flushed(rounded) : rounded;
  if (std::isnan(wanted)) {
    return std::isnan(got);
  }
  if (std::isinf(rounded) || (rounded == 0 && wanted == 0)) {
    return got == rounded && std::signbit(got) == std::signbit(rounded);
  }
  if (std::fabs(rounded) < 0x1p-126f) {
    return std::fabs(got - rounded) <= 0x1p-149f; // one step of the subnormals
  }
  return std::fabs(got - wanted) <= bound.relative * std::fabs(wanted) + bound.absolute;
}

std::vector<float> inputs(float low, float high) {
  std::vector<float> values = edges<float>();
  for (int i = 0; i <= 200; ++i) {
    values.push_back(low + (high - low) * static_cast<float>(i) / 200);
  }
  return values;
}

template <class F>
void check_unary(const std::string& opcode, std::vector<float> values, Bound bound, F expected,
    std::vector<bool> forms = {false, true}) {
  for (bool ftz : forms) {
    std::string spelling = opcode + (ftz ? ".approx.ftz.f32" : ".approx.f32");
    std::vector<std::vector<std::uint64_t>> rows;
    for (float value : values) {
      rows.push_back({bits(value)});
    }
    auto got = evaluate(spelling, {{4}, {4}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Real wanted = expected(static_cast<Real>(ftz ? flushed(values[i]) : values[i]));
      float result = from_bits<float>(got[i][0]);
      check(near(result, wanted, bound, ftz), describe(spelling, rows[i], got[i][0],
          std::to_string(wanted) + ", got " + std::to_string(result)));
    }
  }
}

template <class F> void check_divisions(const std::string& mode, F expected) {
  for (bool ftz : {false, true}) {
    std::string spelling = "div." + mode + (ftz ? ".ftz.f32" : ".f32");
    std::vector<std::vector<std::uint64_t>> rows;
    for (float a : edges<float>()) {
      for (float b : edges<float>()) {
        rows.push_back({bits(a), bits(b)});
      }
    }
    auto got = evaluate(spelling, {{4}, {4, 4}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto a = from_bits<float>(rows[i][0]), b = from_bits<float>(rows[i][1]);
      Real wanted = ftz ? expected(flushed(a), flushed(b)) : expected(a, b);
      check(near(from_bits<float>(got[i][0]), wanted, {0x1p-22L, 0}, ftz),
          describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
    }
  }
}

// 2^-20 of the value, and zeros below the mantissa's upper half.
template <class F> void check_coarse(const std::string& spelling, F expected) {
  std::vector<std::vector<std::uint64_t>> rows;
  for (double value : edges<double>()) {
    rows.push_back({bits(value)});
  }
  auto got = evaluate(spelling, {{8}, {8}}, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto a = from_bits<double>(rows[i][0]);
    a = std::fpclassify(a) == FP_SUBNORMAL ? std::copysign(0.0, a) : a;
    auto wanted = static_cast<double>(expected(static_cast<Real>(a)));
    wanted = std::fpclassify(wanted) == FP_SUBNORMAL ? std::copysign(0.0, wanted) : wanted;
    auto result = from_bits<double>(got[i][0]);
    bool close = std::isnan(wanted) ? std::isnan(result)
        : std::isinf(wanted) || wanted == 0 ? bits(result) == bits(wanted)
        : std::fabs(result - wanted) <= 0x1p-20 * std::fabs(wanted);
    check(close && (got[i][0] & 0xffffffff) == 0,
        describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
  }
}

} // namespace

void test_approximations() {
  check_unary("ex2", inputs(-150, 129), {0x1p-22L, 0}, [](Real a) { return std::exp2(a); });
  check_unary("lg2", inputs(0.25f, 4), {0x1p-22L, 0x1p-22L}, [](Real a) { return std::log2(a); });
  // Outside of [-pi, pi] there is no bound for small results; the simulator's are better than that.
  check_unary("sin", inputs(-3.14f, 3.14f), {0x1p-20L, 0x1p-20L}, [](Real a) { return std::sin(a); });
  check_unary("cos", inputs(-3.14f, 3.14f), {0x1p-20L, 0x1p-20L}, [](Real a) { return std::cos(a); });
  check_unary("tanh", inputs(-9, 9), {0x1p-11L, 0}, [](Real a) { return std::tanh(a); }, {false});
  check_unary("rcp", inputs(-3, 3), {0x1p-23L, 0}, [](Real a) { return 1 / a; });
  check_unary("sqrt", inputs(0, 10), {0x1p-23L, 0}, [](Real a) { return std::sqrt(a); });
  check_unary("rsqrt", inputs(0, 10), {0x1p-22L, 0}, [](Real a) { return 1 / std::sqrt(a); });
  check_divisions("full", [](Real a, Real b) { return a / b; });
  check_divisions("approx", [](Real a, Real b) {
    // For 2^126 < |b| < 2^128 the result is 0, or NaN for an infinite a.
    bool huge = std::fabs(b) > 0x1p126L && !std::isinf(b);
    return !huge ? a / b : std::isinf(a) ? std::nan("") : (a / b) * 0;
  });
  check_coarse("rcp.approx.ftz.f64", [](Real a) { return 1 / a; });
  check_coarse("rsqrt.approx.ftz.f64", [](Real a) { return 1 / std::sqrt(a); });
}

} // namespace test
