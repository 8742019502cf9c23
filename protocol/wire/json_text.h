#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/bytes.h"

namespace ottla::protocol {

// Appends a JSON string. What is not UTF-8 becomes U+FFFD, byte by byte.
void append_json_string(std::string& to, std::string_view text);

// Base64 of RFC 4648, section 4, with padding.
void append_base64(std::string& to, BytesView bytes);
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace ottla::protocol
