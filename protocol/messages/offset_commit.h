#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// OffsetCommit (key 8): where a group has got to.
// v3 throttle time · v5 no retention time (KIP-211) · v6 leader epoch (KIP-320)
// v7 static members (KIP-345) · v8 flexible · v9 members by epoch (KIP-848) · v10 topics by id
namespace ottla::protocol {

struct OffsetCommitResponse {
  static constexpr Api api = *find_api(ApiKey::offset_commit);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
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

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  bool operator==(const OffsetCommitResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(3)("throttleTimeMs", m.throttle_time_ms);
    w("topics", m.topics);
  }
};

struct OffsetCommitRequest {
  static constexpr Api api = *find_api(ApiKey::offset_commit);
  static constexpr Side side = Side::request;
  using Response = OffsetCommitResponse;

  struct Partition {
    std::int32_t partition_index = 0;
    Offset committed_offset;
    LeaderEpoch committed_leader_epoch = kNoLeaderEpoch;
    std::optional<std::string_view> committed_metadata;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("committedOffset", m.committed_offset);
      w.since(6)("committedLeaderEpoch", m.committed_leader_epoch);
      w("committedMetadata", m.committed_metadata);
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

  std::string_view group_id;
  // -1, with an empty member id: not from a member of the group.
  GenerationId generation_id_or_member_epoch = kNoGeneration;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  // -1: as long as the broker says.
  std::int64_t retention_time_ms = -1;
  std::vector<Topic> topics;

  bool operator==(const OffsetCommitRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w("generationIdOrMemberEpoch", m.generation_id_or_member_epoch);
    w("memberId", m.member_id);
    w.require_since(7)("groupInstanceId", m.group_instance_id);
    w.between(2, 4)("retentionTimeMs", m.retention_time_ms);
    w("topics", m.topics);
  }
};

extern template struct Codec<OffsetCommitRequest>;
extern template struct Codec<OffsetCommitResponse>;

}  // namespace ottla::protocol
