#include "broker/log/text_lines.h"

#include <algorithm>
#include <charconv>

namespace ottla::broker {

Result<std::size_t> TextLines::header() {
  const auto version = number();
  if (!version || *version != 0 || !end_of_line()) return malformed("version 0 expected");
  const auto count = number();
  if (!count || *count < 0 || !end_of_line()) return malformed("a number of lines expected");
  const auto lines = std::count(rest_.begin(), rest_.end(), '\n') + 1;
  if (*count > lines) return malformed("fewer lines than this follow");
  return static_cast<std::size_t>(*count);
}

std::optional<BytesView> TextLines::word() {
  while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  const auto length = std::min(rest_.find_first_of(" \r\n"), rest_.size());
  if (length == 0) return {};
  const auto found = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return found;
}

std::optional<std::int64_t> TextLines::number() {
  const auto text = word();
  if (!text) return {};
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || rest != end) return {};
  return value;
}

bool TextLines::end_of_line() {
  const auto last = rest_.find_first_not_of(" \r");
  if (last == BytesView::npos) {
    rest_ = {};
    return true;
  }
  if (rest_[last] != '\n') return false;
  rest_.remove_prefix(last + 1);
  ++line_;
  return true;
}

Error TextLines::malformed(const std::string& why) const {
  return Error(ErrorCode::corrupt_data, "line " + std::to_string(line_) + ": " + why);
}

}  // namespace ottla::broker
