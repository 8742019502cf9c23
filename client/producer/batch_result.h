#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/future.h"
#include "ottla/record.h"

namespace ottla::client {

// What became of one batch: the source of the futures of its records, each of which is this and the
// record's place in the batch. Outlives the batch and its memory. If the batch was split, its parts
// have results of their own, and this is ready once all of them are.
class BatchResult final : public detail::FutureSource<RecordMetadata> {
 public:
  BatchResult(std::shared_ptr<detail::Executor> executor, std::shared_ptr<const std::string> topic,
              std::int32_t partition)
      : FutureSource(std::move(executor)), topic_(std::move(topic)), partition_(partition) {}

  // The first record's offset, -1 if not known; the broker's time if it stamped the records.
  void complete(std::int64_t base_offset, std::int64_t log_append_time_ms);

  // Errors of single records where the broker named some (KIP-467), `error` for the others.
  using RecordErrors = std::vector<std::pair<std::uint32_t, Error>>;
  void fail(Error error, RecordErrors record_errors = {});

  // Once ready, as often as wanted. The key's stamp is the record's own timestamp.
  Result<RecordMetadata> take(const detail::FutureKey& key) override;

  // Once ready: the same for many records of the batch, of which `outcome` tells the one after the
  // other. Begins as the default, and is to be given back as it was.
  void take_next(const detail::FutureKey& key, Result<RecordMetadata>& outcome) const;

  // The records from `first` on went on in a batch of their own: the result of that one. Called for
  // each part in order, before any of them has an outcome; on the loop thread, as are their
  // outcomes.
  static std::shared_ptr<BatchResult> split_off(const std::shared_ptr<BatchResult>& whole,
                                                std::shared_ptr<detail::Executor> executor,
                                                std::uint32_t first);

  const std::string& topic() const { return *topic_; }
  std::int32_t partition() const { return partition_; }

 private:
  struct Part {
    std::uint32_t first;
    std::shared_ptr<BatchResult> result;
  };
  void tell();
  Error error_of(std::uint32_t index) const;
  std::int64_t offset_of(std::uint32_t index) const;
  std::int64_t timestamp_of(const detail::FutureKey& key) const {
    return log_append_time_ms_ < 0 ? key.stamp : log_append_time_ms_;
  }

  const std::shared_ptr<const std::string> topic_;
  const std::int32_t partition_;
  // Written once, before it is ready.
  std::int64_t base_offset_ = -1;
  std::int64_t log_append_time_ms_ = -1;
  std::optional<Error> error_;
  RecordErrors record_errors_;
  // Written before it is ready, on the loop thread.
  std::vector<Part> parts_;
  std::size_t parts_left_ = 0;
  // That this is a part of; gone if nobody waits for it.
  std::weak_ptr<BatchResult> whole_;
};

}  // namespace ottla::client
