#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/types.h"

// DescribeGroups (key 15): the state and the members of groups.
// v3 authorized operations (KIP-430) · v4 static members (KIP-345) · v5 flexible
// v6 group_id_not_found and its text (KIP-1043)
namespace ottla::protocol {

struct DescribeGroupsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_groups);
  static constexpr Side side = Side::response;

  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::string_view client_id;
    std::string_view client_host;
    // Both only of a stable group.
    OpaqueBytes member_metadata;
    OpaqueBytes member_assignment;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w.since(4)("groupInstanceId", m.group_instance_id);
      w("clientId", m.client_id);
      w("clientHost", m.client_host);
      w("memberMetadata", m.member_metadata);
      w("memberAssignment", m.member_assignment);
    }
  };
  struct Group {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::string_view group_id;
    std::string_view group_state;
    std::string_view protocol_type;
    // The name of the chosen protocol, of a stable group.
    std::string_view protocol_data;
    std::vector<Member> members;
    std::int32_t authorized_operations = kNoAuthorizedOperations;

    bool operator==(const Group&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w.require_since(6)("errorMessage", m.error_message);
      w("groupId", m.group_id);
      w("groupState", m.group_state);
      w("protocolType", m.protocol_type);
      w("protocolData", m.protocol_data);
      w("members", m.members);
      w.require_since(3)("authorizedOperations", m.authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  bool operator==(const DescribeGroupsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w("groups", m.groups);
  }
};

struct DescribeGroupsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_groups);
  static constexpr Side side = Side::request;
  using Response = DescribeGroupsResponse;

  std::vector<std::string_view> groups;
  bool include_authorized_operations = false;

  bool operator==(const DescribeGroupsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groups", m.groups);
    w.require_since(3)("includeAuthorizedOperations", m.include_authorized_operations);
  }
};

extern template struct Codec<DescribeGroupsRequest>;
extern template struct Codec<DescribeGroupsResponse>;

}  // namespace ottla::protocol
