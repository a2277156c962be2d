// Floating-point arithmetic against exact arithmetic, with what IEEE 754 says of NaN and infinity.
#include "exact.h"
#include "test.h"

#include <cmath>
#include <limits>

namespace test {
namespace {

template <class T> T flushed(T value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(T{0}, value) : value;
}

template <class T> T nan() { return std::numeric_limits<T>::quiet_NaN(); }

template <class T> bool finite(T value) { return std::isfinite(value); }

template <class T> T plus(T a, T b, Rounding rounding) {
  if (!finite(a) || !finite(b)) {
    return a + b;
  }
  return round_to<T>(add(exact_of(a), exact_of(b), rounding), rounding);
}

template <class T> T times(T a, T b, Rounding rounding) {
  if (!finite(a) || !finite(b)) {
    return a * b;
  }
  return round_to<T>(multiply(exact_of(a), exact_of(b)), rounding);
}

template <class T> T over(T a, T b, Rounding rounding) {
  if (!finite(a) || !finite(b) || b == 0) {
    return a / b;
  }
  return round_to<T>(divide(exact_of(a), exact_of(b)), rounding);
}

template <class T> T fused(T a, T b, T c, Rounding rounding) {
  if (!finite(a) || !finite(b) || !finite(c)) {
    // The product of finite numbers is finite here, however large.
    return finite(a) && finite(b) ? c : a * b + c;
  }
  return round_to<T>(add(multiply(exact_of(a), exact_of(b)), exact_of(c), rounding), rounding);
}

template <class T> T root(T a, Rounding rounding) {
  if (a < 0) {
    return nan<T>();
  }
  return !finite(a) ? a : round_to<T>(square_root(exact_of(a)), rounding);
}

// NaN as PTX has it: one value for float32, any for float64.
template <class T> bool same(T got, T wanted) {
  if (std::isnan(wanted)) {
    return sizeof(T) == 4 ? bits(got) == 0x7fffffff : std::isnan(got);
  }
  return bits(got) == bits(wanted);
}

template <class T, class F>
void check_float(const std::string& spelling, int operands, bool ftz, bool sat, F expected) {
  std::vector<std::vector<std::uint64_t>> rows{{}};
  for (int i = 0; i < operands; ++i) {
    std::vector<std::vector<std::uint64_t>> longer;
    for (const auto& row : rows) {
      for (T value : edges<T>()) {
        longer.push_back(row);
        longer.back().push_back(bits(value));
      }
    }
    rows = longer;
  }
  // Ties that only the third operand breaks, and one rounding where two would go wrong.
  if (operands == 3) {
    T e = std::numeric_limits<T>::epsilon(), tiny = std::numeric_limits<T>::denorm_min();
    for (T c : {tiny, -tiny, T{0}}) {
      rows.push_back({bits(1 + e), bits(1 + e / 2 + e), bits(c)});
      rows.push_back({bits(1 + e), bits(1 - e / 2), bits(c)});
      rows.push_back({bits(1 + e), bits(1 - e), bits(T{-1})});
    }
  }
  std::vector<int> sizes(operands, sizeof(T));
  auto got = evaluate(spelling, {{sizeof(T)}, sizes}, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    T value[3] = {};
    for (int j = 0; j < operands; ++j) {
      value[j] = from_bits<T>(rows[i][j]);
      value[j] = ftz ? flushed(value[j]) : value[j];
    }
    T wanted = expected(value[0], value[1], value[2]);
    wanted = ftz ? flushed(wanted) : wanted;
    if (sat) {
      wanted = std::isnan(wanted) ? T{0} : std::fmin(std::fmax(wanted, T{0}), T{1});
      wanted = wanted == 0 ? T{0} : wanted;
    }
    if (!same(from_bits<T>(got[i][0]), wanted)) {
      fail(describe(spelling, rows[i], got[i][0], std::to_string(bits(wanted))));
      return;
    }
  }
}

template <class F>
void check_forms(const std::string& opcode, int operands, bool saturable, F expected) {
  for (bool ftz : {false, true}) {
    for (bool sat : {false, true}) {
      if (!sat || saturable) {
        check_float<float>(opcode + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") + ".f32", operands,
            ftz, sat, expected);
      }
    }
  }
  check_float<double>(opcode + ".f64", operands, false, false, expected);
}

void check_rounding(const std::string& rounding, Rounding how) {
  check_forms("add" + rounding, 2, true, [=](auto a, auto b, auto) { return plus(a, b, how); });
  check_forms("sub" + rounding, 2, true, [=](auto a, auto b, auto) { return plus(a, -b, how); });
  check_forms("mul" + rounding, 2, true, [=](auto a, auto b, auto) { return times(a, b, how); });
  if (rounding.empty()) {
    return;
  }
  check_forms("fma" + rounding, 3, true,
      [=](auto a, auto b, auto c) { return fused(a, b, c, how); });
  check_forms("div" + rounding, 2, false, [=](auto a, auto b, auto) { return over(a, b, how); });
  check_forms("rcp" + rounding, 1, false,
      [=](auto a, auto, auto) { return over(decltype(a){1}, a, how); });
  check_forms("sqrt" + rounding, 1, false, [=](auto a, auto, auto) { return root(a, how); });
}

template <class T> void check_signs(const std::string& type, bool ftz) {
  using U = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr U sign = U{1} << (8 * sizeof(T) - 1);
  auto with = [](T value, auto change) { return from_bits<T>(change(static_cast<U>(bits(value)))); };
  std::string end = (ftz ? ".ftz" : "") + type;
  // Of NaN only that it stays one is said.
  auto check_one = [&](const std::string& name, auto change) {
    std::vector<std::vector<std::uint64_t>> rows;
    for (T a : edges<T>()) {
      rows.push_back({bits(a)});
    }
    auto got = evaluate(name + end, {{sizeof(T)}, {sizeof(T)}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      T a = from_bits<T>(rows[i][0]), result = from_bits<T>(got[i][0]);
      T wanted = with(ftz ? flushed(a) : a, change);
      check(std::isnan(a) ? std::isnan(result) : bits(result) == bits(wanted),
          describe(name + end, rows[i], got[i][0], std::to_string(wanted)));
    }
  };
  check_one("abs", [=](U value) { return static_cast<U>(value & ~sign); });
  check_one("neg", [=](U value) { return static_cast<U>(value ^ sign); });
}

template <class T> void check_choices(const std::string& type, bool ftz) {
  std::string end = (ftz ? ".ftz" : "") + type;
  // -0 is below +0, and a number is preferred to NaN.
  auto key = [](T value) { return std::make_pair(value, !std::signbit(value)); };
  check_float<T>("min" + end, 2, ftz, false, [=](T a, T b, T) {
    return std::isnan(a) ? b : std::isnan(b) ? a : key(a) < key(b) ? a : b;
  });
  check_float<T>("max" + end, 2, ftz, false, [=](T a, T b, T) {
    return std::isnan(a) ? b : std::isnan(b) ? a : key(a) < key(b) ? b : a;
  });
}

template <class T> void check_copysign(const std::string& type) {
  check_values<T, T, T>("copysign" + type, [](T a, T b) { return std::copysign(b, a); });
}

template <class T> void check_tests(const std::string& type) {
  struct {
    const char* name;
    bool (*holds)(T);
  } tests[] = {{"finite", [](T a) { return a - a == 0; }},
      {"infinite", [](T a) { return a == INFINITY || a == -INFINITY; }},
      {"number", [](T a) { return a == a; }}, {"notanumber", [](T a) { return a != a; }},
      {"normal", [](T a) {
         return std::fabs(a) >= std::numeric_limits<T>::min() && std::fabs(a) < INFINITY;
       }},
      {"subnormal", [](T a) { return a != 0 && std::fabs(a) < std::numeric_limits<T>::min(); }}};
  for (const auto& one : tests) {
    std::vector<std::vector<std::uint64_t>> rows;
    for (T a : edges<T>()) {
      rows.push_back({bits(a)});
    }
    std::string spelling = std::string("testp.") + one.name + type;
    auto got = evaluate(spelling, {{0}, {sizeof(T)}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      check_equal(got[i][0], one.holds(from_bits<T>(rows[i][0])),
          describe(spelling, rows[i], got[i][0], ""));
    }
  }
}

void check_known() {
  // Worked out by hand: 2^-149 * 0.5 is half the smallest number, a tie that goes to zero; one
  // third is 0x3eaaaaab to nearest and 0x3eaaaaaa toward zero; (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46.
  check_equal(evaluate("mul.rn.f32", {{4}, {4, 4}}, {{1, 0x3f000000}})[0][0], 0, "half of 2^-149");
  check_equal(evaluate("mul.rp.f32", {{4}, {4, 4}}, {{1, 0x3f000000}})[0][0], 1, "rounded up");
  check_equal(evaluate("div.rn.f32", {{4}, {4, 4}}, {{0x3f800000, 0x40400000}})[0][0], 0x3eaaaaab,
      "a third");
  check_equal(evaluate("div.rz.f32", {{4}, {4, 4}}, {{0x3f800000, 0x40400000}})[0][0], 0x3eaaaaaa,
      "a third toward zero");
  check_equal(evaluate("fma.rn.f32", {{4}, {4, 4, 4}}, {{0x3f800001, 0x3f800001, 0xbf800002}})[0][0],
      0x28800000, "what only a fused product keeps");
  check_equal(evaluate("sqrt.rn.f32", {{4}, {4}}, {{0x40000000}})[0][0], 0x3fb504f3, "root of 2");
}

} // namespace

void test_floats() {
  check_rounding("", Rounding::NEAREST);
  check_rounding(".rn", Rounding::NEAREST);
  check_rounding(".rz", Rounding::ZERO);
  check_rounding(".rm", Rounding::DOWN);
  check_rounding(".rp", Rounding::UP);
  check_forms("mad.rn", 3, true,
      [](auto a, auto b, auto c) { return fused(a, b, c, Rounding::NEAREST); });
  check_signs<float>(".f32", false);
  check_signs<float>(".f32", true);
  check_signs<double>(".f64", false);
  check_choices<float>(".f32", false);
  check_choices<float>(".f32", true);
  check_choices<double>(".f64", false);
  check_copysign<float>(".f32");
  check_copysign<double>(".f64");
  check_tests<float>(".f32");
  check_tests<double>(".f64");
  check_known();
}

} // namespace test
