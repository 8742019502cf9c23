#pragma once

#include "ottla/error.h"

namespace ottla::broker {

// The code that a client is told: Kafka's own as they are; of those that never leave the process
// (from 10000), what the disk is to blame for, and what was closed under the request, is
// kafka_storage_error, time that ran out request_timed_out, and the rest unknown_server_error.
// Every handler that answers with the code of an Error asks here.
constexpr ErrorCode wire_code(ErrorCode code) {
  if (code < ErrorCode::invalid_argument) return code;
  switch (code) {
    case ErrorCode::closed:
    case ErrorCode::io_error:
    case ErrorCode::no_space:
    case ErrorCode::not_found:
    case ErrorCode::already_in_use:
    case ErrorCode::corrupt_data:
    case ErrorCode::would_block:
      return ErrorCode::kafka_storage_error;
    case ErrorCode::timed_out:
      return ErrorCode::request_timed_out;
    default:
      return ErrorCode::unknown_server_error;
  }
}

inline ErrorCode wire_code(const Error& error) {
  return wire_code(error.code());
}

}  // namespace ottla::broker
