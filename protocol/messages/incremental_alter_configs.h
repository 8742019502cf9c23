#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/config_types.h"
#include "protocol/wire/codec.h"

// IncrementalAlterConfigs (key 44): changes single settings of a resource (KIP-339). v1 flexible
namespace ottla::protocol {

struct IncrementalAlterConfigsResponse {
  static constexpr Api api = *find_api(ApiKey::incremental_alter_configs);
  static constexpr Side side = Side::response;

  struct Resource {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    ConfigResourceType resource_type = ConfigResourceType::unknown;
    std::string_view resource_name;

    bool operator==(const Resource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Resource> responses;

  bool operator==(const IncrementalAlterConfigsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("responses", m.responses);
  }
};

struct IncrementalAlterConfigsRequest {
  static constexpr Api api = *find_api(ApiKey::incremental_alter_configs);
  static constexpr Side side = Side::request;
  using Response = IncrementalAlterConfigsResponse;

  struct Config {
    std::string_view name;
    AlterConfigOp config_operation = AlterConfigOp::set;
    // Null only with `AlterConfigOp::remove`.
    std::optional<std::string_view> value;

    bool operator==(const Config&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("configOperation", m.config_operation);
      w("value", m.value);
    }
  };
  struct Resource {
    ConfigResourceType resource_type = ConfigResourceType::unknown;
    std::string_view resource_name;
    std::vector<Config> configs;

    bool operator==(const Resource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w("configs", m.configs);
    }
  };

  std::vector<Resource> resources;
  bool validate_only = false;

  bool operator==(const IncrementalAlterConfigsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("resources", m.resources);
    w("validateOnly", m.validate_only);
  }
};

extern template struct Codec<IncrementalAlterConfigsRequest>;
extern template struct Codec<IncrementalAlterConfigsResponse>;

}  // namespace ottla::protocol
