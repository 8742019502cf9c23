#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/config_types.h"
#include "protocol/wire/codec.h"

// ListConfigResources (key 74): what there is that has settings (KIP-1142).
// v0 is ListClientMetricsResources (KIP-1000) · v1 of the types asked for
namespace ottla::protocol {

struct ListConfigResourcesResponse {
  static constexpr Api api = *find_api(ApiKey::list_config_resources);
  static constexpr Side side = Side::response;

  struct Resource {
    std::string_view resource_name;
    ConfigResourceType resource_type = ConfigResourceType::client_metrics;

    bool operator==(const Resource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceName", m.resource_name);
      w.since(1)("resourceType", m.resource_type);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Resource> config_resources;

  bool operator==(const ListConfigResourcesResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("configResources", m.config_resources);
  }
};

struct ListConfigResourcesRequest {
  static constexpr Api api = *find_api(ApiKey::list_config_resources);
  static constexpr Side side = Side::request;
  using Response = ListConfigResourcesResponse;

  // none: every type
  std::vector<ConfigResourceType> resource_types;

  bool operator==(const ListConfigResourcesRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_since(1)("resourceTypes", m.resource_types);
  }
};

extern template struct Codec<ListConfigResourcesRequest>;
extern template struct Codec<ListConfigResourcesResponse>;

}  // namespace ottla::protocol
