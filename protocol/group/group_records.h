#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/api.h"
#include "protocol/wire/types.h"
#include "protocol/wire/visitor.h"

// The records of __consumer_offsets. A key begins with its type, a value with its version, each of
// two bytes; a key without a value takes back what was said under it. Strings and bytes are
// borrowed from the batch. Where a version lacks a field, its default is Kafka's.
namespace ottla::protocol {

// Only the types of the classic protocol; groups of KIP-848 and the like have others.
enum class GroupRecordType : std::int16_t {
  // As written before Kafka 0.8.2; to be read like the next.
  legacy_offset_commit = 0,
  offset_commit = 1,
  group_metadata = 2,
};

struct OffsetCommitKey {
  static constexpr Api api = {.key = ApiKey{-1}, .name = "OffsetCommitKey", .max = 0};
  static constexpr Side side = Side::record;

  std::string_view group;
  std::string_view topic;
  std::int32_t partition = 0;

  bool operator==(const OffsetCommitKey&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("group", m.group);
    w("topic", m.topic);
    w("partition", m.partition);
  }
};

struct OffsetCommitValue {
  static constexpr Api api = {
      .key = ApiKey{-1}, .name = "OffsetCommitValue", .flexible_since = 4, .max = 4};
  static constexpr Side side = Side::record;

  Offset offset;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::string_view metadata;
  std::int64_t commit_timestamp = 0;
  // -1: when its group has been idle for as long as the broker says (KIP-211).
  std::int64_t expire_timestamp = -1;
  Uuid topic_id;

  bool operator==(const OffsetCommitValue&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("offset", m.offset);
    w.since(3)("leaderEpoch", m.leader_epoch);
    w("metadata", m.metadata);
    w("commitTimestamp", m.commit_timestamp);
    w.between(1, 1)("expireTimestamp", m.expire_timestamp);
    w.tags(w.since(4).tag(0, "topicId", m.topic_id));
  }
};

struct GroupMetadataKey {
  static constexpr Api api = {.key = ApiKey{-1}, .name = "GroupMetadataKey", .max = 0};
  static constexpr Side side = Side::record;

  std::string_view group;

  bool operator==(const GroupMetadataKey&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("group", m.group);
  }
};

struct GroupMetadataValue {
  static constexpr Api api = {
      .key = ApiKey{-1}, .name = "GroupMetadataValue", .flexible_since = 4, .max = 4};
  static constexpr Side side = Side::record;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::string_view client_id;
    std::string_view client_host;
    // -1: the session timeout.
    std::int32_t rebalance_timeout = -1;
    std::int32_t session_timeout = 0;
    OpaqueBytes subscription;
    OpaqueBytes assignment;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w.since(3)("groupInstanceId", m.group_instance_id);
      w("clientId", m.client_id);
      w("clientHost", m.client_host);
      w.since(1)("rebalanceTimeout", m.rebalance_timeout);
      w("sessionTimeout", m.session_timeout);
      w("subscription", m.subscription);
      w("assignment", m.assignment);
    }
  };

  std::string_view protocol_type;
  GenerationId generation;
  std::optional<std::string_view> protocol;
  std::optional<std::string_view> leader;
  std::int64_t current_state_timestamp = -1;
  std::vector<Member> members;

  bool operator==(const GroupMetadataValue&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("protocolType", m.protocol_type);
    w("generation", m.generation);
    w("protocol", m.protocol);
    w("leader", m.leader);
    w.since(2)("currentStateTimestamp", m.current_state_timestamp);
    w("members", m.members);
  }
};

using GroupRecordKey = std::variant<OffsetCommitKey, GroupMetadataKey>;

// Each takes all of its bytes and allocates at most 32 times as much. Errors: unsupported_version
// for a type or a version that is not known, naming it; corrupt_data for anything malformed.
Result<GroupRecordKey> parse_group_record_key(BytesView key);
Result<OffsetCommitValue> parse_offset_commit_value(BytesView value);
Result<GroupMetadataValue> parse_group_metadata_value(BytesView value);

// Errors: unsupported_version, message_too_large.
Result<std::string> encode(const OffsetCommitKey& key);
Result<std::string> encode(const GroupMetadataKey& key);
Result<std::string> encode(const OffsetCommitValue& value, std::int16_t version);
Result<std::string> encode(const GroupMetadataValue& value, std::int16_t version);

}  // namespace ottla::protocol
