#pragma once

#include <cstddef>
#include <vector>

#include "broker/log/log_types.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// One entry of a `.snapshot` file as it stands there: a producer and one of its batches.
struct ProducerSnapshotEntry {
  ProducerId producer_id;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  Sequence last_sequence = kNoSequence;
  Offset last_offset = kNoOffset;  // -1: the producer has written nothing but markers
  std::int32_t offset_delta = 0;
  WallMillis timestamp = kNoTimestamp;
  std::int32_t coordinator_epoch = -1;
  Offset current_txn_first_offset = kNoOffset;

  bool operator==(const ProducerSnapshotEntry&) const = default;
};

inline constexpr std::size_t kSnapshotHeaderSize = 10;  // version, CRC-32C, count
inline constexpr std::size_t kSnapshotEntrySize = 46;

// All entries, in their order. Error: corrupt_data.
Result<std::vector<ProducerSnapshotEntry>> parse_producer_snapshot(BytesView bytes);

}  // namespace ottla::broker
