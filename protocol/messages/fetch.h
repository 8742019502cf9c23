#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/leader_hints.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// Fetch (key 1): read record batches; consumers, followers and the metadata quorum.
// v4 isolation level, aborted transactions (KIP-98) · v5 log start offset · v7 sessions (KIP-227)
// v9 current leader epoch (KIP-320) · v10 zstd · v11 racks (KIP-392)
// v12 flexible, diverging epoch (KIP-595) · v13 topics by id (KIP-516) · v14 tiered storage
// v15 replica state (KIP-903) · v16 leader hints (KIP-951) · v17 directory id (KIP-853)
// v18 the follower's high watermark (KIP-1166)
namespace ottla::protocol {

struct FetchResponse {
  static constexpr Api api = *find_api(ApiKey::fetch);
  static constexpr Side side = Side::response;

  struct EpochEndOffset {
    LeaderEpoch epoch = kNoLeaderEpoch;
    Offset end_offset = kNoOffset;

    bool operator==(const EpochEndOffset&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("epoch", m.epoch);
      w("endOffset", m.end_offset);
    }
  };
  struct SnapshotId {
    Offset end_offset = kNoOffset;
    LeaderEpoch epoch = kNoLeaderEpoch;

    bool operator==(const SnapshotId&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("endOffset", m.end_offset);
      w("epoch", m.epoch);
    }
  };
  struct AbortedTransaction {
    ProducerId producer_id;
    Offset first_offset;

    bool operator==(const AbortedTransaction&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("producerId", m.producer_id);
      w("firstOffset", m.first_offset);
    }
  };
  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    Offset high_watermark = kNoOffset;
    Offset last_stable_offset = kNoOffset;
    Offset log_start_offset = kNoOffset;
    EpochEndOffset diverging_epoch;
    LeaderIdAndEpoch current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions;
    BrokerId preferred_read_replica = kNoBroker;
    std::optional<Records> records;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
      w("highWatermark", m.high_watermark);
      w("lastStableOffset", m.last_stable_offset);
      w.since(5)("logStartOffset", m.log_start_offset);
      w("abortedTransactions", m.aborted_transactions);
      w.require_since(11)("preferredReadReplica", m.preferred_read_replica);
      w("records", m.records);
      w.tags(w.require_since(12).tag(0, "divergingEpoch", m.diverging_epoch),
             w.require_since(12).tag(1, "currentLeader", m.current_leader),
             w.require_since(12).tag(2, "snapshotId", m.snapshot_id));
    }
  };
  struct Topic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 12)("topic", m.topic);
      w.since(13)("topicId", m.topic_id);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::int32_t session_id = 0;
  std::vector<Topic> responses;
  std::vector<NodeEndpoint> node_endpoints;

  bool operator==(const FetchResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w.since(7)("errorCode", m.error_code);
    w.require_since(7)("sessionId", m.session_id);
    w("responses", m.responses);
    w.tags(w.require_since(16).tag(0, "nodeEndpoints", m.node_endpoints));
  }
};

struct FetchRequest {
  static constexpr Api api = *find_api(ApiKey::fetch);
  static constexpr Side side = Side::request;
  using Response = FetchResponse;

  // What a follower that does not know of v18 stands for in `high_watermark`.
  static constexpr Offset kHighWatermarkNotSupported{std::numeric_limits<std::int64_t>::max()};

  struct ReplicaState {
    BrokerId replica_id = kNoBroker;
    std::int64_t replica_epoch = -1;

    bool operator==(const ReplicaState&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("replicaId", m.replica_id);
      w("replicaEpoch", m.replica_epoch);
    }
  };
  struct Partition {
    std::int32_t partition = 0;
    LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
    Offset fetch_offset;
    LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
    Offset log_start_offset = kNoOffset;
    std::int32_t partition_max_bytes = 0;
    Uuid replica_directory_id;
    Offset high_watermark = kHighWatermarkNotSupported;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partition", m.partition);
      w.since(9)("currentLeaderEpoch", m.current_leader_epoch);
      w("fetchOffset", m.fetch_offset);
      w.require_since(12)("lastFetchedEpoch", m.last_fetched_epoch);
      w.since(5)("logStartOffset", m.log_start_offset);
      w("partitionMaxBytes", m.partition_max_bytes);
      w.tags(w.since(17).tag(0, "replicaDirectoryId", m.replica_directory_id),
             w.since(18).tag(1, "highWatermark", m.high_watermark));
    }
  };
  struct Topic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 12)("topic", m.topic);
      w.since(13)("topicId", m.topic_id);
      w("partitions", m.partitions);
    }
  };
  struct ForgottenTopic {
    std::string_view topic;
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    bool operator==(const ForgottenTopic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 12)("topic", m.topic);
      w.since(13)("topicId", m.topic_id);
      w("partitions", m.partitions);
    }
  };

  std::optional<std::string_view> cluster_id;
  // A follower's id; from v15 on it stands in `replica_state`.
  BrokerId replica_id = kNoBroker;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string_view rack_id;

  bool operator==(const FetchRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_between(0, 14)("replicaId", m.replica_id);
    w("maxWaitMs", m.max_wait_ms);
    w("minBytes", m.min_bytes);
    w("maxBytes", m.max_bytes);
    w("isolationLevel", m.isolation_level);
    w.since(7)("sessionId", m.session_id);
    w.since(7)("sessionEpoch", m.session_epoch);
    w("topics", m.topics);
    w.require_since(7)("forgottenTopicsData", m.forgotten_topics_data);
    w.since(11)("rackId", m.rack_id);
    w.tags(w.since(12).tag(0, "clusterId", m.cluster_id),
           w.require_since(15).tag(1, "replicaState", m.replica_state));
  }
};

extern template struct Codec<FetchRequest>;
extern template struct Codec<FetchResponse>;

}  // namespace ottla::protocol
