#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ottla/result.h"

namespace ottla {

// Kafka's configuration as its tools have it: "linger.ms" -> "20".
using Properties = std::map<std::string, std::string, std::less<>>;

// Reads the text of a .properties file: `key=value`, `key: value` or `key value` lines, comments
// with # or !, a backslash at the end of a line joins it with the next, \n \t \uXXXX and \: escape.
// A key that comes twice keeps its last value. Error: invalid_argument with the line number.
Result<Properties> parse_properties(std::string_view text);

// The same, from a file. Errors: not_found, io_error, with the path.
Result<Properties> read_properties_file(const std::string& path);

}  // namespace ottla
