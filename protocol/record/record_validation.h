#pragma once

#include <cstdint>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

// What a leader checks in a batch that a producer sent, beyond its structure and its CRC. Where a
// batch fails, the whole batch is refused.
namespace ottla::protocol {

// What the records of a batch have in common, found in one walk.
struct RecordsSummary {
  std::int64_t min_timestamp = -1;
  std::int64_t max_timestamp = -1;
  // The first record that has the greatest timestamp.
  std::int32_t max_timestamp_delta = 0;
  // The first record that has no key, which a compacted topic refuses; -1: all have one.
  std::int32_t first_without_key = -1;

  bool operator==(const RecordsSummary&) const = default;
};

// Checks the header alone, in constant time: base offset 0; at least one record, and as many as
// offsets; no control batch; a producer id comes with an epoch and a sequence, and nothing
// transactional without one. Errors: invalid_record; invalid_timestamp for LogAppendTime, which
// only leaders set.
Result<void> validate_produced_header(const RecordBatchView& batch);

// Walks the uncompressed `records` of a batch once: every length must fit, offset deltas must be
// 0, 1, 2 ... Error: invalid_record, naming the record. Some 20 ns a record.
Result<RecordsSummary> validate_records(const RecordBatchView& batch, BytesView records);

}  // namespace ottla::protocol
