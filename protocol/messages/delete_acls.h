#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DeleteAcls (key 31): takes away what filters match. The numbers are those of ottla/acl.h.
namespace ottla::protocol {

struct DeleteAclsResponse {
  static constexpr Api api = *find_api(ApiKey::delete_acls);
  static constexpr Side side = Side::response;

  struct DeleteAclsMatchingAcl {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t pattern_type = 3;
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const DeleteAclsMatchingAcl&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w.since(1)("patternType", m.pattern_type);
      w("principal", m.principal);
      w("host", m.host);
      w("operation", m.operation);
      w("permissionType", m.permission_type);
    }
  };
  struct DeleteAclsFilterResult {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::vector<DeleteAclsMatchingAcl> matching_acls;

    bool operator==(const DeleteAclsFilterResult&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("matchingAcls", m.matching_acls);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteAclsFilterResult> filter_results;

  bool operator==(const DeleteAclsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("filterResults", m.filter_results);
  }
};

struct DeleteAclsRequest {
  static constexpr Api api = *find_api(ApiKey::delete_acls);
  static constexpr Side side = Side::request;
  using Response = DeleteAclsResponse;

  struct DeleteAclsFilter {
    std::int8_t resource_type_filter = 0;
    std::optional<std::string_view> resource_name_filter;
    std::int8_t pattern_type_filter = 3;
    std::optional<std::string_view> principal_filter;
    std::optional<std::string_view> host_filter;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const DeleteAclsFilter&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceTypeFilter", m.resource_type_filter);
      w("resourceNameFilter", m.resource_name_filter);
      w.since(1)("patternTypeFilter", m.pattern_type_filter);
      w("principalFilter", m.principal_filter);
      w("hostFilter", m.host_filter);
      w("operation", m.operation);
      w("permissionType", m.permission_type);
    }
  };

  std::vector<DeleteAclsFilter> filters;

  bool operator==(const DeleteAclsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("filters", m.filters);
  }
};

extern template struct Codec<DeleteAclsRequest>;
extern template struct Codec<DeleteAclsResponse>;

}  // namespace ottla::protocol
