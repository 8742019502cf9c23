#include "broker/metadata/election.h"

#include <algorithm>

namespace ottla::broker {
namespace {

constexpr std::int8_t kFence = 1;
constexpr std::int8_t kUnfence = -1;
constexpr std::int8_t kAsItIs = 0;

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
    for (const auto& [number, partition] : topic->partitions) f(*topic, number, partition);
  }
}

PartitionChangeRecord without_leader(const Uuid& topic_id, std::int32_t number) {
  PartitionChangeRecord change;
  change.topic_id = topic_id;
  change.partition_id = number;
  change.leader = kNoLeader;
  return change;
}

// Where the node's replicas are to be; none: in a directory that is offline.
class Homes {
 public:
  Homes(const MetadataImage& image, BrokerId node, const OwnDirectories& directories)
      : node_(node), directories_(directories), choice_(image, node, directories.online) {}

  std::optional<Uuid> find(const TopicImage& topic, std::int32_t number,
                           const PartitionImage& partition) {
    if (!contains(partition.replicas, node_)) return std::nullopt;
    if (directories_.found) {
      if (const auto found = directories_.found({topic.name, number})) {
        return if_online(*found, directories_.online);
      }
    }
    const auto said = online_directory_of(partition, node_, directories_.online);
    if (said || !directories_.all_online) return said;
    return choice_.next();
  }

 private:
  const BrokerId node_;
  const OwnDirectories& directories_;
  DirectoryChoice choice_;
};

std::optional<PartitionChangeRecord> elect_if(bool in_sync, const Uuid& topic_id,
                                              std::int32_t number, const PartitionImage& partition,
                                              BrokerId node, const std::optional<Uuid>& directory) {
  if (!contains(partition.replicas, node)) return std::nullopt;
  PartitionChangeRecord change;
  change.topic_id = topic_id;
  change.partition_id = number;
  if (directory) change.directories = corrected_directories(partition, node, *directory);
  if (!directory || !in_sync) {
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

}  // namespace

std::optional<PartitionChangeRecord> elect(const Uuid& topic_id, std::int32_t number,
                                           const PartitionImage& partition, BrokerId node,
                                           const std::optional<Uuid>& directory) {
  const bool in_sync = contains(partition.in_sync_replicas, node) ||
                       contains(partition.eligible_leader_replicas, node);
  return elect_if(in_sync, topic_id, number, partition, node, directory);
}

std::optional<PartitionChangeRecord> elect_unclean(const Uuid& topic_id, std::int32_t number,
                                                   const PartitionImage& partition, BrokerId node,
                                                   const std::optional<Uuid>& directory) {
  return elect_if(true, topic_id, number, partition, node, directory);
}

std::vector<MetadataRecord> records_to_lead(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch,
                                            const OwnDirectories& directories) {
  std::vector<MetadataRecord> records;
  for (const auto& [id, broker] : image.brokers()) {
    if (id != node && !broker.fenced) {
      records.push_back(registration_change(id, broker.epoch, kFence));
    }
  }
  records.push_back(registration_change(node, broker_epoch, kUnfence));
  Homes homes(image, node, directories);
  for_each_partition(image, [&](const TopicImage& topic, std::int32_t number,
                                const PartitionImage& partition) {
    auto change = elect(topic.id, number, partition, node, homes.find(topic, number, partition));
    if (change) records.push_back(*std::move(change));
  });
  return records;
}

std::vector<MetadataRecord> records_without_directory(const MetadataImage& image, BrokerId node,
                                                      std::int64_t broker_epoch,
                                                      const Uuid& directory) {
  std::vector<MetadataRecord> records;
  auto change = registration_change(node, broker_epoch, kAsItIs);
  if (const auto* broker = image.find_broker(node)) change.log_dirs = broker->directories;
  std::erase(change.log_dirs, directory);
  records.push_back(std::move(change));
  for_each_partition(
      image, [&](const TopicImage& topic, std::int32_t number, const PartitionImage& partition) {
        if (partition.leader != node || directory_of(partition, node) != directory) return;
        records.push_back(without_leader(topic.id, number));
      });
  return records;
}

std::vector<MetadataRecord> records_to_stop(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch) {
  std::vector<MetadataRecord> records;
  for_each_partition(
      image, [&](const TopicImage& topic, std::int32_t number, const PartitionImage& partition) {
        if (partition.leader == node) records.push_back(without_leader(topic.id, number));
      });
  records.push_back(registration_change(node, broker_epoch, kFence));
  return records;
}

}  // namespace ottla::broker
