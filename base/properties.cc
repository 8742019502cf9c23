#include "ottla/properties.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <utility>

namespace ottla {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

std::string_view without_leading_blanks(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_blank(text[at])) ++at;
  return text.substr(at);
}

// The line at `from` without its end; `from` moves past it. \r, \n and \r\n end lines.
std::string_view take_line(std::string_view text, std::size_t& from) {
  const auto end = std::min(text.find_first_of("\r\n", from), text.size());
  const auto line = text.substr(from, end - from);
  from = end + 1;
  if (end + 1 < text.size() && text[end] == '\r' && text[end + 1] == '\n') ++from;
  return line;
}

bool continues(std::string_view line) {
  std::size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

void append_utf8(std::uint32_t code, std::string& to) {
  const auto add = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | (code >> 6));
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3f));
    add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits at `at`; -1 if they are not there.
std::int32_t hex4(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) return -1;
  std::int32_t code = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

// Reads the \uXXXX (and the second half of a surrogate pair) whose first digit is at `at`, and
// moves `at` behind it.
bool unescape_unicode(std::string_view text, std::size_t& at, std::string& to) {
  const auto code = hex4(text, at);
  if (code < 0) return false;
  at += 4;
  auto whole = static_cast<std::uint32_t>(code);
  const bool high_half = whole >= 0xd800 && whole < 0xdc00;
  if (high_half && text.substr(at, 2) == "\\u") {
    const auto low = hex4(text, at + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      whole = 0x10000 + ((whole - 0xd800) << 10) + (static_cast<std::uint32_t>(low) - 0xdc00);
      at += 6;
    }
  }
  append_utf8(whole, to);
  return true;
}

char unescape_letter(char c) {
  switch (c) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

// False for a broken \u.
bool unescape(std::string_view text, std::string& to) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c != '\\' || at == text.size()) {
      to.push_back(c);
      continue;
    }
    const char escaped = text[at++];
    if (escaped != 'u') {
      to.push_back(unescape_letter(escaped));
    } else if (!unescape_unicode(text, at, to)) {
      return false;
    }
  }
  return true;
}

// Where the key ends: the first separator that is not escaped.
std::size_t key_end(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '=' || line[at] == ':' || is_blank(line[at])) {
      return at;
    }
  }
  return line.size();
}

bool add_line(std::string_view line, Properties& properties) {
  const auto end = key_end(line);
  auto value = without_leading_blanks(line.substr(end));
  if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
    value = without_leading_blanks(value.substr(1));
  }
  std::string key_text;
  std::string value_text;
  if (!unescape(line.substr(0, end), key_text) || !unescape(value, value_text)) return false;
  properties.insert_or_assign(std::move(key_text), std::move(value_text));
  return true;
}

}  // namespace

Result<Properties> parse_properties(std::string_view text) {
  Properties properties;
  std::size_t from = 0;
  for (int number = 1; from < text.size(); ++number) {
    const int first_line = number;
    const auto first = without_leading_blanks(take_line(text, from));
    if (first.empty() || first.front() == '#' || first.front() == '!') continue;
    std::string line(first);
    while (continues(line)) {
      line.pop_back();
      if (from >= text.size()) break;
      line += without_leading_blanks(take_line(text, from));
      ++number;
    }
    if (!add_line(line, properties)) {
      return Error(ErrorCode::invalid_argument,
                   "line " + std::to_string(first_line) +
                       ": expected four hexadecimal digits after \\u; write \\\\u for the two "
                       "characters themselves");
    }
  }
  return properties;
}

Result<Properties> read_properties_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error(ErrorCode::not_found, "cannot read the file", {.file = path});
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return Error(ErrorCode::io_error, "reading failed", {.file = path});
  auto properties = parse_properties(text);
  if (properties) return properties;
  return Error(properties.error().code(), properties.error().message(), {.file = path});
}

}  // namespace ottla
