#pragma once

#include <optional>
#include <span>

#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// The batch with `kept` of its records alone: everything else about it stays, offsets above all.
// With a delete horizon (KIP-534) the batch says from when on its tombstones, or the marker that it
// is, may be removed; one that it has already is kept. Errors: those of compression.
Result<Bytes> rewritten_batch(const protocol::RecordBatchView& batch,
                              std::span<const protocol::RecordView> kept,
                              std::optional<WallMillis> delete_horizon);

// The batch without its records: its offsets, and what its producer's sequence goes on from.
Bytes emptied_batch(const protocol::RecordBatchView& batch);

}  // namespace ottla::broker
