#pragma once

#include <optional>

#include "client/consumer/subscription_state.h"
#include "client/metadata/metadata.h"

namespace ottla::client {

// Who leads the partitions that are read; if nobody is known, sees to it that it is found out, and
// that poll hears of it if that cannot be, or takes too long. Used under the ConsumerCore's lock;
// loop thread.
class PartitionLeaders {
 public:
  // How long a partition, or its newest leader, may be unknown to the cluster before poll hears of
  // it.
  PartitionLeaders(Metadata& metadata, base::Duration missing_limit)
      : metadata_(metadata), missing_limit_(missing_limit) {}

  // A leader of an epoch before `least` is one that has been followed by others: metadata are old.
  // Not so if the topic was made anew; where that cannot be known, such a leader is taken once no
  // newer one has been found for so long.
  // None: `next` is when to look again, unless the metadata change before.
  std::optional<Leader> find(AssignedPartition& partition, protocol::LeaderEpoch least,
                             base::TimePoint now, base::TimePoint& next);

 private:
  // Whether the topic is the one that the position is of; none: it is not known.
  std::optional<bool> is_same_topic(const AssignedPartition& partition) const;
  void note_missing(AssignedPartition& partition, bool stale, base::TimePoint now,
                    base::TimePoint& next);

  Metadata& metadata_;
  const base::Duration missing_limit_;
};

}  // namespace ottla::client
