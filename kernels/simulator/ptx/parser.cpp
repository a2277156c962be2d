#include "lexer.h"
#include "module.h"

#include <algorithm>
#include <cstring>

namespace simulator::ptx {

Type type_of(const std::string& name, int line) {
  if (name == "pred") {
    return {'p', 4};
  }
  static const char* const known[] = {"b8", "u8", "s8", "b16", "u16", "s16", "b32",
      "u32", "s32", "f32", "b64", "u64", "s64", "f64"};
  for (const char* type : known) {
    if (name == type) {
      return {name[0], std::stoi(name.substr(1)) / 8};
    }
  }
  throw Error(line, "unknown type ." + name);
}

namespace {

constexpr std::int64_t MOST_ALIGN = 1 << 12, MOST_REGISTERS = 1 << 20;
constexpr std::uint64_t MOST_BYTES = std::uint64_t{1} << 40;

struct Parser {
  std::vector<Token> tokens;
  std::size_t at = 0;
  Module module;
  std::vector<std::map<std::string, int>> scopes; // register names of the open blocks
  int anonymous = 0;

  const Token& peek(std::size_t ahead = 0) const {
    return tokens[std::min(at + ahead, tokens.size() - 1)];
  }

  int line() const { return peek().line; }

  Token next() { return tokens[at < tokens.size() - 1 ? at++ : at]; }

  bool is(const char* text) const {
    return peek().text == text && (peek().kind == Token::MARK || peek().kind == Token::WORD);
  }

  bool accept(const char* text) {
    bool found = is(text);
    at += found;
    return found;
  }

  void expect(const char* text) {
    if (!accept(text)) {
      throw Error(line(), "found '" + peek().text + "', expected '" + text + "'");
    }
  }

  std::string word() {
    if (peek().kind != Token::WORD) {
      throw Error(line(), "found '" + peek().text + "', expected a name");
    }
    return next().text;
  }

  std::int64_t integer() {
    bool negative = accept("-");
    if (peek().kind != Token::INTEGER) {
      throw Error(line(), "found '" + peek().text + "', expected an integer");
    }
    std::int64_t value = next().value;
    return negative ? -value : value;
  }

  void skip_past(const char* mark) {
    while (!accept(mark)) {
      if (next().kind == Token::END) {
        throw Error(line(), std::string("no '") + mark + "' before the end");
      }
    }
  }

  Module run() {
    while (peek().kind != Token::END) {
      directive();
    }
    if (module.version == 0) {
      throw Error(1, "no .version; this is not PTX");
    }
    return std::move(module);
  }

  // The number that a word has behind its start, as in sm_75.
  int number_in(const std::string& word, const std::string& start) const {
    std::string digits = word.substr(std::min(start.size(), word.size()));
    bool valid = word.rfind(start, 0) == 0 && !digits.empty() && digits.size() <= 4
        && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!valid) {
      throw Error(line(), "found '" + word + "', expected " + start + " and a number");
    }
    return std::stoi(digits);
  }

  void directive() {
    int first = line();
    std::string name = word();
    if (name == ".version") {
      // The lexer reads 7.0 as an integer and a word that begins with a dot.
      std::int64_t major = integer();
      module.version = static_cast<int>(major) * 10 + number_in(word(), ".");
    } else if (name == ".target") {
      module.target = number_in(word(), "sm_");
    } else if (name == ".address_size") {
      if (integer() != 64) {
        throw Error(first, "only 64-bit addresses are known");
      }
    } else if (name == ".file") {
      integer();
      next();
    } else if (name == ".visible" || name == ".weak") {
      return;
    } else if (name == ".entry") {
      kernel();
    } else if (name == ".extern") {
      module.variables.push_back(variable(word()));
      module.variables.back().external = true;
      expect(";");
    } else if (name == ".global" || name == ".const" || name == ".shared") {
      module.variables.push_back(variable(name));
      expect(";");
    } else {
      throw Error(first, "unknown directive " + name);
    }
  }

  Variable variable(const std::string& space) {
    Variable result;
    result.space = space;
    std::string word_read = word();
    if (word_read == ".align") {
      std::int64_t align = integer();
      if (align < 1 || align > MOST_ALIGN || (align & (align - 1)) != 0) {
        throw Error(line(), "alignment of " + std::to_string(align)
            + ", expected a power of two up to " + std::to_string(MOST_ALIGN));
      }
      result.align = static_cast<int>(align);
      word_read = word();
    }
    Type type = type_of(word_read.substr(1), line());
    result.align = std::max(result.align, type.size);
    if (accept(".ptr")) {
      pointer_attributes();
    }
    result.name = word();
    result.size = type.size;
    while (accept("[")) {
      std::int64_t count = is("]") ? 0 : integer();
      if (count < 0 || __builtin_mul_overflow(result.size, count, &result.size)
          || result.size > MOST_BYTES) {
        throw Error(line(), result.name + " has the wrong size");
      }
      expect("]");
    }
    if (accept("=")) {
      result.content.reserve(result.size);
      initializer(result, type);
      result.content.resize(std::max<std::size_t>(result.size, result.content.size()));
      result.size = result.content.size();
    }
    return result;
  }

  void pointer_attributes() {
    accept(".global");
    if (accept(".align")) {
      integer();
    }
  }

