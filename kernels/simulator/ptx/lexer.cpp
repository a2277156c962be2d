#include "lexer.h"

#include "module.h"

#include <cctype>

namespace simulator::ptx {
namespace {

struct Lexer {
  const std::string& text;
  std::size_t at = 0;
  int line = 1;
  std::vector<Token> tokens;

  char peek(std::size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }

  void advance() {
    if (text[at++] == '\n') {
      ++line;
    }
  }

  void add(Token::Kind kind, std::string word, std::int64_t value = 0, int size = 0) {
    tokens.push_back({kind, std::move(word), value, size, line});
  }

  bool skip_comment() {
    if (peek() != '/' || (peek(1) != '/' && peek(1) != '*')) {
      return false;
    }
    bool block = peek(1) == '*';
    at += 2;
    while (at < text.size() && !(block ? peek() == '*' && peek(1) == '/' : peek() == '\n')) {
      advance();
    }
    if (block) {
      if (at >= text.size()) {
        throw Error(line, "comment without end");
      }
      at += 2;
    }
    return true;
  }

  std::string take(bool (*belongs)(char)) {
    std::size_t start = at;
    while (at < text.size() && belongs(text[at])) {
      ++at;
    }
    return text.substr(start, at - start);
  }

  void number() {
    std::string word = take([](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
    int first = line;
    auto hex = [&](std::size_t from, std::size_t digits) {
      if (word.size() != from + digits) {
        throw Error(first, "number " + word + " has the wrong length");
      }
      return parse(word, from, 16);
    };
    if (word.size() > 1 && word[0] == '0' && (word[1] == 'f' || word[1] == 'F')) {
      add(Token::REAL, word, hex(2, 8), 4);
    } else if (word.size() > 1 && word[0] == '0' && (word[1] == 'd' || word[1] == 'D')) {
      add(Token::REAL, word, hex(2, 16), 8);
    } else {
      std::string digits = word.back() == 'U' ? word.substr(0, word.size() - 1) : word;
      bool prefixed = digits.size() > 1 && digits[0] == '0';
      if (prefixed && std::tolower(digits[1]) == 'x') {
        add(Token::INTEGER, word, parse(digits, 2, 16));
      } else if (prefixed && std::tolower(digits[1]) == 'b') {
        add(Token::INTEGER, word, parse(digits, 2, 2));
      } else {
        add(Token::INTEGER, word, parse(digits, 0, prefixed ? 8 : 10));
      }
    }
  }

  std::int64_t parse(const std::string& word, std::size_t from, int base) const {
    std::uint64_t value = 0;
    for (std::size_t i = from; i < word.size(); ++i) {
      int c = std::tolower(word[i]);
      int digit = std::isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
      if (digit >= base) {
        throw Error(line, "not a number: " + word);
      }
      value = value * base + digit;
    }
    if (from >= word.size()) {
      throw Error(line, "not a number: " + word);
    }
    return static_cast<std::int64_t>(value);
  }

  void string() {
    std::size_t end = text.find('"', at + 1);
    if (end == std::string::npos) {
      throw Error(line, "string without end");
    }
    add(Token::STRING, text.substr(at + 1, end - at - 1));
    at = end + 1;
  }

  static bool starts_word(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'
        || c == '.';
  }

  static bool in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'
        || c == '.' || c == ':';
  }

  // A word may hold colons in pairs, as in .L2::128B; a single one ends a label.
  void word() {
    std::size_t start = at;
    while (at < text.size() && in_word(text[at])) {
      if (text[at] == ':') {
        if (peek(1) != ':') {
          break;
        }
        ++at;
      }
      ++at;
    }
    add(Token::WORD, text.substr(start, at - start));
  }

  void run() {
    while (at < text.size() && text[at] != '\0') {
      char c = text[at];
      if (std::isspace(static_cast<unsigned char>(c))) {
        advance();
      } else if (skip_comment()) {
        continue;
      } else if (std::isdigit(static_cast<unsigned char>(c))) {
        number();
      } else if (c == '"') {
        string();
      } else if (starts_word(c)) {
        word();
      } else {
        add(Token::MARK, std::string(1, c));
        ++at;
      }
    }
    add(Token::END, "end of text");
  }
};

} // namespace

std::vector<Token> tokenize(const std::string& text) {
  Lexer lexer{text, 0, 1, {}};
  lexer.run();
  return std::move(lexer.tokens);
}

} // namespace simulator::ptx
