#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/types.h"

// SyncGroup (key 14): the leader brings the assignments of its generation, everybody gets their
// own. v3 static members (KIP-345) · v4 flexible · v5 protocol type and name (KIP-559)
namespace ottla::protocol {

struct SyncGroupResponse {
  static constexpr Api api = *find_api(ApiKey::sync_group);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  OpaqueBytes assignment;

  bool operator==(const SyncGroupResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w.since(5)("protocolType", m.protocol_type);
    w.since(5)("protocolName", m.protocol_name);
    w("assignment", m.assignment);
  }
};

struct SyncGroupRequest {
  static constexpr Api api = *find_api(ApiKey::sync_group);
  static constexpr Side side = Side::request;
  using Response = SyncGroupResponse;

  struct Assignment {
    std::string_view member_id;
    OpaqueBytes assignment;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w("assignment", m.assignment);
    }
  };

  std::string_view group_id;
  GenerationId generation_id = kNoGeneration;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol_name;
  // Empty but for the leader.
  std::vector<Assignment> assignments;

  bool operator==(const SyncGroupRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w("generationId", m.generation_id);
    w("memberId", m.member_id);
    w.require_since(3)("groupInstanceId", m.group_instance_id);
    w.since(5)("protocolType", m.protocol_type);
    w.since(5)("protocolName", m.protocol_name);
    w("assignments", m.assignments);
  }
};

extern template struct Codec<SyncGroupRequest>;
extern template struct Codec<SyncGroupResponse>;

}  // namespace ottla::protocol
