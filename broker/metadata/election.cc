#include "broker/metadata/election.h"

#include <algorithm>

namespace ottla::broker {
namespace {

constexpr std::int8_t kFence = 1;
constexpr std::int8_t kUnfence = -1;

bool contains(const std::vector<BrokerId>& brokers, BrokerId id) {
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

// The directories of the partition with the node's own replaced; none if that is right already.
std::optional<std::vector<Uuid>> corrected_directories(const PartitionImage& partition,
                                                       BrokerId node, const Uuid& directory) {
  auto directories = partition.directories;
  directories.resize(partition.replicas.size());
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    if (partition.replicas[i] == node) directories[i] = directory;
  }
  if (directories == partition.directories) return std::nullopt;
  return directories;
}

BrokerRegistrationChangeRecord registration_change(BrokerId id, std::int64_t epoch,
                                                   std::int8_t fenced) {
  BrokerRegistrationChangeRecord change;
  change.broker_id = id;
  change.broker_epoch = epoch;
  change.fenced = fenced;
  return change;
}

template <class F>
void for_each_partition(const MetadataImage& image, F f) {
  for (const auto* topic : image.topics()) {
    for (const auto& [number, partition] : topic->partitions) f(topic->id, number, partition);
  }
}

}  // namespace

std::optional<PartitionChangeRecord> elect(const Uuid& topic_id, std::int32_t number,
                                           const PartitionImage& partition, BrokerId node,
                                           const Uuid& directory) {
  if (!contains(partition.replicas, node)) return std::nullopt;
  PartitionChangeRecord change;
  change.topic_id = topic_id;
  change.partition_id = number;
  change.directories = corrected_directories(partition, node, directory);
  const bool may_lead = contains(partition.in_sync_replicas, node) ||
                        contains(partition.eligible_leader_replicas, node);
  if (!may_lead) {
    if (partition.leader == kNoLeader) return std::nullopt;
    change.leader = kNoLeader;
    return change;
  }
  change.leader = node;
  const std::vector<BrokerId> alone{node};
  if (partition.in_sync_replicas != alone) change.isr = alone;
  if (!partition.eligible_leader_replicas.empty()) change.eligible_leader_replicas.emplace();
  return change;
}

std::vector<MetadataRecord> records_to_lead(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch, const Uuid& directory) {
  std::vector<MetadataRecord> records;
  for (const auto& [id, broker] : image.brokers()) {
    if (id != node && !broker.fenced) {
      records.push_back(registration_change(id, broker.epoch, kFence));
    }
  }
  records.push_back(registration_change(node, broker_epoch, kUnfence));
  for_each_partition(image, [&](const Uuid& id, std::int32_t number, const PartitionImage& p) {
    if (auto change = elect(id, number, p, node, directory)) records.push_back(*std::move(change));
  });
  return records;
}

std::vector<MetadataRecord> records_to_stop(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch) {
  std::vector<MetadataRecord> records;
  for_each_partition(image, [&](const Uuid& id, std::int32_t number, const PartitionImage& p) {
    if (p.leader != node) return;
    PartitionChangeRecord change;
    change.topic_id = id;
    change.partition_id = number;
    change.leader = kNoLeader;
    records.push_back(std::move(change));
  });
  records.push_back(registration_change(node, broker_epoch, kFence));
  return records;
}

}  // namespace ottla::broker
