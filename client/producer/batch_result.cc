#include "client/producer/batch_result.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ottla::client {

void BatchResult::complete(std::int64_t base_offset, std::int64_t log_append_time_ms) {
  base_offset_ = base_offset;
  log_append_time_ms_ = log_append_time_ms;
  tell();
}

void BatchResult::fail(Error error, RecordErrors record_errors) {
  error_ = std::move(error);
  record_errors_ = std::move(record_errors);
  tell();
}

std::shared_ptr<BatchResult> BatchResult::split_off(const std::shared_ptr<BatchResult>& whole,
                                                    std::shared_ptr<detail::Executor> executor,
                                                    std::uint32_t first) {
  auto part = std::make_shared<BatchResult>(std::move(executor), whole->topic_, whole->partition_);
  part->whole_ = whole;
  whole->parts_.push_back({first, part});
  ++whole->parts_left_;
  return part;
}

void BatchResult::tell() {
  mark_ready();
  if (const auto whole = std::exchange(whole_, {}).lock()) {
    if (--whole->parts_left_ == 0) whole->tell();
  }
}

Error BatchResult::error_of(std::uint32_t index) const {
  for (const auto& [failed, error] : record_errors_) {
    if (failed == index) return error;
  }
  return *error_;
}

// An offset that no log can have is what a broker that lies answers: then it is not known.
std::int64_t BatchResult::offset_of(std::uint32_t index) const {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const bool known = base_offset_ >= 0 && base_offset_ <= most - index;
  return known ? base_offset_ + index : -1;
}

Result<RecordMetadata> BatchResult::take(const detail::FutureKey& key) {
  if (!parts_.empty()) {
    const auto after = [](std::uint32_t index, const Part& part) { return index < part.first; };
    const auto part = std::prev(std::upper_bound(parts_.begin(), parts_.end(), key.index, after));
    return part->result->take({.index = key.index - part->first, .stamp = key.stamp});
  }
  if (error_) return error_of(key.index);
  return RecordMetadata(topic_, partition_, offset_of(key.index), timestamp_of(key));
}

void BatchResult::take_next(const detail::FutureKey& key, Result<RecordMetadata>& outcome) const {
  if (error_) {
    outcome = error_of(key.index);
    return;
  }
  auto& metadata = *outcome;
  if (metadata.topic_ == nullptr) {
    metadata.topic_ = topic_;
    metadata.partition_ = partition_;
  }
  metadata.offset_ = offset_of(key.index);
  metadata.timestamp_ = Timestamp(std::chrono::milliseconds(timestamp_of(key)));
}

}  // namespace ottla::client
