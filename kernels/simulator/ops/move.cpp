// Moves, the packing of registers into wider ones, and conversions of addresses.
#include "lanes.h"

namespace simulator {
namespace {

template <class T> void copy(Warp& warp, const Instr& instr) {
  T values[LANES];
  std::memcpy(values, warp.at<T>(instr.operand[1]), sizeof values);
  store(warp, instr.operand[0], values);
}

void copy_predicate(Warp& warp, const Instr& instr) {
  store_predicate(warp, instr.operand[0], warp.predicate(instr.operand[1]));
}

// {low, high} = value, value = {low, high}, or value = value.
template <class T> void repack(Warp& warp, const Instr& instr) {
  int to = instr.fields.count, from = instr.fields.mode;
  if (to == 1 && from == 1) {
    copy<T>(warp, instr);
    return;
  }
  u8 packed[LANES][sizeof(T)];
  u32 part = static_cast<u32>(sizeof(T)) / from;
  for (int lane = 0; lane < LANES; ++lane) {
    for (int i = 0; i < from; ++i) {
      std::memcpy(packed[lane] + i * part, warp.at<u8>(instr.operand[to + i]) + lane * part, part);
    }
  }
  part = static_cast<u32>(sizeof(T)) / to;
  for (int lane = 0; lane < LANES; ++lane) {
    for (int i = 0; i < to && has(warp.active, lane); ++i) {
      std::memcpy(warp.at<u8>(instr.operand[i]) + lane * part, packed[lane] + i * part, part);
    }
  }
}

// The window of a space in the generic addresses; global addresses are generic ones already.
template <bool TO_SPACE, u64 WINDOW> struct ConvertAddress {
  static u64 of(u64 a) { return TO_SPACE ? a - WINDOW : a + WINDOW; }
};

template <u64 WINDOW> void add_address(Table& rows, const std::string& space) {
  add_unary<ConvertAddress<false, WINDOW>, u64>(rows, "cvta" + space + ".u64");
  add_unary<ConvertAddress<true, WINDOW>, u64>(rows, "cvta.to" + space + ".u64");
}

template <class T> void add_repack(Table& rows, const std::string& type) {
  Fields fields;
  fields.size = sizeof(T);
  rows["mov" + type] = {repack<T>, "dl sl", fields};
}

template <class T> void add_copy(Table& rows, const std::string& type) {
  rows["mov" + type] = {copy<T>, "d" + size_of<T>() + " s" + size_of<T>(), {}};
}

} // namespace

void add_move(Table& rows) {
  rows["mov.pred"] = {copy_predicate, "dp sp", {}};
  add_copy<u16>(rows, ".b16");
  add_repack<u32>(rows, ".b32");
  add_repack<u64>(rows, ".b64");
  add_copy<u16>(rows, ".u16");
  add_copy<u16>(rows, ".s16");
  add_copy<u32>(rows, ".u32");
  add_copy<u32>(rows, ".s32");
  add_copy<u32>(rows, ".f32");
  add_copy<u64>(rows, ".u64");
  add_copy<u64>(rows, ".s64");
  add_copy<u64>(rows, ".f64");
  add_address<0>(rows, ".global");
  add_address<0>(rows, ".const");
  add_address<SHARED_WINDOW>(rows, ".shared");
  add_address<LOCAL_WINDOW>(rows, ".local");
}

} // namespace simulator
