#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/messages/config_types.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeConfigs (key 32): the configuration of topics, brokers and other resources.
// v1 synonyms and sources (KIP-226) · v3 types and documentation (KIP-569) · v4 flexible
namespace ottla::protocol {

struct DescribeConfigsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_configs);
  static constexpr Side side = Side::response;

  struct Synonym {
    std::string_view name;
    std::optional<std::string_view> value;
    ConfigSource source = ConfigSource::unknown;

    bool operator==(const Synonym&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("value", m.value);
      w("source", m.source);
    }
  };
  struct Config {
    std::string_view name;
    std::optional<std::string_view> value;
    bool read_only = false;
    ConfigSource config_source = ConfigSource::not_said;
    bool is_sensitive = false;
    std::vector<Synonym> synonyms;
    ConfigType config_type = ConfigType::unknown;
    std::optional<std::string_view> documentation;

    bool operator==(const Config&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("value", m.value);
      w("readOnly", m.read_only);
      w("configSource", m.config_source);
      w("isSensitive", m.is_sensitive);
      w("synonyms", m.synonyms);
      w.since(3)("configType", m.config_type);
      w.since(3)("documentation", m.documentation);
    }
  };
  struct Resource {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    ConfigResourceType resource_type = ConfigResourceType::unknown;
    std::string_view resource_name;
    std::vector<Config> configs;

    bool operator==(const Resource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w("configs", m.configs);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Resource> results;

  bool operator==(const DescribeConfigsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("results", m.results);
  }
};

struct DescribeConfigsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_configs);
  static constexpr Side side = Side::request;
  using Response = DescribeConfigsResponse;

  struct Resource {
    ConfigResourceType resource_type = ConfigResourceType::unknown;
    std::string_view resource_name;
    // Null: all of them.
    std::optional<std::vector<std::string_view>> configuration_keys;

    bool operator==(const Resource&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("resourceType", m.resource_type);
      w("resourceName", m.resource_name);
      w("configurationKeys", m.configuration_keys);
    }
  };

  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  bool operator==(const DescribeConfigsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("resources", m.resources);
    w("includeSynonyms", m.include_synonyms);
    w.require_since(3)("includeDocumentation", m.include_documentation);
  }
};

extern template struct Codec<DescribeConfigsRequest>;
extern template struct Codec<DescribeConfigsResponse>;

}  // namespace ottla::protocol
