#include "broker/metadata/partition_placement.h"

#include <algorithm>
#include <set>
#include <string>

namespace ottla::broker {

PartitionPlacement::PartitionPlacement(const MetadataImage& image, base::Random& random)
    : image_(image), random_(random) {
  for (const auto& [id, broker] : image.brokers()) {
    if (!broker.fenced && !broker.in_controlled_shutdown) alive_.push_back(id);
  }
}

std::vector<Replicas> PartitionPlacement::place(std::size_t partitions, std::size_t factor) const {
  const auto start = alive_.empty() ? 0 : random_.below(alive_.size());
  std::vector<Replicas> assignments(partitions);
  for (std::size_t p = 0; p < partitions; ++p) {
    for (std::size_t r = 0; r < factor; ++r) {
      assignments[p].push_back(alive_[(start + p + r) % alive_.size()]);
    }
  }
  return assignments;
}

Result<void> PartitionPlacement::check_replicas(std::int32_t partition,
                                                const Replicas& replicas) const {
  if (replicas.empty()) return bad_assignment(partition, "there are no replicas");
  std::set<BrokerId> seen;
  for (const auto id : replicas) {
    const auto broker = "broker " + std::to_string(id.value);
    if (image_.find_broker(id) == nullptr) {
      return bad_assignment(partition, broker + " is not registered");
    }
    if (!seen.insert(id).second) return bad_assignment(partition, broker + " stands there twice");
  }
  return {};
}

Result<void> PartitionPlacement::check_alive(std::int32_t first,
                                             const std::vector<Replicas>& assignments) const {
  for (std::size_t p = 0; p < assignments.size(); ++p) {
    if (!in_sync(assignments[p]).empty()) continue;
    return bad_assignment(first + static_cast<std::int32_t>(p), "none of its brokers is alive");
  }
  return {};
}

PartitionRecord PartitionPlacement::record(const Uuid& topic_id, std::int32_t partition,
                                           const Replicas& replicas) {
  PartitionRecord record;
  record.partition_id = partition;
  record.topic_id = topic_id;
  record.replicas = replicas;
  record.isr = in_sync(replicas);
  record.leader = record.isr.front();
  record.leader_epoch = LeaderEpoch(0);
  record.partition_epoch = 0;
  for (const auto broker : replicas) record.directories.push_back(choose_directory(broker));
  return record;
}

Replicas PartitionPlacement::in_sync(const Replicas& replicas) const {
  Replicas in_sync;
  for (const auto id : replicas) {
    if (std::find(alive_.begin(), alive_.end(), id) != alive_.end()) in_sync.push_back(id);
  }
  return in_sync;
}

// A broker that is not alive assigns it when it comes back, unless it has only one.
Uuid PartitionPlacement::choose_directory(BrokerId id) {
  const auto* broker = image_.find_broker(id);
  const bool alive = std::find(alive_.begin(), alive_.end(), id) != alive_.end();
  if (broker == nullptr || (!alive && broker->directories.size() != 1)) return {};
  return choices_.try_emplace(id, image_, id, broker->directories).first->second.next();
}

Error bad_assignment(std::int32_t partition, std::string_view why) {
  return {ErrorCode::invalid_replica_assignment,
          "partition " + std::to_string(partition) + ": " + std::string(why)};
}

}  // namespace ottla::broker
