#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeAcls (key 29): the ACLs that a filter matches. The numbers are those of ottla/acl.h.
namespace ottla::protocol {

struct DescribeAclsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_acls);
  static constexpr Side side = Side::response;

  struct AclDescription {
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const AclDescription&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("principal", m.principal);
      w("host", m.host);
      w("operation", m.operation);
      w("permissionType", m.permission_type);
    }
  };
  struct DescribeAclsResource {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t pattern_type = 3;
    std::vector<AclDescription> acls;

    bool operator==(const DescribeAclsResource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w.since(1)("patternType", m.pattern_type);
      w("acls", m.acls);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<DescribeAclsResource> resources;

  bool operator==(const DescribeAclsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w("resources", m.resources);
  }
};

struct DescribeAclsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_acls);
  static constexpr Side side = Side::request;
  using Response = DescribeAclsResponse;

  std::int8_t resource_type_filter = 0;
  std::optional<std::string_view> resource_name_filter;
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string_view> principal_filter;
  std::optional<std::string_view> host_filter;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  bool operator==(const DescribeAclsRequest&) const = default;
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

extern template struct Codec<DescribeAclsRequest>;
extern template struct Codec<DescribeAclsResponse>;

}  // namespace ottla::protocol
