#include "client/producer/batch_result.h"

namespace ottla::client {

void BatchResult::complete(std::int64_t base_offset, std::int64_t log_append_time_ms) {
  base_offset_ = base_offset;
  log_append_time_ms_ = log_append_time_ms;
  mark_ready();
}

void BatchResult::fail(Error error, RecordErrors record_errors) {
  error_ = std::move(error);
  record_errors_ = std::move(record_errors);
  mark_ready();
}

Result<RecordMetadata> BatchResult::take(const detail::FutureKey& key) {
  if (error_) {
    for (const auto& [index, error] : record_errors_) {
      if (index == key.index) return error;
    }
    return *error_;
  }
  const auto offset = base_offset_ < 0 ? -1 : base_offset_ + key.index;
  const auto timestamp = log_append_time_ms_ < 0 ? key.stamp : log_append_time_ms_;
  return RecordMetadata(topic_, partition_, offset, timestamp);
}

}  // namespace ottla::client
