#pragma once

#include <cstdint>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {

// The code that a transactional producer is told: one that came before producer_fenced (KIP-588)
// knows invalid_producer_epoch only. `since` is the version of the API that knows it.
constexpr ErrorCode transaction_code(ErrorCode error, std::int16_t version, std::int16_t since) {
  if (error == ErrorCode::producer_fenced && version < since) {
    return ErrorCode::invalid_producer_epoch;
  }
  return wire_code(error);
}

}  // namespace ottla::broker
