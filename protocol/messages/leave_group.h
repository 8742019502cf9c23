#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/wire/codec.h"

// LeaveGroup (key 13): members go at once rather than when their sessions end.
// v3 many members, static ones by their instance id (KIP-345) · v4 flexible · v5 reason (KIP-800)
namespace ottla::protocol {

struct LeaveGroupResponse {
  static constexpr Api api = *find_api(ApiKey::leave_group);
  static constexpr Side side = Side::response;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w("groupInstanceId", m.group_instance_id);
      w("errorCode", m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Member> members;

  bool operator==(const LeaveGroupResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w.require_since(3)("members", m.members);
  }
};

struct LeaveGroupRequest {
  static constexpr Api api = *find_api(ApiKey::leave_group);
  static constexpr Side side = Side::request;
  using Response = LeaveGroupResponse;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::optional<std::string_view> reason;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w("groupInstanceId", m.group_instance_id);
      w.since(5)("reason", m.reason);
    }
  };

  std::string_view group_id;
  // Up to v2; from v3 on `members`.
  std::string_view member_id;
  std::vector<Member> members;

  bool operator==(const LeaveGroupRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupId", m.group_id);
    w.require_between(0, 2)("memberId", m.member_id);
    w.require_since(3)("members", m.members);
  }
};

extern template struct Codec<LeaveGroupRequest>;
extern template struct Codec<LeaveGroupResponse>;

}  // namespace ottla::protocol
