#pragma once

#include "ottla/error.h"

namespace ottla::protocol {

// Why somebody is not let in.
inline Error sasl_failure(const char* why) {
  return Error(ErrorCode::sasl_authentication_failed, why);
}

}  // namespace ottla::protocol
