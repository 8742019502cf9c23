#pragma once

#include "ottla/error_code.h"

namespace ottla::broker {

// What Kafka makes of an append of offsets that failed, for whoever committed them.
constexpr ErrorCode commit_error(ErrorCode error) {
  switch (error) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::request_timed_out:
      return ErrorCode::coordinator_not_available;
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::kafka_storage_error:
      return ErrorCode::not_coordinator;
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
      return ErrorCode::invalid_commit_offset_size;
    default:
      return error;
  }
}

}  // namespace ottla::broker
