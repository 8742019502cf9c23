#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// OffsetFetch (key 9): what groups have committed.
// v2 all topics, an error of its own · v3 throttle time · v5 leader epoch (KIP-320) · v6 flexible
// v7 stable offsets only (KIP-447) · v8 many groups (KIP-709) · v9 members by epoch (KIP-848)
// v10 topics by id
namespace ottla::protocol {

struct OffsetFetchResponse {
  static constexpr Api api = *find_api(ApiKey::offset_fetch);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    // -1 where nothing is committed.
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
    std::optional<std::string_view> metadata;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("committedOffset", m.committed_offset);
      w.since(5)("committedLeaderEpoch", m.committed_leader_epoch);
      w("metadata", m.metadata);
      w("errorCode", m.error_code);
    }
  };
  struct Topic {
    std::string_view name;
    Uuid topic_id;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 9)("name", m.name);
      w.since(10)("topicId", m.topic_id);
      w("partitions", m.partitions);
    }
  };
  struct Group {
    std::string_view group_id;
    std::vector<Topic> topics;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Group&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("groupId", m.group_id);
      w("topics", m.topics);
      w("errorCode", m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  // Up to v7 these answer for the one group; from v8 on `groups` has an entry per group.
  std::vector<Topic> topics;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Group> groups;

  bool operator==(const OffsetFetchResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(3)("throttleTimeMs", m.throttle_time_ms);
    w.require_between(1, 7)("topics", m.topics);
    w.between(2, 7)("errorCode", m.error_code);
    w.require_since(8)("groups", m.groups);
  }
};

struct OffsetFetchRequest {
  static constexpr Api api = *find_api(ApiKey::offset_fetch);
  static constexpr Side side = Side::request;
  using Response = OffsetFetchResponse;

  struct Topic {
    std::string_view name;
    Uuid topic_id;
    std::vector<std::int32_t> partition_indexes;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w.between(0, 9)("name", m.name);
      w.since(10)("topicId", m.topic_id);
      w("partitionIndexes", m.partition_indexes);
    }
  };
  struct Group {
    std::string_view group_id;
    std::optional<std::string_view> member_id;
    std::int32_t member_epoch = -1;
    // Null: all of them.
    std::optional<std::vector<Topic>> topics;

    bool operator==(const Group&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("groupId", m.group_id);
      w.since(9)("memberId", m.member_id);
      w.since(9)("memberEpoch", m.member_epoch);
      w("topics", m.topics);
    }
  };

  // Up to v7; from v8 on `groups`. Topics from v2 on null for all of them.
  std::string_view group_id;
  std::optional<std::vector<Topic>> topics;
  std::vector<Group> groups;
  bool require_stable = false;

  bool operator==(const OffsetFetchRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_between(1, 7)("groupId", m.group_id);
    w.require_between(1, 7).nullable_since(2)("topics", m.topics);
    w.require_since(8)("groups", m.groups);
    w.require_since(7)("requireStable", m.require_stable);
  }
};

extern template struct Codec<OffsetFetchRequest>;
extern template struct Codec<OffsetFetchResponse>;

}  // namespace ottla::protocol
