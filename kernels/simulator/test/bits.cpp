// Bit operations, bit by bit.
#include "test.h"

namespace test {
namespace {

template <class T> bool bit(T value, long at) {
  constexpr long size = 8 * sizeof(T);
  return at >= 0 && at < size && (static_cast<std::uint64_t>(value) >> at & 1) != 0;
}

// A number whose bits are what a function of their place says.
template <class T, class F> T build(F is_set) {
  std::uint64_t result = 0;
  for (unsigned i = 0; i < 8 * sizeof(T); ++i) {
    result |= is_set(static_cast<long>(i)) ? std::uint64_t{1} << i : 0;
  }
  return static_cast<T>(result);
}

template <class T> void check_logic(const std::string& type) {
  check_values<T, T, T>("and" + type,
      [](T a, T b) { return build<T>([=](long i) { return bit(a, i) && bit(b, i); }); });
  check_values<T, T, T>("or" + type,
      [](T a, T b) { return build<T>([=](long i) { return bit(a, i) || bit(b, i); }); });
  check_values<T, T, T>("xor" + type,
      [](T a, T b) { return build<T>([=](long i) { return bit(a, i) != bit(b, i); }); });
  check_values<T, T>("not" + type,
      [](T a) { return build<T>([=](long i) { return !bit(a, i); }); });
  check_values<T, T>("cnot" + type, [](T a) { return a == 0 ? T{1} : T{0}; });
  check_values<T, T, std::uint32_t>("shl" + type, [](T a, std::uint32_t by) {
    return build<T>([=](long i) { return bit(a, i - static_cast<long>(by)); });
  });
}

template <class T> void check_shift_right(const std::string& type) {
  check_values<T, T, std::uint32_t>("shr" + type, [](T a, std::uint32_t by) {
    constexpr long size = 8 * sizeof(T);
    return build<T>([=](long i) {
      long from = i + static_cast<long>(by);
      return from < size ? bit(a, from) : a < 0;
    });
  });
}

template <class T> void check_finds(const std::string& type) {
  constexpr long size = 8 * sizeof(T);
  auto find = [](T a) {
    long at = size - 1;
    while (at >= 0 && bit(a, at) == (a < 0)) {
      --at;
    }
    return at;
  };
  check_values<std::uint32_t, T>("bfind" + type,
      [=](T a) { return static_cast<std::uint32_t>(find(a)); });
  check_values<std::uint32_t, T>("bfind.shiftamt" + type,
      [=](T a) { return static_cast<std::uint32_t>(find(a) < 0 ? -1 : size - 1 - find(a)); });
  using U = std::uint32_t;
  check_values<T, T, U, U>("bfe" + type, [](T a, U start, U length) {
    long from = start % 256, count = length % 256;
    bool sign = std::is_signed<T>::value && count > 0
        && bit(a, std::min(from + count - 1, size - 1));
    return build<T>([=](long i) {
      return i < count && from + i < size ? bit(a, from + i) : sign;
    });
  });
}

template <class T> void check_counts(const std::string& type) {
  constexpr long size = 8 * sizeof(T);
  check_values<std::uint32_t, T>("popc" + type, [](T a) {
    std::uint32_t count = 0;
    for (long i = 0; i < size; ++i) {
      count += bit(a, i);
    }
    return count;
  });
  check_values<std::uint32_t, T>("clz" + type, [](T a) {
    std::uint32_t count = 0;
    while (count < size && !bit(a, size - 1 - static_cast<long>(count))) {
      ++count;
    }
    return count;
  });
  check_values<T, T>("brev" + type,
      [](T a) { return build<T>([=](long i) { return bit(a, size - 1 - i); }); });
  using U = std::uint32_t;
  check_values<T, T, T, U, U>("bfi" + type, [](T a, T b, U start, U length) {
    long from = start % 256, count = length % 256;
    return build<T>([=](long i) { return i >= from && i < from + count ? bit(a, i - from) : bit(b, i); });
  });
}

void check_funnels() {
  using U = std::uint32_t;
  auto joined = [](U low, U high, long at) { return at < 32 ? bit(low, at) : bit(high, at - 32); };
  for (bool wrap : {false, true}) {
    auto distance = [=](U by) { return static_cast<long>(wrap ? by % 32 : std::min(by, 32u)); };
    std::string end = wrap ? ".wrap.b32" : ".clamp.b32";
    check_values<U, U, U, U>("shf.l" + end, [=](U a, U b, U by) {
      return build<U>([=](long i) { return joined(a, b, i + 32 - distance(by)); });
    });
    check_values<U, U, U, U>("shf.r" + end, [=](U a, U b, U by) {
      return build<U>([=](long i) { return joined(a, b, i + distance(by)); });
    });
  }
}

void check_permute() {
  // Bytes 0x80 (whose sign is set) and 0x01 ... 0x07, picked by hand.
  auto got = evaluate("prmt.b32", {{4}, {4, 4, 4}}, {{0x03020180, 0x07060504, 0x3210},
      {0x03020180, 0x07060504, 0x7654}, {0x03020180, 0x07060504, 0x0123},
      {0x03020180, 0x07060504, 0x4040}, {0x03020180, 0x07060504, 0x8888},
      {0x03020180, 0x07060504, 0xf9a8}});
  std::uint64_t wanted[] = {0x03020180, 0x07060504, 0x80010203, 0x04800480, 0xffffffff, 0x000000ff};
  for (int i = 0; i < 6; ++i) {
    check_equal(got[i][0], wanted[i], "prmt.b32 case " + std::to_string(i));
  }
}

void check_lop3() {
  // The table of a function is its value at a = 0xf0, b = 0xcc, c = 0xaa.
  using U = std::uint32_t;
  struct {
    U table;
    U (*function)(U, U, U);
  } functions[] = {{0x80, [](U a, U b, U c) { return a & b & c; }},
      {0x96, [](U a, U b, U c) { return a ^ b ^ c; }},
      {0xe8, [](U a, U b, U c) { return (a & b) | (a & c) | (b & c); }},
      {0x1a, [](U a, U b, U c) { return (a & b) ^ (a | c); }},
      {0x00, [](U, U, U) { return 0u; }}, {0x0f, [](U a, U, U) { return ~a; }}};
  for (const auto& function : functions) {
    U table = function.function(0xf0, 0xcc, 0xaa) & 0xff;
    std::vector<std::vector<std::uint64_t>> rows;
    for (U a : edges<U>()) {
      rows.push_back({a, 0x12345678, 0xdeadbeef, table});
    }
    auto got = evaluate("lop3.b32", {{4}, {4, 4, 4, 4}}, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      U a = static_cast<U>(rows[i][0]);
      check_equal(got[i][0], function.function(a, 0x12345678, 0xdeadbeef), "lop3.b32");
    }
  }
}

void check_predicates() {
  std::vector<std::vector<std::uint64_t>> rows{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  auto check_one = [&](const std::string& name, std::vector<int> wanted) {
    auto got = evaluate(name, {{0}, {0, 0}}, rows);
    for (int i = 0; i < 4; ++i) {
      check_equal(got[i][0], wanted[i], name);
    }
  };
  check_one("and.pred", {0, 0, 0, 1});
  check_one("or.pred", {0, 1, 1, 1});
  check_one("xor.pred", {0, 1, 1, 0});
  auto got = evaluate("not.pred", {{0}, {0}}, {{0}, {1}});
  check_equal(got[0][0], 1, "not.pred");
  check_equal(got[1][0], 0, "not.pred");
}

} // namespace

void test_bits() {
  check_logic<std::uint16_t>(".b16");
  check_logic<std::uint32_t>(".b32");
  check_logic<std::uint64_t>(".b64");
  check_shift_right<std::uint16_t>(".b16");
  check_shift_right<std::uint32_t>(".b32");
  check_shift_right<std::uint64_t>(".b64");
  check_shift_right<std::uint16_t>(".u16");
  check_shift_right<std::uint32_t>(".u32");
  check_shift_right<std::uint64_t>(".u64");
  check_shift_right<std::int16_t>(".s16");
  check_shift_right<std::int32_t>(".s32");
  check_shift_right<std::int64_t>(".s64");
  check_finds<std::uint32_t>(".u32");
  check_finds<std::int32_t>(".s32");
  check_finds<std::uint64_t>(".u64");
  check_finds<std::int64_t>(".s64");
  check_counts<std::uint32_t>(".b32");
  check_counts<std::uint64_t>(".b64");
  check_funnels();
  check_permute();
  check_lop3();
  check_predicates();
}

} // namespace test
