#pragma once

#include <string>

#include "ottla/error.h"

namespace ottla::client {

// Why there is no token to log in with.
inline Error no_token(const std::string& why) {
  return Error(ErrorCode::sasl_authentication_failed, why);
}

}  // namespace ottla::client
