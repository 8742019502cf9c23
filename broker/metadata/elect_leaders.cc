#include <utility>

#include "broker/metadata/election.h"
#include "broker/metadata/own_directories.h"
#include "broker/metadata/partition_requests.h"

namespace ottla::broker {
namespace {

// Decides on one request.
class Elections {
 public:
  Elections(ElectionType type, const MetadataImage& image, BrokerId node)
      : type_(type), image_(image), node_(node) {
    if (const auto* self = image.find_broker(node)) online_ = self->directories;
  }

  Decision<PartitionResult> all() {
    for (const auto* topic : image_.topics()) {
      for (const auto& [number, partition] : topic->partitions) {
        if (is_needed(partition)) add(topic->name, number, hold(*topic, number, partition));
      }
    }
    return std::move(decision_);
  }

  Decision<PartitionResult> some(const std::vector<PartitionToElect>& partitions) {
    for (const auto& [name, number] : partitions) add(name, number, hold(name, number));
    return std::move(decision_);
  }

 private:
  void add(const std::string& topic, std::int32_t partition, Result<void> result) {
    decision_.results.push_back({topic, partition, std::move(result)});
  }

  Result<void> hold(const std::string& name, std::int32_t number) {
    const auto* topic = image_.find_topic(name);
    const auto* partition = topic == nullptr ? nullptr : topic->find(number);
    if (partition == nullptr) {
      return Error(ErrorCode::unknown_topic_or_partition,
                   "there is no partition " + name + "-" + std::to_string(number));
    }
    if (is_needed(*partition)) return hold(*topic, number, *partition);
    return Error(ErrorCode::election_not_needed, type_ == ElectionType::preferred
                                                     ? "the preferred replica leads already"
                                                     : "the partition has a leader");
  }

  bool is_needed(const PartitionImage& partition) const {
    if (type_ == ElectionType::unclean) return partition.leader == kNoLeader;
    return partition.replicas.empty() || partition.leader != partition.replicas.front();
  }

  Result<void> hold(const TopicImage& topic, std::int32_t number, const PartitionImage& partition) {
    const bool unclean = type_ == ElectionType::unclean;
    if (unclean || partition.replicas.front() == node_) {
      const auto directory = online_directory_of(partition, node_, online_);
      auto change = unclean ? elect_unclean(topic.id, number, partition, node_, directory)
                            : elect(topic.id, number, partition, node_, directory);
      if (change && change->leader == node_) {
        decision_.records.push_back(*std::move(change));
        return {};
      }
    }
    if (unclean) {
      return Error(ErrorCode::eligible_leaders_not_available,
                   "this broker, the only one, has no replica of it that can be read");
    }
    return Error(ErrorCode::preferred_leader_not_available,
                 "the preferred replica is not alive and in sync");
  }

  const ElectionType type_;
  const MetadataImage& image_;
  const BrokerId node_;
  std::vector<Uuid> online_;
  Decision<PartitionResult> decision_;
};

}  // namespace

Decision<PartitionResult> decide_elect_leaders(
    ElectionType type, const std::optional<std::vector<PartitionToElect>>& partitions,
    const MetadataImage& image, BrokerId node) {
  Elections elections(type, image, node);
  return partitions ? elections.some(*partitions) : elections.all();
}

}  // namespace ottla::broker
