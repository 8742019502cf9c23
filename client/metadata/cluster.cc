#include "client/metadata/cluster.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// Numbers beyond this are not believed; Kafka's own limit lies far below.
constexpr std::size_t kMaxPartitions = 1'000'000;

PartitionMetadata to_partition(const protocol::MetadataResponse::Partition& from) {
  return {.error = from.error_code,
          .leader = from.leader_id,
          .leader_epoch = from.leader_epoch,
          .replicas = from.replica_nodes,
          .in_sync_replicas = from.isr_nodes,
          .offline_replicas = from.offline_replicas};
}

std::vector<std::int32_t> to_numbers(const std::vector<BrokerId>& ids) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(ids.size());
  for (const auto id : ids) numbers.push_back(id.value);
  return numbers;
}

}  // namespace

void Cluster::update(const protocol::MetadataResponse& response) {
  brokers_.clear();
  for (const auto& broker : response.brokers) {
    if (broker.node_id.value < 0) continue;
    add_broker({.id = broker.node_id.value,
                .host = std::string(broker.host),
                .port = broker.port,
                .rack = broker.rack ? std::optional(std::string(*broker.rack)) : std::nullopt});
  }
  if (response.cluster_id) cluster_id_ = *response.cluster_id;
  controller_ = response.controller_id;
  for (const auto& topic : response.topics) update_topic(topic);
}

void Cluster::add_broker(Node node) {
  if (node.port <= 0 || node.port > 65535) return;
  auto& known = brokers_[BrokerId(node.id)];
  // Hints do not tell it.
  if (!node.rack) node.rack = std::move(known.rack);
  known = std::move(node);
}

void Cluster::update_topic(const protocol::MetadataResponse::Topic& from) {
  if (!from.name) return;
  auto& topic = topics_[std::string(*from.name)];
  const bool made_anew =
      !topic.id.is_zero() && !from.topic_id.is_zero() && topic.id != from.topic_id;
  if (made_anew) {
    names_.erase(topic.id);
    topic.partitions.clear();
  }
  topic.name = *from.name;
  topic.error = from.error_code;
  topic.internal = from.is_internal;
  if (from.error_code != ErrorCode::none) return;
  topic.id = from.topic_id;
  if (!topic.id.is_zero()) names_[topic.id] = topic.name;
  // The numbers of a topic's partitions go from 0 without gaps, and a topic never has fewer than it
  // had: what an answer leaves out stays as it was.
  const auto count =
      std::min(std::max(from.partitions.size(), topic.partitions.size()), kMaxPartitions);
  topic.partitions.resize(count);
  for (const auto& partition : from.partitions) {
    const auto number = static_cast<std::size_t>(partition.partition_index);
    if (partition.partition_index < 0 || number >= count) continue;
    auto& known = topic.partitions[number];
    const bool older =
        partition.leader_epoch.value >= 0 && partition.leader_epoch < known.leader_epoch;
    if (!older) known = to_partition(partition);
  }
}

bool Cluster::update_leader(std::string_view topic, std::int32_t partition, const Leader& leader) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || leader.broker.value < 0 || partition < 0) return false;
  auto& partitions = found->second.partitions;
  if (static_cast<std::size_t>(partition) >= partitions.size()) return false;
  auto& known = partitions[static_cast<std::size_t>(partition)];
  if (leader.epoch <= known.leader_epoch || !brokers_.contains(leader.broker)) return false;
  known.leader = leader.broker;
  known.leader_epoch = leader.epoch;
  known.error = ErrorCode::none;
  return true;
}

void Cluster::forget_topic(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  names_.erase(found->second.id);
  topics_.erase(found);
}

std::vector<std::string> Cluster::topic_names() const {
  std::vector<std::string> names;
  names.reserve(topics_.size());
  for (const auto& [name, topic] : topics_) names.push_back(name);
  return names;
}

const TopicMetadata* Cluster::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const TopicMetadata* Cluster::topic(const Uuid& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? nullptr : topic(found->second);
}

const PartitionMetadata* Cluster::partition(std::string_view name, std::int32_t partition) const {
  const auto* found = topic(name);
  if (found == nullptr || partition < 0) return nullptr;
  const auto at = static_cast<std::size_t>(partition);
  return at < found->partitions.size() ? &found->partitions[at] : nullptr;
}

std::optional<Leader> Cluster::leader(std::string_view topic, std::int32_t partition) const {
  const auto* found = this->partition(topic, partition);
  if (found == nullptr || !brokers_.contains(found->leader)) return std::nullopt;
  return Leader{found->leader, found->leader_epoch};
}

std::vector<PartitionInfo> to_partition_infos(const TopicMetadata& topic) {
  std::vector<PartitionInfo> infos;
  infos.reserve(topic.partitions.size());
  for (const auto& partition : topic.partitions) {
    PartitionInfo info{.topic = topic.name,
                       .partition = static_cast<std::int32_t>(infos.size()),
                       .leader_epoch = partition.leader_epoch.value,
                       .replicas = to_numbers(partition.replicas),
                       .in_sync_replicas = to_numbers(partition.in_sync_replicas),
                       .offline_replicas = to_numbers(partition.offline_replicas)};
    if (partition.leader.value >= 0) info.leader = partition.leader.value;
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace ottla::client