  void initializer(Variable& variable, Type type) {
    if (accept("{")) {
      do {
        initializer(variable, type);
      } while (accept(","));
      expect("}");
      return;
    }
    std::int64_t value;
    if (peek().kind == Token::REAL) {
      value = next().value;
    } else {
      value = integer();
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    variable.content.insert(variable.content.end(), bytes, bytes + type.size);
  }

  void kernel() {
    Kernel result;
    result.line = line();
    result.name = word();
    for (const Kernel& other : module.kernels) {
      if (other.name == result.name) {
        throw Error(result.line, "kernel " + result.name + " twice");
      }
    }
    if (accept("(")) {
      while (!accept(")")) {
        expect(".param");
        result.parameters.push_back(variable(".param"));
        accept(",");
      }
    }
    while (!is("{")) {
      bounds(result);
    }
    block(result);
    module.kernels.push_back(std::move(result));
  }

  void bounds(Kernel& kernel) {
    std::string name = word();
    std::int64_t threads = integer();
    while (accept(",")) {
      threads *= integer();
    }
    if (name == ".maxntid" || name == ".reqntid") {
      kernel.max_threads = static_cast<int>(threads);
    } else if (name != ".minnctapersm" && name != ".maxnreg") {
      throw Error(line(), "unknown directive " + name);
    }
  }

  void block(Kernel& kernel) {
    expect("{");
    scopes.emplace_back();
    while (!accept("}")) {
      if (is("{")) {
        block(kernel);
      } else {
        statement(kernel);
      }
    }
    scopes.pop_back();
  }

  void statement(Kernel& kernel) {
    int first = line();
    if (peek().kind == Token::WORD && peek(1).text == ":") {
      label(kernel);
    } else if (accept(".reg")) {
      registers(kernel);
    } else if (is(".local") || is(".shared")) {
      std::string space = word();
      kernel.variables.push_back(variable(space));
      expect(";");
    } else if (accept(".pragma")) {
      skip_past(";");
    } else if (accept(".loc")) {
      while (peek().kind != Token::END && line() == first) {
        next();
      }
    } else {
      instruction(kernel);
    }
  }

  void label(Kernel& kernel) {
    int first = line();
    std::string name = word();
    expect(":");
    if (accept(".branchtargets")) {
      auto& list = kernel.targets[name];
      do {
        list.push_back(word());
      } while (accept(","));
      expect(";");
    } else if (!kernel.labels.emplace(name, static_cast<int>(kernel.code.size())).second) {
      throw Error(first, "label " + name + " twice");
    }
  }

  void registers(Kernel& kernel) {
    Type type = type_of(word().substr(1), line());
    do {
      std::string name = word();
      if (accept("<")) {
        std::int64_t count = integer();
        expect(">");
        if (count < 0 || count > MOST_REGISTERS) {
          throw Error(line(), std::to_string(count) + " registers " + name);
        }
        for (std::int64_t i = 0; i < count; ++i) {
          declare(kernel, name + std::to_string(i), type);
        }
      } else {
        declare(kernel, name, type);
      }
    } while (accept(","));
    expect(";");
  }

  void declare(Kernel& kernel, const std::string& name, Type type) {
    if (!scopes.back().emplace(name, static_cast<int>(kernel.registers.size())).second) {
      throw Error(line(), "register " + name + " twice");
    }
    kernel.registers.push_back({name, type});
  }

  int find_register(const std::string& name) const {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
      auto found = scope->find(name);
      if (found != scope->end()) {
        return found->second;
      }
    }
    return -1;
  }

  void instruction(Kernel& kernel) {
    Instruction result;
    result.line = line();
    if (accept("@")) {
      result.negated = accept("!");
      std::string name = word();
      result.predicate = find_register(name);
      if (result.predicate < 0 || kernel.registers[result.predicate].type.letter != 'p') {
        throw Error(result.line, name + " is no predicate");
      }
    }
    result.spelling = word();
    while (!accept(";")) {
      result.operands.push_back(operand());
      if (!is(";")) {
        expect(",");
      }
    }
    kernel.code.push_back(std::move(result));
  }

  Operand operand() {
    Operand first = single();
    if (!accept("|")) {
      return first;
    }
    Operand pair;
    pair.kind = Operand::PAIR;
    pair.parts = {first, single()};
    return pair;
  }

  Operand single() {
    Operand result;
    if (accept("{")) {
      result.kind = Operand::LIST;
      do {
        result.parts.push_back(single());
      } while (accept(","));
      expect("}");
    } else if (accept("[")) {
      return address();
    } else if (peek().kind == Token::REAL) {
      result.kind = Operand::REAL;
      result.size = peek().size;
      result.value = next().value;
    } else if (peek().kind == Token::INTEGER || is("-")) {
      result.kind = Operand::INTEGER;
      result.value = integer();
    } else {
      named(result, word());
      if (result.kind == Operand::NAME && accept("+")) {
        result.value = integer(); // variable + offset, as in mov.u64 %rd1, table+16
      }
    }
    return result;
  }

  void named(Operand& operand, const std::string& name) const {
    operand.reg = find_register(name);
    if (operand.reg >= 0) {
      operand.kind = Operand::REGISTER;
    } else if (name == "_") {
      operand.kind = Operand::SINK;
    } else if (name == "WARP_SZ") {
      operand.kind = Operand::INTEGER;
      operand.value = 32;
    } else {
      operand.kind = Operand::NAME;
      operand.name = name;
    }
  }

  Operand address() {
    Operand result;
    if (peek().kind != Token::INTEGER) {
      named(result, word());
    }
    result.kind = Operand::ADDRESS;
    if (result.reg < 0 && result.name.empty()) {
      result.value = integer();
    } else if (accept("+")) {
      result.value = integer();
    } else if (is("-")) {
      result.value = integer();
    }
    expect("]");
    return result;
  }
};

} // namespace

Module parse(const std::string& text) {
  Parser parser;
  parser.tokens = tokenize(text);
  return parser.run();
}

} // namespace simulator::ptx
