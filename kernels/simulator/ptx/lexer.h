// Splits PTX text into words, numbers and marks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simulator::ptx {

struct Token {
  enum Kind { WORD, INTEGER, REAL, STRING, MARK, END };
  Kind kind;
  std::string text;
  std::int64_t value; // INTEGER, or the bits of a REAL
  int size;           // REAL: 4 or 8 bytes
  int line;
};

std::vector<Token> tokenize(const std::string& text);

} // namespace simulator::ptx
