#pragma once

#include <string>

#include "ottla/bytes.h"

namespace ottla::tools {

// Bytes as a terminal may be given them: UTF-8 as it is, control characters and what is not UTF-8
// as \xNN, a backslash twice.
std::string printable(BytesView bytes);

}  // namespace ottla::tools
