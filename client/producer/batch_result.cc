#include "client/producer/batch_result.h"

#include <limits>

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
  // An offset that no log can have is what a broker that lies answers: then it is not known.
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const bool known = base_offset_ >= 0 && base_offset_ <= most - key.index;
  const auto offset = known ? base_offset_ + key.index : -1;
  const auto timestamp = log_append_time_ms_ < 0 ? key.stamp : log_append_time_ms_;
  return RecordMetadata(topic_, partition_, offset, timestamp);
}

}  // namespace ottla::client
