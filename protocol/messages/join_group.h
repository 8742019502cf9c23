#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/types.h"

// JoinGroup (key 11): a member comes, or comes again; answered when the members of
// the next generation are known.
// v1 rebalance timeout · v4 the first answer names the member id to come back with (KIP-394)
// v5 static members (KIP-345) · v6 flexible · v7 protocol type (KIP-559) · v8 reason (KIP-800)
// v9 a leader that need not assign (KIP-814)
namespace ottla::protocol {

struct JoinGroupResponse {
  static constexpr Api api = *find_api(ApiKey::join_group);
  static constexpr Side side = Side::response;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    OpaqueBytes metadata;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w.since(5)("groupInstanceId", m.group_instance_id);
      w("metadata", m.metadata);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  GenerationId generation_id = kNoGeneration;
  std::optional<std::string_view> protocol_type;
  // Up to v6 empty rather than null, where there is none.
  std::optional<std::string_view> protocol_name;
  std::string_view leader;
  // The assignment of the last generation holds; the leader sends none.
  bool skip_assignment = false;
  std::string_view member_id;
  // Only the leader hears of them.
  std::vector<Member> members;

  bool operator==(const JoinGroupResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(2)("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("generationId", m.generation_id);
    w.since(7)("protocolType", m.protocol_type);
    w.nullable_since(7)("protocolName", m.protocol_name);
    w("leader", m.leader);
    w.require_since(9)("skipAssignment", m.skip_assignment);
    w("memberId", m.member_id);
    w("members", m.members);
  }
};

struct JoinGroupRequest {
  static constexpr Api api = *find_api(ApiKey::join_group);
  static constexpr Side side = Side::request;
  using Response = JoinGroupResponse;

  struct Protocol {
    std::string_view name;
    OpaqueBytes metadata;

    bool operator==(const Protocol&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("metadata", m.metadata);
    }
  };

  std::string_view group_id;
  std::int32_t session_timeout_ms = 0;
  // -1, and before v1: the session timeout.
  std::int32_t rebalance_timeout_ms = -1;
  // Empty for a member that is new.
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::string_view protocol_type;
  // The most wanted one first.
  std::vector<Protocol> protocols;
  std::optional<std::string_view> reason;

  bool operator==(const JoinGroupRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w("sessionTimeoutMs", m.session_timeout_ms);
    w.since(1)("rebalanceTimeoutMs", m.rebalance_timeout_ms);
    w("memberId", m.member_id);
    w.require_since(5)("groupInstanceId", m.group_instance_id);
    w("protocolType", m.protocol_type);
    w("protocols", m.protocols);
    w.since(8)("reason", m.reason);
  }
};

extern template struct Codec<JoinGroupRequest>;
extern template struct Codec<JoinGroupResponse>;

}  // namespace ottla::protocol
