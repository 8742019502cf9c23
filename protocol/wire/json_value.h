#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.h"

namespace ottla::protocol {

// A JSON text that has been read.
struct JsonValue {
  // A number is whole; what is written with a fraction or an exponent is real.
  enum class Kind : std::uint8_t { null, boolean, number, real, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t number = 0;
  double real = 0;
  std::string string;
  // Of an array; of an object, with the key of each in `keys`.
  std::vector<JsonValue> elements;
  std::vector<std::string> keys;

  // The member of an object, or nullptr.
  const JsonValue* find(std::string_view key) const;
};

// Fails with invalid_argument for a text that is not JSON, nests deeper than 32 levels, or has a
// whole number that has more than 64 bits.
Result<JsonValue> parse_json(std::string_view text);

}  // namespace ottla::protocol
