#pragma once

#include <span>
#include <vector>

#include "broker/log/log_config.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// Splits `batches` into whole batches and checks them as a leader must before it appends
// (kafka's LogValidator): nothing is changed. Of a client exactly one batch is taken and everything
// is checked; of the broker's own rooms only shape and CRC. Appends views into `batches` to `into`.
// Errors: those of UnifiedLog::append_as_leader but for the idempotence ones.
Result<void> validate_batches(BytesView batches, AppendOrigin origin, const LogConfig& config,
                              WallMillis now, std::vector<protocol::RecordBatchView>& into);

// Whether the topic wants another codec than the batch has.
bool needs_recompression(const protocol::RecordBatchView& batch, const LogConfig& config);

// The batch with its records in the topic's codec; validated and not stamped yet. Costs an
// inflation and a compression.
Result<Bytes> recompress(const protocol::RecordBatchView& batch, const LogConfig& config);

}  // namespace ottla::broker
