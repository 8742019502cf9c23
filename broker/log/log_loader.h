#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/logger.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/log_config.h"
#include "broker/log/log_segment.h"
#include "broker/log/log_types.h"
#include "broker/log/producer_state_manager.h"
#include "ottla/result.h"
#include "ottla/types.h"
#include "protocol/uuid.h"

namespace ottla::broker {

// Which log, and where.
struct LogLocation {
  TopicPartition partition;
  protocol::Uuid topic_id;
  std::shared_ptr<base::Directory> parent;  // the log directory; the log is `<topic>-<p>` in it
};

// Everything a UnifiedLog starts from.
struct LoadedLog {
  LogLocation location;
  LogConfig config;
  std::shared_ptr<base::Directory> directory;  // null: not on disk yet
  std::vector<LogSegment> segments;            // by base offset; empty only if not on disk yet
  LeaderEpochCache epochs;
  ProducerStateManager producers;
  Offset newest_snapshot = kNoOffset;  // that `producers` began with
  Offset log_start_offset{0};
  Offset log_end_offset{0};
  Offset recovery_point{0};
  Offset durable_offset{0};        // less than the log end: what lies between must be synced first
  bool clean = true;               // false: entries of directories may not be synced either
  bool unsynced_metadata = false;  // partition.metadata may not be either
};

struct LoadRequest {
  LogLocation location;
  LogConfig config;
  Offset log_start_offset{0};  // from the checkpoint
  Offset recovery_point{0};    // from the checkpoint
  bool clean = false;          // the directory was shut down cleanly
  WallMillis now = 0;
  base::TimePoint steady_now{};  // when the producers that are found appended last
  // Below it compaction has left gaps; from the checkpoint. Above it offsets that are missing tell
  // that what was not synced was lost from the middle: there the log is cut.
  Offset cleaned_until{0};
  bool recovery_point_known = true;  // its checkpoint could be read
};

// A log that is not on disk; its first append makes it.
LoadedLog new_log(LogLocation location, LogConfig config);

// Opens the log's directory, which must exist: cleans up what a crash has left, and after an
// unclean shutdown reads again what lies beyond the recovery point, cuts off what is not whole
// batches, and rebuilds indexes, leader epochs and producer state from what is kept. Reports each
// cut with file, offset and bytes. The topic id is taken from partition.metadata if the request
// has none (zero); inconsistent_topic_id if both are there and differ. A partition.metadata that
// cannot be read is made anew if the log may have been created just before a crash. Other errors:
// not_found, io_error, no_space, corrupt_data (partition.metadata). (sleeps) Any thread.
Result<LoadedLog> load_log(const LoadRequest& request, const base::Logger& logger);

}  // namespace ottla::broker
