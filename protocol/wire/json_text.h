#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/bytes.h"

namespace ottla::protocol {

// Appends a JSON string. What is not UTF-8 becomes U+FFFD, byte by byte.
void append_json_string(std::string& to, std::string_view text);

// As Java writes a double: 1.0, 0.25, 1.0E10. What is no number in JSON is a string ("NaN").
void append_json_double(std::string& to, double value);

// Base64 of RFC 4648, section 4, with padding.
void append_base64(std::string& to, BytesView bytes);
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace ottla::protocol
