#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/interceptors/schema_guard.h"

namespace ottla::interceptors {

// Why the text is no JSON object of this shape; nothing if it is one.
std::optional<std::string> check_json(std::string_view text, const JsonShape& shape);

// Whether the text is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace ottla::interceptors
