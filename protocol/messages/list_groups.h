#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/wire/codec.h"

// ListGroups (key 16): the groups that a broker coordinates.
// v3 flexible · v4 states (KIP-518) · v5 types (KIP-848)
namespace ottla::protocol {

struct ListGroupsResponse {
  static constexpr Api api = *find_api(ApiKey::list_groups);
  static constexpr Side side = Side::response;

  struct Group {
    std::string_view group_id;
    std::string_view protocol_type;
    std::string_view group_state;
    std::string_view group_type;

    bool operator==(const Group&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("groupId", m.group_id);
      w("protocolType", m.protocol_type);
      w.since(4)("groupState", m.group_state);
      w.since(5)("groupType", m.group_type);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Group> groups;

  bool operator==(const ListGroupsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("groups", m.groups);
  }
};

struct ListGroupsRequest {
  static constexpr Api api = *find_api(ApiKey::list_groups);
  static constexpr Side side = Side::request;
  using Response = ListGroupsResponse;

  // Empty: all of them.
  std::vector<std::string_view> states_filter;
  std::vector<std::string_view> types_filter;

  bool operator==(const ListGroupsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_since(4)("statesFilter", m.states_filter);
    w.require_since(5)("typesFilter", m.types_filter);
  }
};

extern template struct Codec<ListGroupsRequest>;
extern template struct Codec<ListGroupsResponse>;

}  // namespace ottla::protocol
