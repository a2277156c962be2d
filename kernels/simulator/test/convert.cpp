// Conversions.
#include "exact.h"
#include "test.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace test {
namespace {

__extension__ using Wide = __int128;

struct Mode {
  const char *number, *whole;
  Rounding rounding;
};

const Mode MODES[] = {{".rn", ".rni", Rounding::NEAREST}, {".rz", ".rzi", Rounding::ZERO},
    {".rm", ".rmi", Rounding::DOWN}, {".rp", ".rpi", Rounding::UP}};

template <class T> std::string type_name() {
  char letter = std::is_floating_point<T>::value ? 'f' : std::is_signed<T>::value ? 's' : 'u';
  return std::string(".") + letter + std::to_string(8 * sizeof(T));
}

// Registers have at least 16 bits.
template <class T> int width() { return std::max<int>(2, sizeof(T)); }

template <class T> float flushed(T value) {
  auto single = static_cast<float>(value);
  return std::fpclassify(single) == FP_SUBNORMAL ? std::copysign(0.0f, single) : single;
}

// What a register of that width holds of a value.
template <class T> std::uint64_t spread(T value, int size) {
  Wide wide = value;
  return static_cast<std::uint64_t>(wide) & (size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * size) - 1);
}

template <class S> std::vector<std::vector<std::uint64_t>> integer_rows() {
  std::vector<std::vector<std::uint64_t>> rows;
  for (std::int64_t value : edges<std::int64_t>()) {
    rows.push_back({spread(static_cast<S>(value), width<S>())});
  }
  for (int i = 0; i < 64; ++i) {
    rows.push_back({spread(static_cast<S>((std::uint64_t{3} << i) - 1), width<S>())});
  }
  return rows;
}

template <class D, class S> void check_integers() {
  for (bool sat : {false, true}) {
    std::string spelling = (sat ? "cvt.sat" : "cvt") + type_name<D>() + type_name<S>();
    auto rows = integer_rows<S>();
    for (int to : {width<D>(), 8}) {
      auto got = evaluate(spelling, {{to}, {width<S>()}}, rows);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        Wide value = from_bits<S>(rows[i][0]);
        Wide low = std::numeric_limits<D>::min(), high = std::numeric_limits<D>::max();
        Wide limited = value < low ? low : value > high ? high : value;
        std::uint64_t wanted = spread(static_cast<D>(sat ? limited : value), to);
        check(got[i][0] == wanted, describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
      }
    }
  }
}

long double whole(long double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::NEAREST: return std::rint(value);
    case Rounding::ZERO: return value < 0 ? std::ceil(value) : std::floor(value);
    case Rounding::DOWN: return std::floor(value);
    default: return std::ceil(value);
  }
}

template <class S> std::vector<S> float_values() {
  std::vector<S> values = edges<S>();
  for (S step : {S{0.5}, S{1.5}, S{2.5}, S{-0.5}, S{-1.5}, S{0.499}, S{126.7}, S{127.5}, S{255.5},
           S{-128.5}, S{32767.5}, S{65535.9f}, S{2147483648.0}, S{4294967296.0}, S{-2147483648.0},
           S{9223372036854775808.0}, S{18446744073709551616.0}}) {
    values.push_back(step);
  }
  return values;
}

