#pragma once

#include <string>

#include "ottla/bytes.h"

namespace ottla::base {

// Text of a peer's as messages and terminals may be given it: UTF-8 as it is, control characters
// and what is not UTF-8 as \xNN. Backslashes stay, so what is inert already does not change.
std::string inert(BytesView bytes);

}  // namespace ottla::base
