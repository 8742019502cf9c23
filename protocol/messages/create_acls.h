#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// CreateAcls (key 30): who may do what, or must not. The numbers are those of ottla/acl.h.
namespace ottla::protocol {

struct CreateAclsResponse {
  static constexpr Api api = *find_api(ApiKey::create_acls);
  static constexpr Side side = Side::response;

  struct AclCreationResult {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const AclCreationResult&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AclCreationResult> results;

  bool operator==(const CreateAclsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct CreateAclsRequest {
  static constexpr Api api = *find_api(ApiKey::create_acls);
  static constexpr Side side = Side::request;
  using Response = CreateAclsResponse;

  struct AclCreation {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t resource_pattern_type = 3;
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const AclCreation&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w.since(1)("resourcePatternType", m.resource_pattern_type);
      w("principal", m.principal);
      w("host", m.host);
      w("operation", m.operation);
      w("permissionType", m.permission_type);
    }
  };

  std::vector<AclCreation> creations;

  bool operator==(const CreateAclsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("creations", m.creations);
  }
};

extern template struct Codec<CreateAclsRequest>;
extern template struct Codec<CreateAclsResponse>;

}  // namespace ottla::protocol