template <class D, class S> void check_to_integer() {
  for (const Mode& mode : MODES) {
    for (bool ftz : {false, true}) {
      for (bool sat : {false, true}) {
        if (ftz && sizeof(S) == 8) {
          continue;
        }
        std::string spelling = std::string("cvt") + mode.whole + (ftz ? ".ftz" : "")
            + (sat ? ".sat" : "") + type_name<D>() + type_name<S>();
        std::vector<std::vector<std::uint64_t>> rows;
        for (S value : float_values<S>()) {
          rows.push_back({bits(value)});
        }
        auto got = evaluate(spelling, {{width<D>()}, {sizeof(S)}}, rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
          auto value = from_bits<S>(rows[i][0]);
          long double rounded = whole(ftz ? flushed(value) : value, mode.rounding);
          D wanted;
          if (std::isnan(value)) {
            bool zero = sizeof(S) == 4 && sizeof(D) < 8;
            wanted = zero ? D{0} : static_cast<D>(std::uint64_t{1} << (8 * sizeof(D) - 1));
          } else if (rounded < static_cast<long double>(std::numeric_limits<D>::min())) {
            wanted = std::numeric_limits<D>::min();
          } else if (rounded > static_cast<long double>(std::numeric_limits<D>::max())) {
            wanted = std::numeric_limits<D>::max();
          } else {
            wanted = static_cast<D>(rounded);
          }
          check(got[i][0] == spread(wanted, width<D>()),
              describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
        }
      }
    }
  }
}

template <class D, class S> void check_to_float() {
  for (const Mode& mode : MODES) {
    std::string spelling = std::string("cvt") + mode.number + type_name<D>() + type_name<S>();
    auto rows = integer_rows<S>();
    auto got = evaluate(spelling, {{sizeof(D)}, {width<S>()}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Wide value = from_bits<S>(rows[i][0]);
      auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
      D wanted = round_to<D>(exact_of_integer(value < 0, magnitude), mode.rounding);
      check(got[i][0] == bits(wanted), describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
    }
  }
}

template <class D, class S, class F>
void check_floats(const std::string& mode, bool ftz, bool sat, F expected) {
  std::string spelling = "cvt" + mode + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") + type_name<D>()
      + type_name<S>();
  std::vector<std::vector<std::uint64_t>> rows;
  for (S value : float_values<S>()) {
    rows.push_back({bits(value)});
  }
  auto got = evaluate(spelling, {{sizeof(D)}, {sizeof(S)}}, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto value = from_bits<S>(rows[i][0]);
    value = ftz && sizeof(S) == 4 ? static_cast<S>(flushed(value)) : value;
    D wanted = std::isnan(value) || std::isinf(value) ? static_cast<D>(value) : expected(value);
    wanted = ftz && sizeof(D) == 4 ? static_cast<D>(flushed(wanted)) : wanted;
    if (sat) {
      wanted = !(wanted > 0) ? D{0} : std::min(wanted, D{1});
    }
    auto result = from_bits<D>(got[i][0]);
    bool right = std::isnan(wanted)
        ? (sizeof(D) == 4 ? got[i][0] == 0x7fffffff : std::isnan(result))
        : bits(result) == bits(wanted);
    check(right, describe(spelling, rows[i], got[i][0], std::to_string(wanted)));
  }
}

template <class T> void check_whole(bool ftz, bool sat) {
  for (const Mode& mode : MODES) {
    check_floats<T, T>(mode.whole, ftz, sat, [&](T value) {
      return std::copysign(static_cast<T>(whole(value, mode.rounding)), value);
    });
  }
  check_floats<T, T>("", ftz, sat, [](T value) { return value; });
}

template <class D> void check_destination() {
  check_integers<D, std::uint8_t>();
  check_integers<D, std::int8_t>();
  check_integers<D, std::uint16_t>();
  check_integers<D, std::int16_t>();
  check_integers<D, std::uint32_t>();
  check_integers<D, std::int32_t>();
  check_integers<D, std::uint64_t>();
  check_integers<D, std::int64_t>();
  check_to_integer<D, float>();
  check_to_integer<D, double>();
  check_to_float<float, D>();
  check_to_float<double, D>();
}

} // namespace

void test_convert() {
  check_destination<std::uint8_t>();
  check_destination<std::int8_t>();
  check_destination<std::uint16_t>();
  check_destination<std::int16_t>();
  check_destination<std::uint32_t>();
  check_destination<std::int32_t>();
  check_destination<std::uint64_t>();
  check_destination<std::int64_t>();
  for (bool sat : {false, true}) {
    for (bool ftz : {false, true}) {
      check_whole<float>(ftz, sat);
      check_floats<double, float>("", ftz, sat, [](float value) { return double{value}; });
      for (const Mode& mode : MODES) {
        check_floats<float, double>(mode.number, ftz, sat,
            [&](double value) { return round_to<float>(exact_of(value), mode.rounding); });
      }
    }
    check_whole<double>(false, sat);
  }
}

} // namespace test
