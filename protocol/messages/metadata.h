#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// Metadata (key 3): brokers, topics, partitions and their leaders.
// v1 racks, controller, null for "all topics" · v5 offline replicas · v7 leader epoch (KIP-320)
// v8 authorized operations (KIP-430) · v9 flexible · v10 topic ids · v12 topics by id (KIP-516)
// v13 error of the whole (KIP-1102)
namespace ottla::protocol {

struct MetadataResponse {
  static constexpr Api api = *find_api(ApiKey::metadata);
  static constexpr Side side = Side::response;

  struct Broker {
    BrokerId node_id;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;

    bool operator==(const Broker&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("nodeId", m.node_id);
      w("host", m.host);
      w("port", m.port);
      w.since(1)("rack", m.rack);
    }
  };
  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition_index = 0;
    BrokerId leader_id = kNoBroker;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::vector<BrokerId> replica_nodes;
    std::vector<BrokerId> isr_nodes;
    std::vector<BrokerId> offline_replicas;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("partitionIndex", m.partition_index);
      w("leaderId", m.leader_id);
      w.since(7)("leaderEpoch", m.leader_epoch);
      w("replicaNodes", m.replica_nodes);
      w("isrNodes", m.isr_nodes);
      w.since(5)("offlineReplicas", m.offline_replicas);
    }
  };
  // The name is null, or the id zero, for an unknown topic that was asked for by the other.
  struct Topic {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    std::int32_t topic_authorized_operations = kNoAuthorizedOperations;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w.nullable_since(12)("name", m.name);
      w.since(10)("topicId", m.topic_id);
      w.since(1)("isInternal", m.is_internal);
      w("partitions", m.partitions);
      w.require_since(8)("topicAuthorizedOperations", m.topic_authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Broker> brokers;
  std::optional<std::string_view> cluster_id;
  BrokerId controller_id = kNoBroker;
  std::vector<Topic> topics;
  std::int32_t cluster_authorized_operations = kNoAuthorizedOperations;
  ErrorCode error_code = ErrorCode::none;

  bool operator==(const MetadataResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(3)("throttleTimeMs", m.throttle_time_ms);
    w("brokers", m.brokers);
    w.since(2)("clusterId", m.cluster_id);
    w.since(1)("controllerId", m.controller_id);
    w("topics", m.topics);
    w.require_between(8, 10)("clusterAuthorizedOperations", m.cluster_authorized_operations);
    w.since(13)("errorCode", m.error_code);
  }
};

struct MetadataRequest {
  static constexpr Api api = *find_api(ApiKey::metadata);
  static constexpr Side side = Side::request;
  using Response = MetadataResponse;

  // By name, or from v12 on by id with the name null.
  struct Topic {
    Uuid topic_id;
    std::optional<std::string_view> name;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.since(10)("topicId", m.topic_id);
      w.nullable_since(10)("name", m.name);
    }
  };

  // Null: all topics. In v0, which has no null, empty means all.
  std::optional<std::vector<Topic>> topics;
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  bool operator==(const MetadataRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.nullable_since(1)("topics", m.topics);
    w.require_since(4)("allowAutoTopicCreation", m.allow_auto_topic_creation);
    w.require_between(8, 10)("includeClusterAuthorizedOperations",
                             m.include_cluster_authorized_operations);
    w.require_since(8)("includeTopicAuthorizedOperations", m.include_topic_authorized_operations);
  }
};

extern template struct Codec<MetadataRequest>;
extern template struct Codec<MetadataResponse>;

}  // namespace ottla::protocol
