#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/time.h"
#include "base/transport.h"
#include "protocol/types.h"

namespace ottla::broker {

using base::WallMillis;
using protocol::kNoLeaderEpoch;
using protocol::kNoOffset;
using protocol::kNoProducerEpoch;
using protocol::kNoProducerId;
using protocol::kNoSequence;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::Sequence;

inline constexpr WallMillis kNoTimestamp = -1;

// No bound: above every offset.
inline constexpr Offset kNoBound{std::numeric_limits<std::int64_t>::max()};

// What a batch may grow to when it is inflated; more is taken for damage. Kafka has no limit, and
// runs out of memory instead.
inline constexpr std::size_t kMaxInflatedBatch = 256 << 20;

// Who made the batches of an append; decides what is checked (Kafka's AppendOrigin).
enum class AppendOrigin : std::uint8_t {
  client,       // hostile until checked: everything is
  coordinator,  // records and markers of this broker's own coordinators
  raft_leader,  // records and control records of the metadata controller
};

// What an append did.
struct AppendInfo {
  Offset first_offset = kNoOffset;
  Offset last_offset = kNoOffset;
  WallMillis log_append_time = kNoTimestamp;  // -1: the records keep the producer's timestamps
  Offset log_start_offset{0};
  bool duplicate = false;  // nothing was written: the batch was there already, at these offsets

  bool operator==(const AppendInfo&) const = default;
};

// Which part of a log a reader may see.
enum class ReadBound : std::uint8_t { log_end, high_watermark, last_stable };

// A transaction that was aborted, as an entry of a `.txnindex` file says it.
struct AbortedTransaction {
  static constexpr std::size_t kSize = 34;  // in the file, its version (0) included

  ProducerId producer_id;
  Offset first_offset;        // of its records
  Offset last_offset;         // its marker
  Offset last_stable_offset;  // when the marker was appended

  bool operator==(const AbortedTransaction&) const = default;
};

// What is to be read of a log.
struct ReadRequest {
  Offset from{0};
  Offset bound = kNoBound;  // only batches that lie entirely below it
  std::size_t max_bytes = 0;
  bool at_least_one_batch = false;  // the first is taken whatever its size
  bool with_aborted = false;        // and what was aborted among it
};

// Whole batches, as pieces that can be handed to Stream::write. `ranges` is empty if there is
// nothing to read yet.
struct LogRead {
  std::vector<base::FileRange> ranges;
  std::size_t size = 0;  // of all ranges together, bytes
  // Nothing of what was read lies at or beyond it; `from` or more.
  Offset end_offset{0};
  // What was aborted among it, if that was asked for: records of these producers, from their first
  // offsets to their markers, do not count.
  std::vector<AbortedTransaction> aborted;
};

// What a look-up by timestamp found; the defaults mean that there is no such record.
struct TimestampedOffset {
  Offset offset = kNoOffset;
  WallMillis timestamp = kNoTimestamp;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;

  bool operator==(const TimestampedOffset&) const = default;
};

// The answer to "where does this leader epoch end here" (OffsetForLeaderEpoch); the defaults mean
// that the epoch is not known.
struct EpochEndOffset {
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  Offset end_offset = kNoOffset;

  bool operator==(const EpochEndOffset&) const = default;
};

}  // namespace ottla::broker
