#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"

namespace ottla::broker {

// What kind of text a setting takes; the numbers are those of DescribeConfigs.
enum class ConfigType : std::int8_t {
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  float64 = 6,
  list = 7,
};

// What a setting accepts.
struct ValueRule {
  ConfigType type = ConfigType::string;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();  // of numbers, both included
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view choices;  // "a,b,c": what strings and list elements may be; empty: anything
};

// Without blanks at either end.
std::string_view trim(std::string_view text);

// The elements between commas, trimmed; none for a blank text.
std::vector<std::string> split_list(std::string_view text);

// All errors are invalid_config and say key, value and what was expected. Numbers are decimal, in
// the range of the type and of the rule; booleans are true and false in any case.
Result<void> check_value(std::string_view key, std::string_view value, const ValueRule& rule);
Result<bool> parse_bool(std::string_view key, std::string_view value);
Result<std::int64_t> parse_integer(std::string_view key, std::string_view value,
                                   const ValueRule& rule);
Result<double> parse_float(std::string_view key, std::string_view value, const ValueRule& rule);

// "key=value: why" as an invalid_config.
Error bad_value(std::string_view key, std::string_view value, std::string_view why);

// The text of a list: elements with commas between.
std::string join_list(const std::vector<std::string>& elements);

// An invalid_config: "unknown `what` `name`; the nearest one there is is ...".
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string_view>& names);

}  // namespace ottla::broker
