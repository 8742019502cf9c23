#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// DescribeTopicPartitions (key 75): topics and their partitions by pages, with their eligible
// leaders (KIP-966). v0 flexible
namespace ottla::protocol {

// The place to go on from: the first partition that was not described.
struct TopicPartitionCursor {
  std::string_view topic_name;
  std::int32_t partition_index = 0;

  bool operator==(const TopicPartitionCursor&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topicName", m.topic_name);
    w("partitionIndex", m.partition_index);
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_topic_partitions);
  static constexpr Side side = Side::response;

  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition_index = 0;
    BrokerId leader_id = kNoBroker;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::vector<BrokerId> replica_nodes;
    std::vector<BrokerId> isr_nodes;
    // KIP-966
    std::optional<std::vector<BrokerId>> eligible_leader_replicas;
    std::optional<std::vector<BrokerId>> last_known_elr;
    std::vector<BrokerId> offline_replicas;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("partitionIndex", m.partition_index);
      w("leaderId", m.leader_id);
      w("leaderEpoch", m.leader_epoch);
      w("replicaNodes", m.replica_nodes);
      w("isrNodes", m.isr_nodes);
      w("eligibleLeaderReplicas", m.eligible_leader_replicas);
      w("lastKnownElr", m.last_known_elr);
      w("offlineReplicas", m.offline_replicas);
    }
  };
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
      w("name", m.name);
      w("topicId", m.topic_id);
      w("isInternal", m.is_internal);
      w("partitions", m.partitions);
      w("topicAuthorizedOperations", m.topic_authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;  // by name
  // null: that was all
  std::optional<TopicPartitionCursor> next_cursor;

  bool operator==(const DescribeTopicPartitionsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
    w("nextCursor", m.next_cursor);
  }
};

struct DescribeTopicPartitionsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_topic_partitions);
  static constexpr Side side = Side::request;
  using Response = DescribeTopicPartitionsResponse;

  struct Topic {
    std::string_view name;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
    }
  };

  std::vector<Topic> topics;  // none: every topic
  std::int32_t response_partition_limit = 2000;
  std::optional<TopicPartitionCursor> cursor;

  bool operator==(const DescribeTopicPartitionsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
    w("responsePartitionLimit", m.response_partition_limit);
    w("cursor", m.cursor);
  }
};

extern template struct Codec<DescribeTopicPartitionsRequest>;
extern template struct Codec<DescribeTopicPartitionsResponse>;

}  // namespace ottla::protocol
