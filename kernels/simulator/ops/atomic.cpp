// atom and red. Blocks run on several host threads, so the host's atomics do the work.
#include "numbers.h"
#include "space.h"

namespace simulator {
namespace {

enum Kind : u8 {
  ADD, ADD_FLUSHED, MIN, MAX, AND, OR, XOR, EXCHANGE, INCREMENT, DECREMENT, SWAP
};

template <class T> T changed(u8 kind, T old, T b) {
  switch (kind) {
    case ADD: return canonical(old + b);
    case ADD_FLUSHED: return flush(canonical(flush(old) + flush(b)));
    default: return b;
  }
}

template <class T> T changed_integer(u8 kind, T old, T b) {
  switch (kind) {
    case ADD: return static_cast<T>(static_cast<u64>(old) + static_cast<u64>(b));
    case MIN: return old < b ? old : b;
    case MAX: return old > b ? old : b;
    case AND: return old & b;
    case OR: return old | b;
    case XOR: return old ^ b;
    case INCREMENT: return old >= b ? T{0} : old + 1;
    case DECREMENT: return old == 0 || old > b ? b : old - 1;
    default: return b;
  }
}

template <> u32 changed(u8 kind, u32 old, u32 b) { return changed_integer(kind, old, b); }
template <> s32 changed(u8 kind, s32 old, s32 b) { return changed_integer(kind, old, b); }
template <> u64 changed(u8 kind, u64 old, u64 b) { return changed_integer(kind, old, b); }
template <> s64 changed(u8 kind, s64 old, s64 b) { return changed_integer(kind, old, b); }

template <class T> T update(T* target, u8 kind, T b, T c) {
  T old, next;
  __atomic_load(target, &old, __ATOMIC_SEQ_CST);
  do {
    // Compared as bits: a NaN must not compare unequal to itself.
    bool same = std::memcmp(&old, &b, sizeof old) == 0;
    next = kind == SWAP ? (same ? c : old) : changed(kind, old, b);
  } while (!__atomic_compare_exchange(
      target, &old, &next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return old;
}

// Sums of float32 in global memory lose subnormals, as PTX says of its atomics; those in shared
// memory do not.
template <class T> u8 kind_at(const Instr& instr, u64 address) {
  bool adds = std::is_same<T, f32>::value && instr.fields.mode == ADD;
  bool flushes = adds && space_of(instr, address) == Space::GLOBAL;
  return flushes ? u8{ADD_FLUSHED} : instr.fields.mode;
}

// operand: d, b, c for atom; b for red.
template <class T, bool RETURNS> void atomic(Warp& warp, const Instr& instr) {
  Addresses addresses(warp, instr);
  require_aligned(warp, addresses, sizeof(T));
  count_access(warp, instr, addresses, sizeof(T), Access::ATOMIC);
  const T* b = warp.at<T>(instr.operand[RETURNS ? 1 : 0]);
  const T* c = instr.fields.mode == SWAP ? warp.at<T>(instr.operand[2]) : b;
  T* to = RETURNS ? warp.at<T>(instr.operand[0]) : nullptr;
  for (int lane = 0; lane < LANES; ++lane) {
    if (has(warp.active, lane)) {
      u8* target =
          resolve(warp, instr, lane, addresses.lane[lane], sizeof(T), Access::ATOMIC);
      u8 kind = kind_at<T>(instr, addresses.lane[lane]);
      T old = update(reinterpret_cast<T*>(target), kind, b[lane], c[lane]);
      if (RETURNS) {
        to[lane] = old;
      }
    }
  }
}

template <class T>
void add_kind(Table& rows, const std::string& name, u8 kind, const std::string& type) {
  constexpr struct {
    const char* name;
    Space space;
  } spaces[] = {{"", Space::GENERIC}, {".global", Space::GLOBAL}, {".shared", Space::SHARED}};
  for (const auto& space : spaces) {
    Fields fields;
    fields.mode = kind;
    fields.space = space.space;
    std::string size = size_of<T>(), rest = space.name + name + type;
    std::string operands = "d" + size + " m s" + size + (kind == SWAP ? " s" + size : "");
    rows["atom" + rest] = {atomic<T, true>, operands, fields};
    if (kind != SWAP && kind != EXCHANGE) {
      rows["red" + rest] = {atomic<T, false>, "m s" + size, fields};
    }
  }
}

template <class T> void add_arithmetic(Table& rows) {
  if (!std::is_same<T, s64>::value) {
    add_kind<T>(rows, ".add", ADD, suffix<T>());
  }
  add_kind<T>(rows, ".min", MIN, suffix<T>());
  add_kind<T>(rows, ".max", MAX, suffix<T>());
}

template <class T> void add_bitwise(Table& rows, const std::string& type) {
  add_kind<T>(rows, ".and", AND, type);
  add_kind<T>(rows, ".or", OR, type);
  add_kind<T>(rows, ".xor", XOR, type);
  add_kind<T>(rows, ".exch", EXCHANGE, type);
  add_kind<T>(rows, ".cas", SWAP, type);
}

} // namespace

void add_atomic(Table& rows) {
  add_arithmetic<u32>(rows);
  add_arithmetic<s32>(rows);
  add_arithmetic<u64>(rows);
  add_arithmetic<s64>(rows);
  add_bitwise<u32>(rows, ".b32");
  add_bitwise<u64>(rows, ".b64");
  add_kind<f32>(rows, ".add", ADD, ".f32");
  add_kind<f64>(rows, ".add", ADD, ".f64");
  add_kind<u32>(rows, ".inc", INCREMENT, ".u32");
  add_kind<u32>(rows, ".dec", DECREMENT, ".u32");
}

} // namespace simulator
