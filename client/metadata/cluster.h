#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ottla/cluster.h"
#include "ottla/error.h"
#include "protocol/messages/metadata.h"
#include "protocol/types.h"

namespace ottla::client {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Uuid;

struct PartitionMetadata {
  ErrorCode error = ErrorCode::unknown_topic_or_partition;
  BrokerId leader = protocol::kNoBroker;
  LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> in_sync_replicas;
  std::vector<BrokerId> offline_replicas;
};

struct TopicMetadata {
  std::string name;
  Uuid id;
  bool internal = false;
  ErrorCode error = ErrorCode::none;
  std::vector<PartitionMetadata> partitions;  // by their number
};

struct Leader {
  BrokerId broker;
  LeaderEpoch epoch;

  bool operator==(const Leader&) const = default;
};

// What a client knows of its cluster: the sum of the answers so far. Older leader epochs never
// replace newer ones (KIP-320), unless the topic was made anew. Loop thread.
class Cluster {
 public:
  // Takes over what a response says; topics it does not mention stay as they are.
  void update(const protocol::MetadataResponse& response);

  // A newer leader, as a broker's refusal told it (KIP-951). False if it is not newer, or unknown.
  bool update_leader(std::string_view topic, std::int32_t partition, const Leader& leader);
  void add_broker(Node node);

  void forget_topic(std::string_view topic);

  // Until the next answer nobody leads anything.
  void forget_brokers() { brokers_.clear(); }

  // In no order.
  std::vector<std::string> topic_names() const;
  const TopicMetadata* topic(std::string_view name) const;
  const TopicMetadata* topic(const Uuid& id) const;
  const PartitionMetadata* partition(std::string_view topic, std::int32_t partition) const;

  // None if the partition is not known or has no leader whose address is known.
  std::optional<Leader> leader(std::string_view topic, std::int32_t partition) const;

  const std::map<BrokerId, Node>& brokers() const { return brokers_; }
  const std::string& cluster_id() const { return cluster_id_; }
  BrokerId controller() const { return controller_; }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  void update_topic(const protocol::MetadataResponse::Topic& topic);

  std::string cluster_id_;
  BrokerId controller_ = protocol::kNoBroker;
  std::map<BrokerId, Node> brokers_;
  std::unordered_map<std::string, TopicMetadata, NameHash, std::equal_to<>> topics_;
  std::unordered_map<Uuid, std::string> names_;
};

// The public form of one topic's partitions.
std::vector<PartitionInfo> to_partition_infos(const TopicMetadata& topic);

}  // namespace ottla::client
