#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ottla {

// A broker as clients see it.
struct Node {
  std::int32_t id = -1;
  std::string host{};
  std::int32_t port = -1;
  std::optional<std::string> rack{};

  bool operator==(const Node&) const = default;
};

// One partition as the cluster's metadata has it. Brokers are given by their ids.
struct PartitionInfo {
  std::string topic{};
  std::int32_t partition = -1;
  std::optional<std::int32_t> leader{};  // none while there is no leader
  std::int32_t leader_epoch = -1;
  std::vector<std::int32_t> replicas{};
  std::vector<std::int32_t> in_sync_replicas{};
  std::vector<std::int32_t> offline_replicas{};
  // KIP-966, Kafka 4.0; known to Admin::describe_topics alone, and empty elsewhere: who else may
  // lead without a loss, and who might if nobody else can.
  std::vector<std::int32_t> eligible_leader_replicas{};
  std::vector<std::int32_t> last_known_eligible_leader_replicas{};

  bool operator==(const PartitionInfo&) const = default;
};

}  // namespace ottla
