#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// DescribeQuorum (key 55): the leader and the voters of the metadata log (KIP-642).
// v1 when replicas fetched (KIP-836) · v2 directories, nodes (KIP-853)
namespace ottla::protocol {

struct DescribeQuorumResponse {
  static constexpr Api api = *find_api(ApiKey::describe_quorum);
  static constexpr Side side = Side::response;

  struct Replica {
    BrokerId replica_id = BrokerId(0);
    Uuid replica_directory_id;
    Offset log_end_offset = Offset(0);
    std::int64_t last_fetch_timestamp = -1;
    std::int64_t last_caught_up_timestamp = -1;

    bool operator==(const Replica&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("replicaId", m.replica_id);
      w.require_since(2)("replicaDirectoryId", m.replica_directory_id);
      w("logEndOffset", m.log_end_offset);
      w.since(1)("lastFetchTimestamp", m.last_fetch_timestamp);
      w.since(1)("lastCaughtUpTimestamp", m.last_caught_up_timestamp);
    }
  };
  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    BrokerId leader_id = BrokerId(0);
    std::int32_t leader_epoch = 0;  // of the quorum
    Offset high_watermark = Offset(0);
    std::vector<Replica> current_voters;
    std::vector<Replica> observers;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
      w.since(2)("errorMessage", m.error_message);
      w("leaderId", m.leader_id);
      w("leaderEpoch", m.leader_epoch);
      w("highWatermark", m.high_watermark);
      w("currentVoters", m.current_voters);
      w("observers", m.observers);
    }
  };
  struct Topic {
    std::string_view topic_name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topicName", m.topic_name);
      w("partitions", m.partitions);
    }
  };
  struct Listener {
    std::string_view name;
    std::string_view host;
    std::uint16_t port = 0;

    bool operator==(const Listener&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("host", m.host);
      w("port", m.port);
    }
  };
  struct Node {
    BrokerId node_id = BrokerId(0);
    std::vector<Listener> listeners;

    bool operator==(const Node&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("nodeId", m.node_id);
      w("listeners", m.listeners);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<Topic> topics;
  std::vector<Node> nodes;

  bool operator==(const DescribeQuorumResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("errorCode", m.error_code);
    w.since(2)("errorMessage", m.error_message);
    w("topics", m.topics);
    w.require_since(2)("nodes", m.nodes);
  }
};

struct DescribeQuorumRequest {
  static constexpr Api api = *find_api(ApiKey::describe_quorum);
  static constexpr Side side = Side::request;
  using Response = DescribeQuorumResponse;

  struct Partition {
    std::int32_t partition_index = 0;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
    }
  };
  struct Topic {
    std::string_view topic_name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topicName", m.topic_name);
      w("partitions", m.partitions);
    }
  };

  std::vector<Topic> topics;

  bool operator==(const DescribeQuorumRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
  }
};

extern template struct Codec<DescribeQuorumRequest>;
extern template struct Codec<DescribeQuorumResponse>;

}  // namespace ottla::protocol
