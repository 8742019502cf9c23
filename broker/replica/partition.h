#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "broker/log/unified_log.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metrics/topic_metrics.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

// One partition of which this broker is a replica: who leads it, and its log. On the route between
// ReplicaManager and UnifiedLog, owned by the former; one loop.
class Partition {
 public:
  Partition(TopicPartition id, Uuid topic_id, UnifiedLog& log,
            std::shared_ptr<TopicTraffic> traffic)
      : id_(std::move(id)), topic_id_(topic_id), log_(log), traffic_(std::move(traffic)) {}

  // What the metadata say now.
  void update(const PartitionImage& image, BrokerId self);

  // Error: kafka_storage_error if the log is offline, not_leader_or_follower if another broker
  // leads, fenced_leader_epoch or unknown_leader_epoch if the client believes in an older or newer
  // leader than there is. -1: the client does not say.
  Result<void> check_leader(LeaderEpoch clients_epoch = protocol::kNoLeaderEpoch) const;

  // Where the records of a leader epoch end, as UnifiedLog tells it; the epoch of the leader begins
  // at the end of the log where no record is of it yet.
  EpochEndOffset end_offset_for_epoch(LeaderEpoch epoch) const;

  // Assigns offsets and appends; see UnifiedLog::append_as_leader for the errors.
  Result<AppendInfo> append_as_leader(std::span<char> batches, AppendOrigin origin);

  const TopicPartition& id() const { return id_; }
  const Uuid& topic_id() const { return topic_id_; }
  LeaderEpoch leader_epoch() const { return leader_epoch_; }
  BrokerId leader() const { return leader_; }
  UnifiedLog& log() { return log_; }
  const UnifiedLog& log() const { return log_; }
  // Of its topic.
  TopicTraffic& traffic() { return *traffic_; }
  bool leads() const { return leads_; }

 private:
  const TopicPartition id_;
  const Uuid topic_id_;
  UnifiedLog& log_;
  const std::shared_ptr<TopicTraffic> traffic_;
  BrokerId leader_ = kNoLeader;
  LeaderEpoch leader_epoch_ = protocol::kNoLeaderEpoch;
  bool leads_ = false;
};

}  // namespace ottla::broker
