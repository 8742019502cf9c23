#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/wire/codec.h"

// DeleteGroups (key 42): groups without members, and what they have committed. v2 flexible
namespace ottla::protocol {

struct DeleteGroupsResponse {
  static constexpr Api api = *find_api(ApiKey::delete_groups);
  static constexpr Side side = Side::response;

  struct Result {
    std::string_view group_id;
    ErrorCode error_code = ErrorCode::none;

    bool operator==(const Result&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("groupId", m.group_id);
      w("errorCode", m.error_code);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;

  bool operator==(const DeleteGroupsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct DeleteGroupsRequest {
  static constexpr Api api = *find_api(ApiKey::delete_groups);
  static constexpr Side side = Side::request;
  using Response = DeleteGroupsResponse;

  std::vector<std::string_view> groups_names;

  bool operator==(const DeleteGroupsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupsNames", m.groups_names);
  }
};

extern template struct Codec<DeleteGroupsRequest>;
extern template struct Codec<DeleteGroupsResponse>;

}  // namespace ottla::protocol
