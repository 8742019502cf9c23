#include "interceptors/json_shape.h"

#include <algorithm>
#include <cstdint>
#include <set>

namespace ottla::interceptors {
namespace {

std::string_view name_of(JsonType type) {
  switch (type) {
    case JsonType::null:
      return "null";
    case JsonType::boolean:
      return "a boolean";
    case JsonType::number:
      return "a number";
    case JsonType::string:
      return "a string";
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
    case JsonType::any:
      break;
  }
  return "anything";
}

// Reads a text from its beginning. After the first mistake all reading fails.
class JsonReader {
 public:
  JsonReader(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  const std::string& mistake() const { return mistake_; }
  std::size_t at() const { return at_; }

  bool fail(std::string what) {
    if (mistake_.empty()) mistake_ = std::move(what) + " at byte " + std::to_string(at_);
    return false;
  }

  void skip_blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  // The value that begins here, and what it is. Nested ones are walked through without recursion.
  std::optional<JsonType> value() {
    std::string open;  // the brackets that are open
    std::optional<JsonType> outermost;
    do {
      skip_blanks();
      const auto type = begin_value(open);
      if (!type) return std::nullopt;
      if (!outermost) outermost = type;
      if (!go_on(open)) return std::nullopt;
    } while (!open.empty());
    return outermost;
  }

  // A string with its quotes; `raw` is what stands between them.
  bool string(std::string_view& raw) {
    if (!take('"')) return fail("a string is missing");
    const auto begin = at_;
    while (!at_end() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return fail("a control character");
      if (text_[at_] == '\\' && !escape()) return false;
      ++at_;
    }
    raw = text_.substr(begin, at_ - begin);
    return take('"') || fail("a string has no end");
  }

 private:
  // A scalar, or the beginning of an array or object; empty ones are read whole.
  std::optional<JsonType> begin_value(std::string& open) {
    const char first = peek();
    if (first == '{' || first == '[') {
      if (open.size() >= max_depth_) return fail("nested too deeply"), std::nullopt;
      ++at_;
      skip_blanks();
      const char close = first == '{' ? '}' : ']';
      if (take(close)) {
        ended_ = true;
      } else {
        open += close;
        ended_ = false;
        if (close == '}' && !name()) return std::nullopt;
      }
      return first == '{' ? JsonType::object : JsonType::array;
    }
    ended_ = true;
    return scalar(first);
  }

  std::optional<JsonType> scalar(char first) {
    std::string_view raw;
    if (first == '"') return string(raw) ? std::optional(JsonType::string) : std::nullopt;
    if (first == '-' || (first >= '0' && first <= '9')) {
      return number() ? std::optional(JsonType::number) : std::nullopt;
    }
    for (const auto& [word, type] :
         {std::pair("true", JsonType::boolean), std::pair("false", JsonType::boolean),
          std::pair("null", JsonType::null)}) {
      const std::string_view view(word);
      if (text_.substr(at_, view.size()) != view) continue;
      at_ += view.size();
      return type;
    }
    fail("a value is missing");
    return std::nullopt;
  }

  // Behind a value: ends what ends here, and goes to the next value of what does not.
  bool go_on(std::string& open) {
    if (!ended_) return true;
    while (!open.empty()) {
      skip_blanks();
      if (take(open.back())) {
        open.pop_back();
        continue;
      }
      if (!take(',')) return fail("a comma or a bracket is missing");
      skip_blanks();
      return open.back() == ']' || name();
    }
    return true;
  }

  bool name() {
    std::string_view raw;
    if (!string(raw)) return false;
    skip_blanks();
    return take(':') || fail("a colon is missing");
  }

  bool escape() {
    ++at_;
    if (peek() != 'u') {
      return std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos && !at_end()
                 ? true
                 : fail("an unknown escape");
    }
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const char c = peek();
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!hex) return fail("an unknown escape");
    }
    return true;
  }

  bool digits() {
    const auto begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin || fail("a digit is missing");
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  const std::string_view text_;
  const std::size_t max_depth_;
  std::size_t at_ = 0;
  bool ended_ = false;  // the value that was begun last is whole
  std::string mistake_;
};

const JsonField* find_field(const JsonShape& shape, std::string_view name) {
  const auto found = std::find_if(shape.fields.begin(), shape.fields.end(),
                                  [&](const JsonField& field) { return field.name == name; });
  return found == shape.fields.end() ? nullptr : &*found;
}

// One "name": value of the outermost object.
std::optional<std::string> check_member(JsonReader& reader, const JsonShape& shape,
                                        std::set<std::string_view>& seen) {
  std::string_view name;
  reader.skip_blanks();
  if (!reader.string(name)) return reader.mistake();
  reader.skip_blanks();
  if (!reader.take(':')) return reader.fail("a colon is missing"), reader.mistake();
  const auto type = reader.value();
  if (!type) return reader.mistake();
  if (!seen.insert(name).second) return "'" + std::string(name) + "' is there twice";
  const auto* const field = find_field(shape, name);
  if (field == nullptr) {
    if (shape.other_fields) return std::nullopt;
    return "'" + std::string(name) + "' is not expected";
  }
  const bool null = *type == JsonType::null && !field->required;
  if (field->type == JsonType::any || field->type == *type || null) return std::nullopt;
  return "'" + field->name + "' is " + std::string(name_of(*type)) + ", not " +
         std::string(name_of(field->type));
}

std::optional<std::string> check_members(JsonReader& reader, const JsonShape& shape,
                                         std::set<std::string_view>& seen) {
  reader.skip_blanks();
  if (!reader.take('{')) return "it is no JSON object";
  reader.skip_blanks();
  if (reader.take('}')) return std::nullopt;
  while (true) {
    if (auto wrong = check_member(reader, shape, seen)) return wrong;
    reader.skip_blanks();
    if (reader.take('}')) return std::nullopt;
    if (!reader.take(',')) return reader.fail("a comma or a bracket is missing"), reader.mistake();
  }
}

}  // namespace

std::optional<std::string> check_json(std::string_view text, const JsonShape& shape) {
  if (!is_utf8(text)) return "it is not UTF-8";
  JsonReader reader(text, shape.max_depth > 0 ? shape.max_depth - 1 : 0);
  std::set<std::string_view> seen;
  if (auto wrong = check_members(reader, shape, seen)) return wrong;
  reader.skip_blanks();
  if (!reader.at_end()) {
    reader.fail("something stands behind the object");
    return reader.mistake();
  }
  for (const auto& field : shape.fields) {
    if (field.required && !seen.contains(field.name)) return "'" + field.name + "' is missing";
  }
  return std::nullopt;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t j = 1; j < length; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    if (overlong || surrogate || point > 0x10ffff) return false;
    i += length;
  }
  return true;
}

}  // namespace ottla::interceptors
