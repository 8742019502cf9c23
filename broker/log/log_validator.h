#pragma once

#include <span>
#include <vector>

#include "broker/log/log_config.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// A batch that may be appended.
struct ValidatedBatch {
  protocol::RecordBatchView batch;
  WallMillis max_timestamp = kNoTimestamp;  // of its records; where it says something else, it lies
};

// Splits `batches` into whole batches and checks them as a leader must before it appends: nothing
// is changed. Of a client exactly one batch is taken and everything is checked (kafka-facts 5.1);
// of the broker's own rooms only shape, CRC and that it fits a segment. Appends views into
// `batches` to `into`. Errors: those of UnifiedLog::append_as_leader but for the idempotence ones.
// The records of compressed batches are looked at only if the topic is compacted, which needs
// their keys; the timestamps are then those of the header.
Result<void> validate_batches(BytesView batches, AppendOrigin origin, const LogConfig& config,
                              WallMillis now, std::vector<ValidatedBatch>& into);

// Whether the topic wants another codec than the batch has.
bool needs_recompression(const protocol::RecordBatchView& batch, const LogConfig& config);

// The batch, its records in the topic's codec. Errors: corrupt_message, message_too_large (also if
// the result is larger than max.message.bytes). Costs an inflation and a compression.
Result<Bytes> recompress(const protocol::RecordBatchView& batch, const LogConfig& config);

}  // namespace ottla::broker
