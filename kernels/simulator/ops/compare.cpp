// Comparison and selection.
#include "numbers.h"

namespace simulator {
namespace {

enum Combine : u8 { NONE, AND, OR, XOR };

u32 combine(u8 how, u32 result, u32 with) {
  switch (how) {
    case AND: return result & with;
    case OR: return result | with;
    case XOR: return result ^ with;
    default: return result;
  }
}

template <class T> T flushed(T value) { return value; }
template <> f32 flushed(f32 value) { return flush(value); }

// p|q = the comparison and its negation, each combined with c.
template <class F, class T, bool FTZ = false> void compare(Warp& warp, const Instr& instr) {
  const T* a = warp.at<T>(instr.operand[2]);
  const T* b = warp.at<T>(instr.operand[3]);
  u32 results = 0;
  for (int lane = 0; lane < LANES; ++lane) {
    bool holds = FTZ ? F::of(flushed(a[lane]), flushed(b[lane])) : F::of(a[lane], b[lane]);
    results |= static_cast<u32>(holds) << lane;
  }
  u8 how = instr.fields.mode;
  u32 with = how == NONE ? 0 : warp.predicate(instr.operand[4]);
  store_predicate(warp, instr.operand[0], combine(how, results, with));
  store_predicate(warp, instr.operand[1], combine(how, ~results, with));
}

struct Equal {
  template <class T> static bool of(T a, T b) { return a == b; }
};

struct Less {
  template <class T> static bool of(T a, T b) { return a < b; }
};

struct LessOrEqual {
  template <class T> static bool of(T a, T b) { return a <= b; }
};

template <class F> struct Swapped {
  template <class T> static bool of(T a, T b) { return F::of(b, a); }
};

template <class F> struct Negated {
  template <class T> static bool of(T a, T b) { return !F::of(a, b); }
};

struct Ordered {
  template <class T> static bool of(T a, T b) { return a == a && b == b; }
};

struct NotEqual {
  template <class T> static bool of(T a, T b) { return a < b || a > b; }
};

struct EqualOrUnordered {
  template <class T> static bool of(T a, T b) { return !(a < b || a > b); }
};

template <class F, class T, bool FTZ = false>
void add_one(Table& rows, const std::string& comparison, const std::string& type) {
  std::string operands = "dpq s" + size_of<T>() + " s" + size_of<T>();
  const char* combinations[] = {"", ".and", ".or", ".xor"};
  for (u8 how = NONE; how <= XOR; ++how) {
    Fields fields;
    fields.mode = how;
    fields.ftz = FTZ;
    std::string ftz = FTZ ? ".ftz" : "";
    rows["setp." + comparison + combinations[how] + ftz + type] = {
        compare<F, T, FTZ>, operands + (how == NONE ? "" : " sp"), fields};
  }
}

template <class T> void add_equality(Table& rows, const std::string& type) {
  add_one<Equal, T>(rows, "eq", type);
  add_one<Negated<Equal>, T>(rows, "ne", type);
}

template <class T> void add_order(Table& rows, const std::string& type) {
  add_one<Less, T>(rows, "lt", type);
  add_one<LessOrEqual, T>(rows, "le", type);
  add_one<Swapped<Less>, T>(rows, "gt", type);
  add_one<Swapped<LessOrEqual>, T>(rows, "ge", type);
}

template <class T> void add_unsigned_order(Table& rows, const std::string& type) {
  add_one<Less, T>(rows, "lo", type);
  add_one<LessOrEqual, T>(rows, "ls", type);
  add_one<Swapped<Less>, T>(rows, "hi", type);
  add_one<Swapped<LessOrEqual>, T>(rows, "hs", type);
}

// The comparisons that end in u hold as well when an operand is NaN.
template <class T, bool FTZ> void add_floating_compare(Table& rows, const std::string& type) {
  add_one<Equal, T, FTZ>(rows, "eq", type);
  add_one<NotEqual, T, FTZ>(rows, "ne", type);
  add_one<Less, T, FTZ>(rows, "lt", type);
  add_one<LessOrEqual, T, FTZ>(rows, "le", type);
  add_one<Swapped<Less>, T, FTZ>(rows, "gt", type);
  add_one<Swapped<LessOrEqual>, T, FTZ>(rows, "ge", type);
  add_one<EqualOrUnordered, T, FTZ>(rows, "equ", type);
  add_one<Negated<Equal>, T, FTZ>(rows, "neu", type);
  add_one<Negated<Swapped<LessOrEqual>>, T, FTZ>(rows, "ltu", type);
  add_one<Negated<Swapped<Less>>, T, FTZ>(rows, "leu", type);
  add_one<Negated<LessOrEqual>, T, FTZ>(rows, "gtu", type);
  add_one<Negated<Less>, T, FTZ>(rows, "geu", type);
  add_one<Ordered, T, FTZ>(rows, "num", type);
  add_one<Negated<Ordered>, T, FTZ>(rows, "nan", type);
}

template <class T> void select(Warp& warp, const Instr& instr) {
  const T* a = warp.at<T>(instr.operand[1]);
  const T* b = warp.at<T>(instr.operand[2]);
  u32 chosen = warp.predicate(instr.operand[3]);
  T results[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    results[lane] = chosen >> lane & 1 ? a[lane] : b[lane];
  }
  store(warp, instr.operand[0], results);
}

// a if c is not negative; NaN is negative here.
struct SelectBySign {
  template <class T, class C> static T of(T a, T b, C c) { return c >= 0 ? a : b; }
};

struct SelectBySignFlushed {
  template <class T> static T of(T a, T b, f32 c) { return flush(c) >= 0 ? a : b; }
};

template <class T> void add_select(Table& rows, const std::string& type) {
  rows["selp" + type] = {
      select<T>, "d" + size_of<T>() + " s" + size_of<T>() + " s" + size_of<T>() + " sp", {}};
  if (sizeof(T) >= 4) {
    add_ternary<SelectBySign, T, T, T, s32>(rows, "slct" + type + ".s32");
    add_ternary<SelectBySign, T, T, T, f32>(rows, "slct" + type + ".f32");
    add_ternary<SelectBySignFlushed, T, T, T, f32>(rows, "slct.ftz" + type + ".f32");
  }
}

} // namespace

void add_compare(Table& rows) {
  add_equality<u16>(rows, ".b16");
  add_equality<u32>(rows, ".b32");
  add_equality<u64>(rows, ".b64");
  add_equality<u16>(rows, ".u16");
  add_equality<s16>(rows, ".s16");
  add_equality<u32>(rows, ".u32");
  add_equality<s32>(rows, ".s32");
  add_equality<u64>(rows, ".u64");
  add_equality<s64>(rows, ".s64");
  add_order<u16>(rows, ".u16");
  add_order<s16>(rows, ".s16");
  add_order<u32>(rows, ".u32");
  add_order<s32>(rows, ".s32");
  add_order<u64>(rows, ".u64");
  add_order<s64>(rows, ".s64");
  add_unsigned_order<u16>(rows, ".u16");
  add_unsigned_order<u32>(rows, ".u32");
  add_unsigned_order<u64>(rows, ".u64");
  add_floating_compare<f32, false>(rows, ".f32");
  add_floating_compare<f32, true>(rows, ".f32");
  add_floating_compare<f64, false>(rows, ".f64");
  for (const char* type : {".b16", ".u16", ".s16"}) {
    add_select<u16>(rows, type);
  }
  for (const char* type : {".b32", ".u32", ".s32", ".f32"}) {
    add_select<u32>(rows, type);
  }
  for (const char* type : {".b64", ".u64", ".s64", ".f64"}) {
    add_select<u64>(rows, type);
  }
}

} // namespace simulator
