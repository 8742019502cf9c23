#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/batch_scan.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/producer_snapshot.h"
#include "tools/offline/check.h"

namespace ottla::tools {

// What goes on from segment to segment of one log.
struct LogState {
  const LogFacts& facts;
  CheckReport& report;
  broker::Offset next_offset{0};  // after the last batch; of the first segment: its base offset
  broker::LeaderEpoch epoch = broker::kNoLeaderEpoch;  // of the last batch

  // Set if the checkpoint could be read. Batches from `epochs_until` on need not be in it.
  std::optional<broker::LeaderEpochCache> epochs;
  std::string epochs_file;
  broker::Offset epochs_until = broker::kNoBound;

  // What snapshots say of batches, by their last offset.
  struct SnapshotClaim {
    std::string file;
    std::int64_t position = 0;
    broker::ProducerSnapshotEntry entry;
  };
  std::multimap<broker::Offset, SnapshotClaim> claims;
};

struct SegmentFacts {
  broker::Offset base_offset;
  broker::Offset end = broker::kNoBound;  // where the next one begins
  bool last = false;
};

// Reads a segment from its first byte to its last, then its indexes.
Result<void> check_segment(base::Directory& directory, const SegmentFacts& segment,
                           LogState& state);

// The indexes of a segment of which these are the batches; `whole` if nothing of it was damaged.
Result<void> check_indexes(base::Directory& directory, const SegmentFacts& segment,
                           const std::vector<broker::BatchHeader>& batches, bool whole,
                           LogState& state);

}  // namespace ottla::tools
