#include "flow.h"
#include "program.h"
#include "table.h"
#include "warp.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace simulator {
namespace {

constexpr std::uint32_t CONSTANT = 0x80000000;

const std::map<std::string, Special> SPECIALS{{"%tid.x", Special::TID_X},
    {"%tid.y", Special::TID_Y}, {"%tid.z", Special::TID_Z}, {"%ntid.x", Special::NTID_X},
    {"%ntid.y", Special::NTID_Y}, {"%ntid.z", Special::NTID_Z}, {"%ctaid.x", Special::CTAID_X},
    {"%ctaid.y", Special::CTAID_Y}, {"%ctaid.z", Special::CTAID_Z},
    {"%nctaid.x", Special::NCTAID_X}, {"%nctaid.y", Special::NCTAID_Y},
    {"%nctaid.z", Special::NCTAID_Z}, {"%laneid", Special::LANEID}, {"%warpid", Special::WARPID},
    {"%lanemask_eq", Special::LANEMASK_EQ}, {"%lanemask_lt", Special::LANEMASK_LT},
    {"%lanemask_le", Special::LANEMASK_LE}, {"%lanemask_gt", Special::LANEMASK_GT},
    {"%lanemask_ge", Special::LANEMASK_GE}, {"%dynamic_smem_size", Special::DYNAMIC_SHARED},
    {"%total_smem_size", Special::TOTAL_SHARED}};

// What ptxas allows a block and a thread.
constexpr std::uint64_t SHARED_BYTES = 48 << 10, LOCAL_BYTES = 512 << 10, PARAMETER_BYTES = 4352;
// Of one warp; more than any kernel has.
constexpr std::uint64_t MOST_REGISTER_BYTES = 1 << 26;

std::uint64_t align(std::uint64_t offset, std::uint32_t to) { return (offset + to - 1) / to * to; }

struct Decoder {
  const ptx::Kernel& kernel;
  std::map<std::string, std::uint64_t> addresses; // of variables
  std::map<std::string, Space> spaces;            // they lie in
  Program program;
  std::vector<std::uint32_t> places; // of registers
  std::map<std::string, std::uint32_t> special_places;
  std::map<std::pair<std::uint64_t, int>, std::uint32_t> constant_places;
  std::uint32_t scratch = 0; // where results go that nobody wants

  void place_registers() {
    std::uint64_t next = 0;
    scratch = 0;
    next += 256;
    for (const ptx::Register& reg : kernel.registers) {
      bool predicate = reg.type.letter == 'p';
      next = align(next, predicate ? 4 : 64);
      places.push_back(static_cast<std::uint32_t>(next));
      next += predicate ? 4 : LANES * reg.type.size;
      program.registers += predicate ? 0 : std::max(1, reg.type.size / 4);
    }
    if (next > MOST_REGISTER_BYTES) {
      throw ptx::Error(kernel.line, kernel.name + " has too many registers");
    }
    program.register_bytes = static_cast<std::uint32_t>(align(next, 64));
  }

  void place_variables(const ptx::Module& module, const std::map<std::string, Symbol>& symbols) {
    std::uint64_t shared = 0, local = 0;
    std::uint32_t dynamic_align = 16;
    std::vector<const ptx::Variable*> dynamic;
    auto place = [&](const ptx::Variable& variable) {
      if (variable.space == ".shared" && variable.size == 0) {
        dynamic.push_back(&variable);
        dynamic_align = std::max<std::uint32_t>(dynamic_align, variable.align);
      } else if (variable.space == ".shared") {
        shared = align(shared, variable.align);
        put(variable.name, SHARED_BASE + shared, Space::SHARED);
        shared += variable.size;
        require_at_most(SHARED_BYTES, shared, "shared");
      } else if (variable.space == ".local") {
        local = align(local, variable.align);
        put(variable.name, LOCAL_BASE + local, Space::LOCAL);
        local += variable.size;
        require_at_most(LOCAL_BYTES, local, "local");
      } else {
        put(variable.name, symbols.at(variable.name).address,
            variable.space == ".const" ? Space::CONSTANT : Space::GLOBAL);
      }
    };
    std::for_each(module.variables.begin(), module.variables.end(), place);
    std::for_each(kernel.variables.begin(), kernel.variables.end(), place);
    program.static_shared = static_cast<std::uint32_t>(shared);
    program.dynamic_offset =
        static_cast<std::uint32_t>(dynamic.empty() ? shared : align(shared, dynamic_align));
    program.local_bytes = static_cast<std::uint32_t>(align(local, 16));
    for (const ptx::Variable* variable : dynamic) {
      put(variable->name, SHARED_BASE + program.dynamic_offset, Space::SHARED);
    }
  }

