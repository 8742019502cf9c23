#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// OffsetForLeaderEpoch (key 23): where the records of a leader epoch end, for those who must know
// whether what they have is still there (KIP-101, KIP-320). v3 replica id · v4 flexible
namespace ottla::protocol {

struct OffsetForLeaderEpochResponse {
  static constexpr Api api = *find_api(ApiKey::offset_for_leader_epoch);
  static constexpr Side side = Side::response;

  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition = 0;
    // The greatest epoch not above the one asked for, and the offset after its last record; both -1
    // if there is none.
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    Offset end_offset = kNoOffset;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("partition", m.partition);
      w("leaderEpoch", m.leader_epoch);
      w("endOffset", m.end_offset);
    }
  };
  struct Topic {
    std::string_view topic;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const OffsetForLeaderEpochResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct OffsetForLeaderEpochRequest {
  static constexpr Api api = *find_api(ApiKey::offset_for_leader_epoch);
  static constexpr Side side = Side::request;
  using Response = OffsetForLeaderEpochResponse;

  // A consumer's replica id, and what stands for one that does not say.
  static constexpr BrokerId kConsumer{-1};
  static constexpr BrokerId kNotSaid{-2};

  struct Partition {
    std::int32_t partition = 0;
    LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
    LeaderEpoch leader_epoch;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partition", m.partition);
      w("currentLeaderEpoch", m.current_leader_epoch);
      w("leaderEpoch", m.leader_epoch);
    }
  };
  struct Topic {
    std::string_view topic;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };

  BrokerId replica_id = kNotSaid;
  std::vector<Topic> topics;

  bool operator==(const OffsetForLeaderEpochRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(3)("replicaId", m.replica_id);
    w("topics", m.topics);
  }
};

extern template struct Codec<OffsetForLeaderEpochRequest>;
extern template struct Codec<OffsetForLeaderEpochResponse>;

}  // namespace ottla::protocol
