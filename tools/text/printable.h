#pragma once

#include <string>

#include "ottla/bytes.h"

namespace ottla::tools {

// Bytes as a terminal may be given them, so that they can be told apart: as base::inert has them,
// and a backslash twice.
std::string printable(BytesView bytes);

}  // namespace ottla::tools
