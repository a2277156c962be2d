// What a PTX text says, before it is made executable.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace simulator::ptx {

// A text that cannot be run: what is wrong, and in which line.
struct Error : std::runtime_error {
  Error(int line, const std::string& problem)
      : std::runtime_error("PTX line " + std::to_string(line) + ": " + problem) {}
};

// A type such as .u16: its letter (b, u, s, f; p for .pred) and its size in bytes.
struct Type {
  char letter;
  int size;
};

// Reads a type without its dot; throws on a type that is not known.
Type type_of(const std::string& name, int line);

struct Register {
  std::string name;
  Type type;
};

struct Operand {
  enum Kind { REGISTER, INTEGER, REAL, NAME, ADDRESS, LIST, PAIR, SINK };
  Kind kind;
  int reg = -1;           // REGISTER, or an ADDRESS based on one
  std::string name;       // NAME (special register, label, variable), or an ADDRESS based on one
  std::int64_t value = 0; // INTEGER, the offset of an ADDRESS, the bits of a REAL
  int size = 0;           // REAL: 4 or 8 bytes
  std::vector<Operand> parts; // LIST {a, b}; PAIR a|b
};

struct Instruction {
  std::string spelling; // opcode with all its modifiers, e.g. mad.lo.s32
  std::vector<Operand> operands;
  int predicate = -1; // register of the guard; -1 for none
  bool negated = false;
  int line;
};

// A variable in .global, .const, .shared, .local or .param space.
struct Variable {
  std::string space, name;
  int align = 1;
  std::uint64_t size = 0; // bytes; 0 for the array that dynamic shared memory names
  std::vector<std::uint8_t> content;
  bool external = false;
};

struct Kernel {
  std::string name;
  std::vector<Variable> parameters, variables;
  std::vector<Register> registers;
  std::vector<Instruction> code;
  std::map<std::string, int> labels; // name -> index into code
  std::map<std::string, std::vector<std::string>> targets; // .branchtargets
  int max_threads = 1024;
  int line;
};

struct Module {
  int version = 0, target = 0; // 70 for 7.0; 75 for sm_75
  std::vector<Variable> variables;
  std::vector<Kernel> kernels;
};

Module parse(const std::string& text);

} // namespace simulator::ptx
