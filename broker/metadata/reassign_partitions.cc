#include <algorithm>
#include <utility>

#include "broker/metadata/own_directories.h"
#include "broker/metadata/partition_requests.h"

namespace ottla::broker {
namespace {

using Brokers = std::vector<BrokerId>;

Error refused(const std::string& why) {
  return Error(ErrorCode::invalid_replica_assignment, why);
}

// Nobody can catch up where one broker is alone, so that all that can come about is another order,
// or fewer.
Result<void> check_target(const Brokers& target, const PartitionImage& partition, BrokerId node) {
  if (target.empty()) return refused("a partition needs a replica");
  for (auto at = target.begin(); at != target.end(); ++at) {
    const auto id = std::to_string(at->value);
    if (std::find(target.begin(), at, *at) != at) return refused("broker " + id + " twice");
    if (contains(partition.replicas, *at) && !contains(partition.adding_replicas, *at)) continue;
    return refused("broker " + id + " has no replica and is not alive to get one");
  }
  if (contains(target, node) && partition.leader == node) return {};
  return refused("the leader, broker " + std::to_string(node.value) + ", must stay a replica");
}

Result<void> reassign(const PartitionToReassign& asked, bool may_change_factor,
                      const MetadataImage& image, BrokerId node,
                      std::vector<MetadataRecord>& records) {
  const auto* topic = image.find_topic(asked.topic);
  const auto* partition = topic == nullptr ? nullptr : topic->find(asked.partition);
  if (partition == nullptr) {
    return Error(ErrorCode::unknown_topic_or_partition,
                 "there is no partition " + asked.topic + "-" + std::to_string(asked.partition));
  }
  const bool under_way =
      !partition->adding_replicas.empty() || !partition->removing_replicas.empty();
  Brokers target = asked.replicas.value_or(partition->replicas);
  if (!asked.replicas) {
    if (!under_way) return Error(ErrorCode::no_reassignment_in_progress, "nothing is under way");
    std::erase_if(target, [&](BrokerId id) { return contains(partition->adding_replicas, id); });
  }
  const auto before = partition->replicas.size() - partition->adding_replicas.size();
  if (asked.replicas && !may_change_factor && target.size() != before) {
    return Error(ErrorCode::invalid_replication_factor,
                 "the partition has " + std::to_string(before) + " replica(s), and " +
                     std::to_string(target.size()) + " are asked for");
  }
  if (auto checked = check_target(target, *partition, node); !checked) return checked;
  if (target == partition->replicas && !under_way) return {};
  PartitionChangeRecord change;
  change.topic_id = topic->id;
  change.partition_id = asked.partition;
  change.directories.emplace();
  for (const auto id : target) change.directories->push_back(directory_of(*partition, id));
  change.isr = partition->in_sync_replicas;
  std::erase_if(*change.isr, [&](BrokerId id) { return !contains(target, id); });
  change.replicas = std::move(target);
  if (!partition->removing_replicas.empty()) change.removing_replicas.emplace();
  if (!partition->adding_replicas.empty()) change.adding_replicas.emplace();
  records.push_back(std::move(change));
  return {};
}

}  // namespace

Decision<PartitionResult> decide_reassign_partitions(
    const std::vector<PartitionToReassign>& partitions, bool may_change_factor,
    const MetadataImage& image, BrokerId node) {
  Decision<PartitionResult> decision;
  for (const auto& asked : partitions) {
    decision.results.push_back({asked.topic, asked.partition,
                                reassign(asked, may_change_factor, image, node, decision.records)});
  }
  return decision;
}

}  // namespace ottla::broker
