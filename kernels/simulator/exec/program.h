// A kernel made executable: instructions with resolved operands.
#pragma once

#include "../ptx/module.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace simulator {

struct Warp;
struct Instr;

// Runs one instruction on the active lanes of a warp.
using Handler = void (*)(Warp&, const Instr&);

// What an instruction does beyond going to the next one.
enum class Flow : std::uint8_t {
  STEP,
  BRANCH,
  SWITCH,
  EXIT,
  BARRIER, // all lanes of the warp that have not exited take part
  MEMBERS  // the lanes take part that the last operand names
};

enum class Space : std::uint8_t { GENERIC, GLOBAL, SHARED, LOCAL, PARAM, CONSTANT };

// Shared, local and parameter addresses begin here, so that none is null or mistaken for another;
// the first two are seen in the generic space at their windows. Kernels hold shared addresses in
// 32-bit registers, so these must fit.
constexpr std::uint64_t SHARED_BASE = 0x01000000, LOCAL_BASE = 0x02000000, PARAM_BASE = 0x03000000;
constexpr std::uint64_t SHARED_WINDOW = 0x00ee'0000'0000'0000, LOCAL_WINDOW = 0x00ef'0000'0000'0000;
constexpr std::uint64_t WINDOW_MASK = 0xffff'0000'0000'0000;

// What the spelling of an instruction says beyond its types.
struct Fields {
  Flow flow = Flow::STEP;
  Space space = Space::GENERIC;
  std::uint8_t size = 0;  // bytes of one element
  std::uint8_t count = 1; // elements of a vector access
  std::uint8_t mode = 0;  // rounding, comparison, kind of atomic ..., as the handler reads it
  bool is_signed = false, ftz = false, saturate = false;
};

struct Instr {
  Handler run = nullptr;
  std::array<std::uint32_t, 6> operand{}; // where the values lie: see Warp::at
  std::array<std::uint8_t, 6> width{};    // bytes of each register
  Fields fields;
  bool guarded = false, negated = false;
  std::uint32_t guard = 0;
  std::uint32_t target = 0; // of a branch
  std::uint32_t join = 0;   // where the lanes that a branch parts meet again
  std::vector<std::uint32_t> targets; // of a switch
  std::int64_t offset = 0;            // of an address
  int line = 0;
};

enum class Special : std::uint8_t {
  TID_X, TID_Y, TID_Z, NTID_X, NTID_Y, NTID_Z, CTAID_X, CTAID_Y, CTAID_Z, NCTAID_X, NCTAID_Y,
  NCTAID_Z, LANEID, WARPID, LANEMASK_EQ, LANEMASK_LT, LANEMASK_LE, LANEMASK_GT, LANEMASK_GE,
  DYNAMIC_SHARED, TOTAL_SHARED
};

struct Parameter {
  std::string name;
  std::uint32_t offset, size;
};

struct Program {
  std::string name;
  std::vector<Instr> code;
  std::vector<std::string> spellings; // of each instruction
  std::vector<Parameter> parameters;
  std::uint32_t parameter_bytes = 0;
  std::uint32_t register_bytes = 0; // of one warp
  std::vector<std::pair<Special, std::uint32_t>> specials;
  std::uint32_t static_shared = 0, dynamic_offset = 0; // bytes; where the extern array begins
  std::uint32_t local_bytes = 0; // per thread
  std::uint32_t registers = 0;   // declared 32-bit registers per thread
  int max_threads = 1024;

  std::vector<std::uint64_t> constants; // each 256 bytes: one copy per lane, at its own width
};

// Where module variables were put.
struct Symbol {
  std::uint64_t address;
  std::uint64_t size;
};

// Throws ptx::Error on an opcode, modifier, type, special register or operand that is not known.
Program decode(const ptx::Module& module, const ptx::Kernel& kernel,
    const std::map<std::string, Symbol>& symbols);

} // namespace simulator
