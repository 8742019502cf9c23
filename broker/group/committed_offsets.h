#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/group/group.h"
#include "ottla/types.h"
#include "protocol/types.h"

namespace ottla::broker {

struct CommittedOffset {
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
  std::string metadata;
  base::WallMillis commit_timestamp = 0;
  base::WallMillis expire_timestamp = -1;  // -1: as long as the broker keeps them (KIP-211)
  // Where it was written among everything in its partition of __consumer_offsets. A transaction's
  // commit counts from its end on, but never over what was written behind it.
  std::int64_t order = 0;

  bool operator==(const CommittedOffset&) const = default;
};

// What one group has committed: the durable state alone. A value.
class CommittedOffsets {
 public:
  using Partitions = std::map<std::int32_t, CommittedOffset>;

  void set(std::string_view topic, std::int32_t partition, CommittedOffset committed);
  // Unless what is there was written behind it.
  void set_if_newer(const TopicPartition& place, CommittedOffset committed);
  void erase(std::string_view topic, std::int32_t partition);
  const CommittedOffset* find(std::string_view topic, std::int32_t partition) const;

  const std::map<std::string, Partitions, std::less<>>& topics() const { return topics_; }
  bool empty() const { return topics_.empty(); }
  std::size_t memory() const { return memory_; }

  bool operator==(const CommittedOffsets&) const = default;

 private:
  std::map<std::string, Partitions, std::less<>> topics_;
  std::size_t memory_ = 0;
};

// Which commits of a group have outlived their use (KIP-211): of an empty group those from before
// it has been empty for `retention`; of a stable consumer group those of topics that nobody in it
// reads, and of a group that never had members all those, that are older than `retention`; and what
// an old client gave a time of its own.
std::vector<TopicPartition> expired_offsets(const Group& group, const CommittedOffsets& offsets,
                                            base::WallMillis now, base::WallMillis retention);

}  // namespace ottla::broker
