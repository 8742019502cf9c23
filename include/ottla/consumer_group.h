#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/types.h"

namespace ottla {

// Which member of a consumer group a consumer is, as its last rebalance left it: also if it fell
// out of the group since. One that was never in a generation has -1 and no member id.
struct ConsumerGroupMetadata {
  std::string group_id{};
  std::int32_t generation_id = -1;
  std::string member_id{};
  std::optional<std::string> group_instance_id{};

  bool operator==(const ConsumerGroupMetadata&) const = default;
};

// A place to go on reading from, as a group keeps it: the offset of the next record to be
// processed, the leader epoch of the one before it (-1: not known), and what the application wants
// to remember beside it (a broker takes 4096 bytes by default).
struct OffsetAndMetadata {
  std::int64_t offset = 0;
  std::int32_t leader_epoch = -1;
  std::string metadata{};

  bool operator==(const OffsetAndMetadata&) const = default;
};

using CommittedOffsets = std::map<TopicPartition, OffsetAndMetadata>;

// Hears of partitions that come to a consumer and leave it. Methods do nothing unless they are
// overridden; they run within poll, on the thread that polls (for `next`: on the callback thread),
// and may call the consumer: commit in `on_partitions_revoked`, seek in `on_partitions_assigned`.
// A rebalance waits for them. One that throws is logged and counts as done.
class ConsumerRebalanceListener {
 public:
  virtual ~ConsumerRebalanceListener() = default;

  // They are still this consumer's, for the last time: what was processed of them can be committed.
  virtual void on_partitions_revoked(const std::vector<TopicPartition>&) {}

  // They came with a rebalance; those that stayed are not named again. Called after every
  // rebalance, with nothing if nothing came.
  virtual void on_partitions_assigned(const std::vector<TopicPartition>&) {}

  // They are somebody else's already, since this member fell out of its group: nothing of them can
  // be committed any more.
  virtual void on_partitions_lost(const std::vector<TopicPartition>& partitions) {
    on_partitions_revoked(partitions);
  }
};

}  // namespace ottla
