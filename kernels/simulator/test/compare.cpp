// Comparisons: how two values lie to each other decides all of them.
#include "test.h"

#include <cmath>

namespace test {
namespace {

enum Relation { LESS = 1, EQUAL = 2, GREATER = 4, UNORDERED = 8 };

struct Comparison {
  const char* name;
  int holds_for; // relations
};

const Comparison INTEGER[] = {{"eq", EQUAL}, {"ne", LESS | GREATER}, {"lt", LESS},
    {"le", LESS | EQUAL}, {"gt", GREATER}, {"ge", GREATER | EQUAL}};
const Comparison UNSIGNED[] = {
    {"lo", LESS}, {"ls", LESS | EQUAL}, {"hi", GREATER}, {"hs", GREATER | EQUAL}};
const Comparison FLOATING[] = {{"equ", EQUAL | UNORDERED}, {"neu", LESS | GREATER | UNORDERED},
    {"ltu", LESS | UNORDERED}, {"leu", LESS | EQUAL | UNORDERED}, {"gtu", GREATER | UNORDERED},
    {"geu", GREATER | EQUAL | UNORDERED}, {"num", LESS | EQUAL | GREATER}, {"nan", UNORDERED}};

template <class T> int relation(T a, T b, bool flush) {
  auto value = [=](T x) { return flush && std::fabs(static_cast<double>(x)) < 0x1p-126 ? T{0} : x; };
  T x = value(a), y = value(b);
  return x < y ? LESS : x > y ? GREATER : x == y ? EQUAL : UNORDERED;
}

template <class T> void check_one(const Comparison& comparison, const std::string& type, bool ftz) {
  struct {
    const char* name;
    bool (*combine)(bool, bool);
  } combinations[] = {{"", [](bool result, bool) { return result; }},
      {".and", [](bool result, bool with) { return result && with; }},
      {".or", [](bool result, bool with) { return result || with; }},
      {".xor", [](bool result, bool with) { return result != with; }}};
  for (const auto& combination : combinations) {
    bool combined = combination.name[0] != '\0';
    std::vector<std::vector<std::uint64_t>> rows;
    for (T a : edges<T>()) {
      for (T b : edges<T>()) {
        rows.push_back({bits(a), bits(b)});
        if (combined) {
          rows.back().push_back(0);
          rows.push_back({bits(a), bits(b), 1});
        }
      }
    }
    std::string spelling =
        std::string("setp.") + comparison.name + combination.name + (ftz ? ".ftz" : "") + type;
    std::vector<int> operands{sizeof(T), sizeof(T)};
    if (combined) {
      operands.push_back(0);
    }
    auto got = evaluate(spelling, {{0, 0}, operands}, rows, combined ? "$0|$1, $2, $3, $4"
                                                                     : "$0|$1, $2, $3");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      bool holds = (relation(from_bits<T>(rows[i][0]), from_bits<T>(rows[i][1]), ftz)
          & comparison.holds_for) != 0;
      bool with = combined && rows[i][2] != 0;
      bool first = combination.combine(holds, with), second = combination.combine(!holds, with);
      if (got[i][0] != first || got[i][1] != second) {
        fail(describe(spelling, rows[i], got[i][0] | got[i][1] << 1,
            std::to_string(first | second << 1)));
        return;
      }
    }
  }
}

template <class T> void check_all(const std::string& type, bool floating, bool ordered, bool ftz) {
  for (const Comparison& comparison : INTEGER) {
    if (ordered || std::string(comparison.name) == "eq" || std::string(comparison.name) == "ne") {
      check_one<T>(comparison, type, ftz);
    }
  }
  if (floating) {
    for (const Comparison& comparison : FLOATING) {
      check_one<T>(comparison, type, ftz);
    }
  }
  if (type[1] == 'u') {
    for (const Comparison& comparison : UNSIGNED) {
      check_one<T>(comparison, type, ftz);
    }
  }
}

template <class T> void check_selects(const std::string& type) {
  auto got = evaluate("selp" + type, {{sizeof(T)}, {sizeof(T), sizeof(T), 0}},
      {{17, 35, 0}, {17, 35, 1}});
  check_equal(got[0][0], 35, "selp" + type);
  check_equal(got[1][0], 17, "selp" + type);
  if (sizeof(T) == 2) {
    return;
  }
  check_values<T, T, T, std::int32_t>("slct" + type + ".s32",
      [](T a, T b, std::int32_t c) { return c >= 0 ? a : b; });
  check_values<T, T, T, float>("slct" + type + ".f32",
      [](T a, T b, float c) { return std::isnan(c) || c < 0 ? b : a; });
  // A subnormal c counts as zero, so that a negative one selects a.
  check_values<T, T, T, float>("slct.ftz" + type + ".f32",
      [](T a, T b, float c) { return std::isnan(c) || c <= -0x1p-126f ? b : a; });
}

} // namespace

void test_compare() {
  check_all<std::uint16_t>(".b16", false, false, false);
  check_all<std::uint32_t>(".b32", false, false, false);
  check_all<std::uint64_t>(".b64", false, false, false);
  check_all<std::uint16_t>(".u16", false, true, false);
  check_all<std::int16_t>(".s16", false, true, false);
  check_all<std::uint32_t>(".u32", false, true, false);
  check_all<std::int32_t>(".s32", false, true, false);
  check_all<std::uint64_t>(".u64", false, true, false);
  check_all<std::int64_t>(".s64", false, true, false);
  check_all<float>(".f32", true, true, false);
  check_all<float>(".f32", true, true, true);
  check_all<double>(".f64", true, true, false);
  for (const char* type : {".b16", ".u16", ".s16"}) {
    check_selects<std::uint16_t>(type);
  }
  for (const char* type : {".b32", ".u32", ".s32", ".f32"}) {
    check_selects<std::uint32_t>(type);
  }
  for (const char* type : {".b64", ".u64", ".s64", ".f64"}) {
    check_selects<std::uint64_t>(type);
  }
}

} // namespace test
