#include "tools/date_format.h"

#include <algorithm>
#include <ctime>

namespace ottla::tools {
namespace {

constexpr std::string_view kNumbers = "yMdHmsS";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What stands between apostrophes, of which two are one; moves `at` behind it.
std::string take_quoted(std::string_view pattern, std::size_t& at) {
  std::string text;
  ++at;
  if (at < pattern.size() && pattern[at] == '\'') {
    ++at;
    return "'";
  }
  for (; at < pattern.size(); ++at) {
    if (pattern[at] != '\'') {
      text += pattern[at];
    } else if (at + 1 < pattern.size() && pattern[at + 1] == '\'') {
      text += pattern[at++];
    } else {
      ++at;
      break;
    }
  }
  return text;
}

int number(char letter, const std::tm& time, int millis) {
  switch (letter) {
    case 'y':
      return time.tm_year + 1900;
    case 'M':
      return time.tm_mon + 1;
    case 'd':
      return time.tm_mday;
    case 'H':
      return time.tm_hour;
    case 'm':
      return time.tm_min;
    case 's':
      return time.tm_sec;
    default:
      return millis;
  }
}

}  // namespace

Result<DateFormat> DateFormat::parse(std::string_view pattern) {
  DateFormat made;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\'') {
      made.pieces_.push_back({.text = take_quoted(pattern, at)});
    } else if (!is_letter(c)) {
      made.pieces_.push_back({.text = std::string(1, c)});
      ++at;
    } else if (kNumbers.find(c) == std::string_view::npos) {
      return Error(ErrorCode::invalid_argument, "the date format has the letter '" +
                                                    std::string(1, c) +
                                                    "'; those known are y M d H m s S");
    } else {
      const auto end = std::min(pattern.find_first_not_of(c, at), pattern.size());
      made.pieces_.push_back({.letter = c, .width = end - at, .text = {}});
      at = end;
    }
  }
  return made;
}

std::string DateFormat::format(Time time) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = static_cast<int>((time - seconds).count());
  const std::time_t at = seconds.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&at, &local);
  std::string text;
  for (const auto& piece : pieces_) {
    if (piece.letter == 0) {
      text += piece.text;
      continue;
    }
    auto digits = std::to_string(number(piece.letter, local, millis));
    // Two letters of a year are its last two digits.
    if (piece.letter == 'y' && piece.width == 2) digits.erase(0, digits.size() - 2);
    if (digits.size() < piece.width) digits.insert(0, piece.width - digits.size(), '0');
    text += digits;
  }
  return text;
}

}  // namespace ottla::tools
