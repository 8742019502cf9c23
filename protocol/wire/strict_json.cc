#include "protocol/wire/strict_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ottla::protocol {
namespace {

constexpr int kDeepest = 8;
// What still is a whole number in a double; times and lengths are far from it.
constexpr double kLargest = 9e15;

class Reader {
 public:
  Reader(std::string_view text, std::size_t most_values) : text_(text), left_(most_values) {}

  Result<JsonValue> read() {
    JsonValue value;
    skip_blanks();
    if (peek() != '{') return bad("it must be an object");
    if (!read_value(value, 0)) return bad(why_);
    skip_blanks();
    if (at_ != text_.size()) return bad("something follows behind the object");
    return value;
  }

 private:
  static Error bad(const char* why) { return Error(ErrorCode::invalid_argument, why); }

  bool fail(const char* why) {
    why_ = why;
    return false;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    if (peek() != wanted || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos)
      ++at_;
  }

  bool read_value(JsonValue& value, int depth) {
    if (depth > kDeepest) return fail("it is nested too deeply");
    if (left_ == 0) return fail("it has too many values");
    --left_;
    skip_blanks();
    switch (peek()) {
      case '{':
        return read_object(value, depth);
      case '[':
        return read_array(value, depth);
      case '"':
        value.kind = JsonValue::Kind::string;
        return read_string(value.string);
      default:
        return read_word(value) || read_number(value);
    }
  }

  bool read_word(JsonValue& value) {
    if (take("null")) return true;
    const bool is_true = take("true");
    if (!is_true && !take("false")) return false;
    value.kind = JsonValue::Kind::boolean;
    value.boolean = is_true;
    return true;
  }

  std::size_t skip_digits() {
    const auto from = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - from;
  }

  bool read_number(JsonValue& value) {
    const auto from = at_;
    take('-');
    const bool zero = peek() == '0';
    const auto digits = skip_digits();
    bool good = digits > 0 && !(zero && digits > 1);
    if (good && take('.')) good = skip_digits() > 0;
    if (good && (take('e') || take('E'))) {
      if (!take('+')) take('-');
      good = skip_digits() > 0;
    }
    double number = 0;
    const auto* const end = text_.data() + at_;
    const auto read = std::from_chars(text_.data() + from, end, number);
    if (!good || read.ec != std::errc() || read.ptr != end || std::abs(number) > kLargest) {
      return fail("something in it is neither a value nor a number that can be");
    }
    value.kind = JsonValue::Kind::number;
    value.number = static_cast<std::int64_t>(number);
    value.real = number;
    return true;
  }

  bool read_array(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::array;
    take('[');
    skip_blanks();
    if (take(']')) return true;
    do {
      if (!read_value(value.elements.emplace_back(), depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take(']') || fail("an array has no end");
  }

  bool read_object(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::object;
    take('{');
    skip_blanks();
    if (take('}')) return true;
    do {
      skip_blanks();
      std::string name;
      if (!read_string(name)) return false;
      const auto& keys = value.keys;
      if (std::find(keys.begin(), keys.end(), name) != keys.end()) {
        return fail("a name stands twice in an object");
      }
      value.keys.push_back(std::move(name));
      skip_blanks();
      if (!take(':')) return fail("a name has no value");
      if (!read_value(value.elements.emplace_back(), depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take('}') || fail("an object has no end");
  }

  bool read_string(std::string& to) {
    if (!take('"')) return fail("a name is missing");
    while (at_ < text_.size() && text_[at_] != '"') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return fail("a string has a control character in it");
      if (c == '\\') {
        if (!read_escape(to)) return fail("a string has an escape that is none");
        continue;
      }
      const auto length = utf8_length();
      if (length == 0) return fail("a string is not UTF-8");
      to.append(text_.substr(at_, length));
      at_ += length;
    }
    return take('"') || fail("a string has no end");
  }

  // The length of the well-formed sequence at `at_`, or 0.
  std::size_t utf8_length() const {
    const auto byte = [this](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    std::uint32_t point = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0U) != 0x80) return 0;
      point = (point << 6) | (byte(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    return overlong || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff ? 0 : length;
  }

  bool read_escape(std::string& to) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (const auto found = kNames.find(peek()); at_ < text_.size() && found != std::string::npos) {
      to += kMeant[found];
      ++at_;
      return true;
    }
    auto point = read_unit();
    if (!point) return false;
    if (*point >= 0xd800 && *point < 0xdc00) {
      if (!take('\\')) return false;
      const auto low = read_unit();
      if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    } else if (*point >= 0xdc00 && *point < 0xe000) {
      return false;
    }
    append_utf8(to, *point);
    return true;
  }

  // uXXXX
  std::optional<std::uint32_t> read_unit() {
    if (!take('u') || text_.size() - at_ < 4) return std::nullopt;
    std::uint32_t unit = 0;
    const auto* const from = text_.data() + at_;
    const auto read = std::from_chars(from, from + 4, unit, 16);
    if (read.ec != std::errc() || read.ptr != from + 4) return std::nullopt;
    at_ += 4;
    return unit;
  }

  static void append_utf8(std::string& to, std::uint32_t point) {
    const auto add = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (point < 0x80) return add(point);
    if (point < 0x800) {
      add(0xc0 | (point >> 6));
    } else if (point < 0x10000) {
      add(0xe0 | (point >> 12));
      add(0x80 | ((point >> 6) & 0x3f));
    } else {
      add(0xf0 | (point >> 18));
      add(0x80 | ((point >> 12) & 0x3f));
      add(0x80 | ((point >> 6) & 0x3f));
    }
    add(0x80 | (point & 0x3f));
  }

  const std::string_view text_;
  std::size_t left_;  // how many more values there may be
  std::size_t at_ = 0;
  const char* why_ = "it is not JSON";
};

}  // namespace

Result<JsonValue> parse_strict_json(std::string_view text, std::size_t most_values) {
  return Reader(text, most_values).read();
}

}  // namespace ottla::protocol
