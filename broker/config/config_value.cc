#include "broker/config/config_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/nearest_name.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f";
// Much longer than any name there is; the search takes time by the length.
constexpr std::size_t kMaxNameForNearest = 128;

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

std::int64_t least_of(ConfigType type) {
  if (type == ConfigType::int16) return std::numeric_limits<std::int16_t>::min();
  if (type == ConfigType::int32) return std::numeric_limits<std::int32_t>::min();
  return std::numeric_limits<std::int64_t>::min();
}

std::int64_t most_of(ConfigType type) {
  if (type == ConfigType::int16) return std::numeric_limits<std::int16_t>::max();
  if (type == ConfigType::int32) return std::numeric_limits<std::int32_t>::max();
  return std::numeric_limits<std::int64_t>::max();
}

std::string range_text(std::int64_t min, std::int64_t max) {
  const auto limits = std::numeric_limits<std::int64_t>();
  if (min == limits.min() && max == limits.max()) return "";
  if (max == limits.max()) return " of at least " + std::to_string(min);
  return " from " + std::to_string(min) + " to " + std::to_string(max);
}

bool is_choice(std::string_view value, std::string_view choices) {
  const auto allowed = split_list(choices);
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

Result<void> check_choices(std::string_view key, std::string_view value, const ValueRule& rule) {
  if (rule.choices.empty()) return {};
  const auto wrong = [&] {
    std::string expected = "expected ";
    expected += rule.type == ConfigType::list ? "any of " : "one of ";
    return bad_value(key, value, expected + std::string(rule.choices));
  };
  if (rule.type != ConfigType::list) {
    if (!is_choice(value, rule.choices)) return wrong();
    return {};
  }
  for (const auto& element : split_list(value)) {
    if (!is_choice(element, rule.choices)) return wrong();
  }
  return {};
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> elements;
  if (trim(text).empty()) return elements;
  for (std::size_t from = 0; from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    elements.emplace_back(trim(text.substr(from, comma - from)));
    from = comma + 1;
  }
  return elements;
}

Error bad_value(std::string_view key, std::string_view value, std::string_view why) {
  std::string message(key);
  message += '=';
  message += value;
  message += ": ";
  message += why;
  return {ErrorCode::invalid_config, std::move(message)};
}

Result<bool> parse_bool(std::string_view key, std::string_view value) {
  const auto text = trim(value);
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return bad_value(key, value, "expected true or false");
}

Result<std::int64_t> parse_integer(std::string_view key, std::string_view value,
                                   const ValueRule& rule) {
  const auto min = std::max(rule.min, least_of(rule.type));
  const auto max = std::min(rule.max, most_of(rule.type));
  auto text = trim(value);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = status == std::errc() && end == text.data() + text.size();
  if (!whole || number < min || number > max) {
    return bad_value(key, value, "expected a whole number" + range_text(min, max));
  }
  return number;
}

Result<double> parse_float(std::string_view key, std::string_view value, const ValueRule& rule) {
  const std::string text(trim(value));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && end == text.c_str() + text.size() && std::isfinite(number);
  // Rules are whole numbers; the greatest is no limit.
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const bool too_much = rule.max != most && number > static_cast<double>(rule.max);
  if (!whole || number < static_cast<double>(rule.min) || too_much) {
    return bad_value(key, value, "expected a number" + range_text(rule.min, rule.max));
  }
  return number;
}

Result<void> check_value(std::string_view key, std::string_view value, const ValueRule& rule) {
  switch (rule.type) {
    case ConfigType::boolean: {
      const auto parsed = parse_bool(key, value);
      return parsed ? Result<void>() : parsed.error();
    }
    case ConfigType::int16:
    case ConfigType::int32:
    case ConfigType::int64: {
      const auto parsed = parse_integer(key, value, rule);
      return parsed ? Result<void>() : parsed.error();
    }
    case ConfigType::float64: {
      const auto parsed = parse_float(key, value, rule);
      return parsed ? Result<void>() : parsed.error();
    }
    case ConfigType::string:
    case ConfigType::list:
      return check_choices(key, value, rule);
  }
  return {};
}

std::string join_list(const std::vector<std::string>& elements) {
  std::string text;
  for (const auto& element : elements) {
    if (!text.empty()) text += ',';
    text += element;
  }
  return text;
}

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string_view>& names) {
  std::string message = "unknown ";
  message += what;
  message += ' ';
  message += name.substr(0, kMaxNameForNearest);
  if (name.size() <= kMaxNameForNearest) {
    message += "; the nearest one there is is " + std::string(base::nearest_name(name, names));
  }
  return {ErrorCode::invalid_config, std::move(message)};
}

}  // namespace ottla::broker
