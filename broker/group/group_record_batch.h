#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "broker/group/committed_offsets.h"
#include "ottla/compression.h"
#include "ottla/result.h"
#include "protocol/group/group_records.h"
#include "protocol/record/record_batch_builder.h"

namespace ottla::broker {

// A batch of records of __consumer_offsets, in the versions that Kafka 4.x writes.
class GroupRecordBatch {
 public:
  explicit GroupRecordBatch(base::WallMillis now, Compression codec = Compression::none)
      : now_(now), codec_(codec), builder_(protocol::RecordBatchBuilder::growing()) {}

  // The error is message_too_large, for names that no record can hold.
  Result<void> put(std::string_view group, std::string_view topic, std::int32_t partition,
                   const CommittedOffset& committed);
  Result<void> put(std::string_view group, const protocol::GroupMetadataValue& value);
  // Tombstones.
  void forget(std::string_view group, std::string_view topic, std::int32_t partition);
  void forget(std::string_view group);

  bool empty() const { return builder_.empty(); }
  std::size_t size_in_bytes() const { return builder_.size_in_bytes(); }
  // The sealed batch; of no further use afterwards. Not empty. With a producer: in its transaction.
  std::string take(const protocol::ProducerState& producer = {});

 private:
  Result<void> append(const Result<std::string>& key, const Result<std::string>& value);

  const base::WallMillis now_;
  const Compression codec_;
  protocol::RecordBatchBuilder builder_;
};

}  // namespace ottla::broker
