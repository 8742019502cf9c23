#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ottla/result.h"

namespace ottla::broker {

// Key -> value, as a Java properties file holds them.
using Properties = std::map<std::string, std::string, std::less<>>;

// Reads the text of a Java properties file: `#` and `!` comments, `=`, `:` or blanks between key
// and value, lines continued by a backslash, \t \n \r \f \uXXXX and any other escaped character;
// of a key that stands there twice the last value wins. Text is taken as UTF-8, \u escapes become
// UTF-8. Errors: invalid_config with the line number for a broken \u escape.
Result<Properties> parse_properties(std::string_view text);

// Reads `key=value`, the form of --override, into `properties`, replacing what was there.
// Errors: invalid_config if there is no `=` or no key.
Result<void> apply_override(std::string_view key_value, Properties& properties);

// One line `key=value` a property, in the order of the keys, escaped so that `parse_properties` and
// Java read the same back.
std::string format_properties(const Properties& properties);

}  // namespace ottla::broker
