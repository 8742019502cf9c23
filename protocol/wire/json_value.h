#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ottla/result.h"

namespace ottla::protocol {

// A JSON text that has been read. Messages have no fractions, so numbers are whole.
struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;

  std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> value;

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

// Fails with invalid_argument for a text that is not JSON, nests deeper than 32 levels, or has a
// number that is not a 64-bit integer.
Result<JsonValue> parse_json(std::string_view text);

}  // namespace ottla::protocol
