#pragma once

#include <string>
#include <string_view>

namespace ottla {

// Owned bytes. A key, a value, a header is any sequence of bytes; nothing here assumes text.
using Bytes = std::string;

// Borrowed bytes: valid as long as the owner that the function handing them out names.
using BytesView = std::string_view;

}  // namespace ottla
