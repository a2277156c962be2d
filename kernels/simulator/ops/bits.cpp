// Operations on bits, and shifts, which clamp their distance.
#include "lanes.h"

#include <algorithm>
#include <type_traits>

namespace simulator {
namespace {

struct And {
  template <class T> static T of(T a, T b) { return a & b; }
};

struct Or {
  template <class T> static T of(T a, T b) { return a | b; }
};

struct Xor {
  template <class T> static T of(T a, T b) { return a ^ b; }
};

struct Not {
  template <class T> static T of(T a) { return static_cast<T>(~a); }
};

struct LogicalNot {
  template <class T> static T of(T a) { return a == 0; }
};

struct ShiftLeft {
  template <class T> static T of(T a, u32 by) {
    return by >= 8 * sizeof(T) ? T{0} : static_cast<T>(static_cast<u64>(a) << by);
  }
};

struct ShiftRight {
  template <class T> static T of(T a, u32 by) {
    constexpr u32 last = 8 * sizeof(T) - 1;
    return by > last && !std::is_signed<T>::value ? T{0} : static_cast<T>(a >> std::min(by, last));
  }
};

template <bool LEFT, bool WRAP> struct Funnel {
  static u32 of(u32 low, u32 high, u32 by) {
    u32 distance = WRAP ? by & 31 : std::min(by, 32u);
    u64 both = u64{high} << 32 | low;
    return static_cast<u32>(LEFT ? both << distance >> 32 : both >> distance);
  }
};

struct PopulationCount {
  static u32 of(u32 a) { return __builtin_popcount(a); }
  static u32 of(u64 a) { return __builtin_popcountll(a); }
};

struct LeadingZeros {
  static u32 of(u32 a) { return a == 0 ? 32 : __builtin_clz(a); }
  static u32 of(u64 a) { return a == 0 ? 64 : __builtin_clzll(a); }
};

// The highest bit that differs from the sign; all ones if there is none.
template <bool AS_SHIFT> struct FindBit {
  template <class T> static u32 of(T a) {
    auto bits = static_cast<u64>(static_cast<std::make_unsigned_t<T>>(a < 0 ? ~a : a));
    if (bits == 0) {
      return ~0u;
    }
    u32 found = 63 - __builtin_clzll(bits);
    return AS_SHIFT ? 8 * sizeof(T) - 1 - found : found;
  }
};

struct Reverse {
  template <class T> static T of(T a) {
    T result = 0;
    for (u32 i = 0; i < 8 * sizeof(T); ++i) {
      result |= (a >> i & 1) << (8 * sizeof(T) - 1 - i);
    }
    return result;
  }
};

struct Extract {
  template <class T> static T of(T a, u32 start, u32 length) {
    constexpr u32 last = 8 * sizeof(T) - 1;
    start &= 0xff;
    length &= 0xff;
    if (length == 0) {
      return 0;
    }
    u64 bits = static_cast<u64>(s64{static_cast<std::make_signed_t<T>>(a)});
    u32 sign_at = std::min(start + length - 1, last);
    u64 fill = std::is_signed<T>::value && (bits >> sign_at & 1) ? ~u64{0} : 0;
    u32 kept = start > last ? 0 : std::min(length, last + 1 - start);
    u64 mask = kept == 64 ? ~u64{0} : (u64{1} << kept) - 1;
    u64 field = kept == 0 ? 0 : bits >> start & mask;
    return static_cast<T>(field | (fill & ~mask));
  }
};

template <class T> struct Insert {
  static T insert(T a, T b, u32 start, u32 length) {
    constexpr u32 size = 8 * sizeof(T);
    start &= 0xff;
    length &= 0xff;
    if (start >= size || length == 0) {
      return b;
    }
    T mask = static_cast<T>((length >= size ? T{0} : T{1} << length) - 1) << start;
    return (b & ~mask) | ((a << start) & mask);
  }

  static void run(Warp& warp, const Instr& instr) {
    const T *a = warp.at<T>(instr.operand[1]), *b = warp.at<T>(instr.operand[2]);
    const u32 *start = warp.at<u32>(instr.operand[3]), *length = warp.at<u32>(instr.operand[4]);
    T results[LANES];
    for (int lane = 0; lane < LANES; ++lane) {
      results[lane] = insert(a[lane], b[lane], start[lane], length[lane]);
    }
    store(warp, instr.operand[0], results);
  }
};

// Each nibble of the selector picks one of eight bytes, or its sign spread over the byte.
struct Permute {
  static u32 of(u32 a, u32 b, u32 selector) {
    u64 bytes = u64{b} << 32 | a;
    u32 result = 0;
    for (int i = 0; i < 4; ++i) {
      u32 pick = selector >> (4 * i);
      u32 byte = bytes >> (8 * (pick & 7)) & 0xff;
      byte = pick & 8 ? (byte & 0x80 ? 0xff : 0) : byte;
      result |= byte << (8 * i);
    }
    return result;
  }
};

// Any function of three bits: bit 4 a + 2 b + c of the table is its value.
void lop3(Warp& warp, const Instr& instr) {
  const u32* operand[4];
  for (int i = 0; i < 4; ++i) {
    operand[i] = warp.at<u32>(instr.operand[i + 1]);
  }
  u32 results[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    u32 a = operand[0][lane], b = operand[1][lane], c = operand[2][lane], value = 0;
    for (u32 row = 0; row < 8; ++row) {
      u32 matches = (row & 4 ? a : ~a) & (row & 2 ? b : ~b) & (row & 1 ? c : ~c);
      value |= operand[3][lane] >> row & 1 ? matches : 0;
    }
    results[lane] = value;
  }
  store(warp, instr.operand[0], results);
}

template <class F> void predicate(Warp& warp, const Instr& instr) {
  store_predicate(warp, instr.operand[0],
      F::of(warp.predicate(instr.operand[1]), warp.predicate(instr.operand[2])));
}

void predicate_not(Warp& warp, const Instr& instr) {
  store_predicate(warp, instr.operand[0], ~warp.predicate(instr.operand[1]));
}

template <class T> void add_logic(Table& rows, const std::string& type) {
  add_binary<And, T>(rows, "and" + type);
  add_binary<Or, T>(rows, "or" + type);
  add_binary<Xor, T>(rows, "xor" + type);
  add_unary<Not, T>(rows, "not" + type);
  add_unary<LogicalNot, T>(rows, "cnot" + type);
  add_binary<ShiftLeft, T, T, u32>(rows, "shl" + type);
  add_binary<ShiftRight, T, T, u32>(rows, "shr" + type);
}

template <class T> void add_finds(Table& rows) {
  add_unary<FindBit<false>, u32, T>(rows, "bfind" + suffix<T>());
  add_unary<FindBit<true>, u32, T>(rows, "bfind.shiftamt" + suffix<T>());
  add_ternary<Extract, T, T, u32, u32>(rows, "bfe" + suffix<T>());
}

} // namespace

void add_bits(Table& rows) {
  add_logic<u16>(rows, ".b16");
  add_logic<u32>(rows, ".b32");
  add_logic<u64>(rows, ".b64");
  add_binary<ShiftRight, u16, u16, u32>(rows, "shr.u16");
  add_binary<ShiftRight, s16, s16, u32>(rows, "shr.s16");
  add_binary<ShiftRight, u32, u32, u32>(rows, "shr.u32");
  add_binary<ShiftRight, s32, s32, u32>(rows, "shr.s32");
  add_binary<ShiftRight, u64, u64, u32>(rows, "shr.u64");
  add_binary<ShiftRight, s64, s64, u32>(rows, "shr.s64");
  rows["and.pred"] = {predicate<And>, "dp sp sp", {}};
  rows["or.pred"] = {predicate<Or>, "dp sp sp", {}};
  rows["xor.pred"] = {predicate<Xor>, "dp sp sp", {}};
  rows["not.pred"] = {predicate_not, "dp sp", {}};
  add_ternary<Funnel<true, true>, u32>(rows, "shf.l.wrap.b32");
  add_ternary<Funnel<true, false>, u32>(rows, "shf.l.clamp.b32");
  add_ternary<Funnel<false, true>, u32>(rows, "shf.r.wrap.b32");
  add_ternary<Funnel<false, false>, u32>(rows, "shf.r.clamp.b32");
  add_unary<PopulationCount, u32>(rows, "popc.b32");
  add_unary<PopulationCount, u32, u64>(rows, "popc.b64");
  add_unary<LeadingZeros, u32>(rows, "clz.b32");
  add_unary<LeadingZeros, u32, u64>(rows, "clz.b64");
  add_unary<Reverse, u32>(rows, "brev.b32");
  add_unary<Reverse, u64>(rows, "brev.b64");
  add_finds<u32>(rows);
  add_finds<s32>(rows);
  add_finds<u64>(rows);
  add_finds<s64>(rows);
  rows["bfi.b32"] = {Insert<u32>::run, "d4 s4 s4 s4 s4", {}};
  rows["bfi.b64"] = {Insert<u64>::run, "d8 s8 s8 s4 s4", {}};
  add_ternary<Permute, u32>(rows, "prmt.b32");
  rows["lop3.b32"] = {lop3, "d4 s4 s4 s4 s4", {}};
}

} // namespace simulator
