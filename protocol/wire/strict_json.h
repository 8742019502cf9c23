#pragma once

#include <cstddef>
#include <string_view>

#include "ottla/result.h"
#include "protocol/wire/json_value.h"

namespace ottla::protocol {

// Reads a JSON object that decides who somebody is, so that there are no two ways to read it: no
// name twice in an object, nothing behind the object, no bytes that are not UTF-8, at most 8
// levels and `most_values` values altogether. The time goes with the text and, at worst, with the
// square of the values. Each number is a `number`, without its fraction, which `real` has. Errors:
// invalid_argument, saying what is wrong and never repeating the text.
Result<JsonValue> parse_strict_json(std::string_view text, std::size_t most_values);

}  // namespace ottla::protocol
