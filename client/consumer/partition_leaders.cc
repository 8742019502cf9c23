#include "client/consumer/partition_leaders.h"

#include <algorithm>

namespace ottla::client {

std::optional<Leader> PartitionLeaders::find(AssignedPartition& partition,
                                             protocol::LeaderEpoch least, base::TimePoint now,
                                             base::TimePoint& next) {
  const auto leader = metadata_.cluster().leader(partition.id.topic, partition.id.partition);
  const bool older = leader && leader->epoch.value >= 0 && leader->epoch < least;
  const auto same_topic = older ? is_same_topic(partition) : std::nullopt;
  const bool stale = older && same_topic.value_or(true);
  if (leader && !stale) {
    partition.missing_since.reset();
    return leader;
  }
  const bool waited = partition.missing_since && now - *partition.missing_since >= missing_limit_;
  if (stale && !same_topic && waited) return leader;
  metadata_.request_update();
  note_missing(partition, stale, now, next);
  return std::nullopt;
}

std::optional<bool> PartitionLeaders::is_same_topic(const AssignedPartition& partition) const {
  const auto* topic = metadata_.cluster().topic(partition.id.topic);
  const bool known = topic != nullptr && !topic->id.is_zero() && !partition.topic_id.is_zero();
  if (!known) return std::nullopt;
  return topic->id == partition.topic_id;
}

void PartitionLeaders::note_missing(AssignedPartition& partition, bool stale, base::TimePoint now,
                                    base::TimePoint& next) {
  const auto& id = partition.id;
  const auto* topic = metadata_.cluster().topic(id.topic);
  const ErrorContext place{.topic = id.topic, .partition = id.partition};
  if (topic != nullptr && topic->error != ErrorCode::none && !Error(topic->error).retriable()) {
    partition.error = Error(topic->error, {}, place);
    return;
  }
  if (!stale && metadata_.cluster().partition(id.topic, id.partition) != nullptr) {
    partition.missing_since.reset();
    return;
  }
  if (!partition.missing_since) partition.missing_since = now;
  const auto limit = *partition.missing_since + missing_limit_;
  if (limit > now) {
    next = std::min(next, limit);
    return;
  }
  partition.missing_since = now;
  if (stale) {
    partition.error = Error(ErrorCode::fenced_leader_epoch,
                            "for default_api_timeout the cluster has known no leader as new as "
                            "that of the record before the position: if that is not in doubt, seek",
                            place);
    return;
  }
  partition.error = Error(ErrorCode::unknown_topic_or_partition,
                          "the cluster has not known it for default_api_timeout", place);
}

}  // namespace ottla::client
