#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// ListOffsets (key 2): the offset that belongs to a timestamp, or to one of the marks below.
// v1 one offset with its timestamp · v2 isolation level · v4 leader epochs (KIP-320) · v6 flexible
// v7 max_timestamp (KIP-734) · v8 earliest_local (KIP-405) · v9 latest_tiered (KIP-1005)
// v10 timeout (KIP-1075) · v11 earliest_pending_upload (KIP-1023)
namespace ottla::protocol {

struct ListOffsetsResponse {
  static constexpr Api api = *find_api(ApiKey::list_offsets);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int64_t timestamp = -1;
    Offset offset = kNoOffset;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("errorCode", m.error_code);
      w("timestamp", m.timestamp);
      w("offset", m.offset);
      w.require_since(4)("leaderEpoch", m.leader_epoch);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const ListOffsetsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(2)("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct ListOffsetsRequest {
  static constexpr Api api = *find_api(ApiKey::list_offsets);
  static constexpr Side side = Side::request;
  using Response = ListOffsetsResponse;

  // What `timestamp` may hold instead of milliseconds.
  static constexpr std::int64_t kLatest = -1;
  static constexpr std::int64_t kEarliest = -2;
  static constexpr std::int64_t kMaxTimestamp = -3;
  static constexpr std::int64_t kEarliestLocal = -4;
  static constexpr std::int64_t kLatestTiered = -5;
  static constexpr std::int64_t kEarliestPendingUpload = -6;

  struct Partition {
    std::int32_t partition_index = 0;
    LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
    std::int64_t timestamp = 0;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w.since(4)("currentLeaderEpoch", m.current_leader_epoch);
      w("timestamp", m.timestamp);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };

  // A follower's id, or kNoBroker for everyone else.
  BrokerId replica_id = kNoBroker;
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;

  bool operator==(const ListOffsetsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("replicaId", m.replica_id);
    w.require_since(2)("isolationLevel", m.isolation_level);
    w("topics", m.topics);
    w.since(10)("timeoutMs", m.timeout_ms);
  }
};

extern template struct Codec<ListOffsetsRequest>;
extern template struct Codec<ListOffsetsResponse>;

}  // namespace ottla::protocol
