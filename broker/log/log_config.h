#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "ottla/compression.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// When an append counts as done (docs/ARCHITECTURE.md, Durability).
enum class Durability : std::uint8_t {
  fsync,   // on stable storage, by group commit
  os,      // in the operating system's cache, as Apache Kafka's default
  memory,  // the same, and nothing is synced at clean shutdown either
};

using protocol::TimestampType;

// The settings that bear on one log; names and defaults are Kafka's topic configs.
struct LogConfig {
  // The broker's `ottla.durability`; see effective_durability.
  Durability durability = Durability::fsync;

  std::int64_t segment_bytes = 1 << 30;
  std::int64_t segment_ms = 604'800'000;
  std::int64_t segment_index_bytes = 10 << 20;
  std::int64_t index_interval_bytes = 4096;
  std::int64_t max_message_bytes = 1'048'588;
  std::int64_t retention_ms = 604'800'000;     // -1: for ever
  std::int64_t retention_bytes = -1;           // -1: without limit
  std::optional<std::int64_t> flush_messages;  // only if the topic sets it itself
  std::optional<std::int64_t> flush_ms;
  std::int64_t file_delete_delay_ms = 60'000;
  std::int64_t message_timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t message_timestamp_after_max_ms = 3'600'000;
  TimestampType message_timestamp_type = TimestampType::create_time;
  bool cleanup_compact = false;
  bool cleanup_delete = true;
  std::int64_t delete_retention_ms = 86'400'000;  // how long compaction keeps tombstones
  double min_cleanable_dirty_ratio = 0.5;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = std::numeric_limits<std::int64_t>::max();
  std::optional<Compression> compression;  // none: the producer's choice is kept
  std::optional<int> compression_level;    // none: the codec's default

  // The topic's own flush.messages decides: 1 is fsync, more is os with a sync every so many
  // records; without it the broker's durability does.
  Durability effective_durability() const {
    if (!flush_messages) return durability;
    return *flush_messages <= 1 ? Durability::fsync : Durability::os;
  }

  // What must be compacted in time must leave the active segment in time.
  std::int64_t max_segment_ms() const {
    return cleanup_compact ? std::min(segment_ms, max_compaction_lag_ms) : segment_ms;
  }

  bool operator==(const LogConfig&) const = default;
};

}  // namespace ottla::broker