  void require_at_most(std::uint64_t allowed, std::uint64_t bytes, const char* kind) const {
    if (bytes > allowed) {
      throw ptx::Error(kernel.line, kernel.name + " has too much " + kind + " memory: "
          + std::to_string(bytes) + " bytes; " + std::to_string(allowed) + " are allowed");
    }
  }

  void put(const std::string& name, std::uint64_t address, Space space) {
    addresses[name] = address;
    spaces[name] = space;
  }

  void place_parameters() {
    std::uint64_t next = 0;
    for (const ptx::Variable& parameter : kernel.parameters) {
      std::uint64_t begin = align(next, parameter.align);
      next = begin + parameter.size;
      if (next > PARAMETER_BYTES) {
        throw ptx::Error(kernel.line, kernel.name + " has " + std::to_string(next)
            + " bytes of parameters; " + std::to_string(PARAMETER_BYTES) + " are allowed");
      }
      program.parameters.push_back({parameter.name, static_cast<std::uint32_t>(begin),
          static_cast<std::uint32_t>(parameter.size)});
      put(parameter.name, PARAM_BASE + begin, Space::PARAM);
    }
    program.parameter_bytes = static_cast<std::uint32_t>(next);
  }

  std::uint32_t constant(std::uint64_t bits, int width) {
    auto key = std::make_pair(bits, width);
    auto found = constant_places.find(key);
    if (found != constant_places.end()) {
      return found->second;
    }
    std::size_t slot = program.constants.size() / 32;
    program.constants.resize(program.constants.size() + 32);
    auto* bytes = reinterpret_cast<std::uint8_t*>(program.constants.data() + slot * 32);
    for (int lane = 0; lane < LANES; ++lane) {
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&bits), width, bytes + lane * width);
    }
    return constant_places[key] = CONSTANT | static_cast<std::uint32_t>(slot * 256);
  }

  std::uint32_t special(const std::string& name, int line) {
    auto found = SPECIALS.find(name);
    if (found == SPECIALS.end()) {
      throw ptx::Error(line, "unknown special register " + name);
    }
    auto placed = special_places.find(name);
    if (placed == special_places.end()) {
      placed = special_places.emplace(name, program.register_bytes).first;
      program.specials.emplace_back(found->second, program.register_bytes);
      program.register_bytes += 128;
    }
    return placed->second;
  }

  [[noreturn]] static void refuse(const ptx::Instruction& from, const std::string& why) {
    throw ptx::Error(from.line, from.spelling + ": " + why);
  }

  const Row& row(const ptx::Instruction& from) const {
    auto found = table().find(from.spelling);
    if (found != table().end()) {
      return found->second;
    }
    std::string opcode = from.spelling.substr(0, from.spelling.find('.'));
    bool known = std::any_of(table().begin(), table().end(), [&](const auto& entry) {
      return entry.first == opcode || entry.first.rfind(opcode + ".", 0) == 0;
    });
    throw ptx::Error(from.line, known
        ? "unknown modifier or type in " + from.spelling
        : "unknown opcode " + opcode + " in " + from.spelling);
  }

  Instr instruction(const ptx::Instruction& from) {
    const Row& meaning = row(from);
    Instr result;
    result.run = meaning.run;
    result.fields = meaning.fields;
    result.line = from.line;
    if (from.predicate >= 0) {
      result.guarded = true;
      result.negated = from.negated;
      result.guard = places[from.predicate];
    }
    std::istringstream words(meaning.operands);
    std::string word;
    std::size_t index = 0, slot = 0;
    while (words >> word) {
      bool optional = word.back() == '?';
      if (index >= from.operands.size()) {
        if (optional) {
          result.width[slot++] = 0;
          continue;
        }
        refuse(from, "has " + std::to_string(from.operands.size()) + " operands, too few");
      }
      add(result, slot, optional ? word.substr(0, word.size() - 1) : word,
          from.operands[index++], from);
    }
    if (index < from.operands.size()) {
      refuse(from, "has " + std::to_string(from.operands.size()) + " operands, too many");
    }
    return result;
  }

  void add(Instr& result, std::size_t& slot, const std::string& word, const ptx::Operand& operand,
      const ptx::Instruction& from) {
    if (word == "m") {
      address(result, operand, from);
    } else if (word == "l") {
      result.target = label(operand.name, from);
    } else if (word == "lt") {
      targets(result, operand, from);
    } else if (word == "mask") {
      set(result, 5, operand, 4, false, from);
    } else if (word == "dl" || word == "sl" || word == "dv" || word == "sv") {
      list(result, slot, word, operand, from);
    } else if (word == "dpq" || word == "d4p") {
      bool pair = operand.kind == ptx::Operand::PAIR;
      const ptx::Operand& first = pair ? operand.parts[0] : operand;
      set(result, slot++, first, word == "dpq" ? -1 : 4, true, from);
      ptx::Operand sink;
      sink.kind = ptx::Operand::SINK;
      set(result, slot++, pair ? operand.parts[1] : sink, -1, true, from);
    } else {
      bool at_least = word[1] == '+';
      int size = word[1] == 'p' ? -1 : std::stoi(word.substr(at_least ? 2 : 1));
      set(result, slot++, operand, at_least ? 0 : size, word[0] == 'd', from, size);
    }
  }

  void list(Instr& result, std::size_t& slot, const std::string& word, const ptx::Operand& operand,
      const ptx::Instruction& from) {
    std::vector<ptx::Operand> parts =
        operand.kind == ptx::Operand::LIST ? operand.parts : std::vector<ptx::Operand>{operand};
    if (slot + parts.size() >= result.operand.size()) {
      refuse(from, "has too many values in braces");
    }
    bool move = word[1] == 'l';
    if (!move && parts.size() != result.fields.count) {
      refuse(from, "has " + std::to_string(parts.size()) + " values, expected "
          + std::to_string(result.fields.count));
    }
    int width = move ? result.fields.size / static_cast<int>(parts.size()) : 0;
    for (const ptx::Operand& part : parts) {
      set(result, slot++, part, width, word[0] == 'd', from, result.fields.size);
    }
    if (word == "dl") {
      result.fields.count = static_cast<std::uint8_t>(parts.size());
    } else if (word == "sl") {
      result.fields.mode = static_cast<std::uint8_t>(parts.size());
    }
  }

  // width: bytes; -1 for a predicate; 0 for any from the least on.
  void set(Instr& result, std::size_t slot, const ptx::Operand& operand, int width, bool written,
      const ptx::Instruction& from, int least = 0) {
    switch (operand.kind) {
      case ptx::Operand::REGISTER: {
        const ptx::Register& reg = kernel.registers[operand.reg];
        bool predicate = reg.type.letter == 'p';
        if (predicate != (width == -1) || (width > 0 && reg.type.size != width)
            || (width == 0 && reg.type.size < least)) {
          refuse(from, "register " + reg.name + " has the wrong size");
        }
        result.operand[slot] = places[operand.reg];
        result.width[slot] = static_cast<std::uint8_t>(reg.type.size);
        return;
      }
      case ptx::Operand::SINK:
        if (written) {
          result.operand[slot] = scratch;
          result.width[slot] = static_cast<std::uint8_t>(width > 0 ? width : 8);
          return;
        }
        break;
      case ptx::Operand::INTEGER:
      case ptx::Operand::REAL:
        if (!written) {
          value(result, slot, operand, width == 0 ? std::max(least, 2) : width, from);
          return;
        }
        break;
      case ptx::Operand::NAME:
        if (!written) {
          named(result, slot, operand, width, from);
          return;
        }
        break;
      default: break;
    }
    refuse(from, "operand " + std::to_string(slot + 1) + " is of the wrong kind");
  }

  void value(Instr& result, std::size_t slot, const ptx::Operand& operand, int width,
      const ptx::Instruction& from) {
    if (operand.kind == ptx::Operand::REAL && operand.size != width) {
      refuse(from, "floating-point constant of the wrong size");
    }
    std::uint64_t bits = width == -1 ? (operand.value != 0 ? ~0ull : 0) : operand.value;
    result.width[slot] = static_cast<std::uint8_t>(width == -1 ? 4 : width);
    result.operand[slot] = constant(bits, result.width[slot]);
  }

  void named(Instr& result, std::size_t slot, const ptx::Operand& operand, int width,
      const ptx::Instruction& from) {
    if (operand.name[0] == '%') {
      result.operand[slot] = special(operand.name, from.line);
      if (width != 4 && width != 0) {
        refuse(from, operand.name + " has 32 bits");
      }
      result.width[slot] = 4;
      return;
    }
    auto variable = addresses.find(operand.name);
    if (variable == addresses.end()) {
      throw ptx::Error(from.line, "unknown name " + operand.name);
    }
    bool narrow = spaces[operand.name] == Space::SHARED || spaces[operand.name] == Space::LOCAL;
    if (width != 8 && !(width == 4 && narrow)) {
      refuse(from, "an address does not fit");
    }
    result.operand[slot] = constant(variable->second + operand.value, width);
    result.width[slot] = static_cast<std::uint8_t>(width);
  }

  void address(Instr& result, const ptx::Operand& operand, const ptx::Instruction& from) {
    if (operand.kind != ptx::Operand::ADDRESS) {
      refuse(from, "expected an address in brackets");
    }
    result.offset = operand.value;
    if (operand.reg >= 0) {
      int size = kernel.registers[operand.reg].type.size;
      if (size != 8 && !(size == 4 && result.fields.space == Space::SHARED)) {
        refuse(from, "an address of " + std::to_string(8 * size) + " bits");
      }
      result.operand[5] = places[operand.reg];
      result.width[5] = static_cast<std::uint8_t>(size);
      return;
    }
    if (operand.name.empty()) {
      result.operand[5] = constant(0, 8);
      result.width[5] = 8;
      return;
    }
    ptx::Operand base = operand;
    base.value = 0;
    named(result, 5, base, 8, from);
    Space space = spaces[operand.name];
    if (space != result.fields.space
        && !(space == Space::GLOBAL && result.fields.space == Space::GENERIC)) {
      refuse(from, operand.name + " lies in another space");
    }
  }

  std::uint32_t label(const std::string& name, const ptx::Instruction& from) const {
    auto found = kernel.labels.find(name);
    if (found == kernel.labels.end()) {
      refuse(from, "unknown label " + name);
    }
    return static_cast<std::uint32_t>(found->second);
  }

  void targets(Instr& result, const ptx::Operand& operand, const ptx::Instruction& from) const {
    auto found = kernel.targets.find(operand.name);
    if (found == kernel.targets.end()) {
      refuse(from, "unknown branch targets " + operand.name);
    }
    for (const std::string& name : found->second) {
      result.targets.push_back(label(name, from));
    }
  }

  void run() {
    program.name = kernel.name;
    program.max_threads = kernel.max_threads;
    for (const ptx::Instruction& from : kernel.code) {
      program.code.push_back(instruction(from));
      program.spellings.push_back(from.spelling);
    }
    program.register_bytes = static_cast<std::uint32_t>(align(program.register_bytes, 64));
    find_joins(program);
  }
};

} // namespace

Program decode(const ptx::Module& module, const ptx::Kernel& kernel,
    const std::map<std::string, Symbol>& symbols) {
  Decoder decoder{kernel, {}, {}, {}, {}, {}, {}, 0};
  decoder.place_registers();
  decoder.place_variables(module, symbols);
  decoder.place_parameters();
  decoder.run();
  return std::move(decoder.program);
}

} // namespace simulator
