#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// ApiVersions (key 18): which APIs and versions the other side speaks; the first request of a
// connection. A version that the broker does not know is answered with version 0 of the response,
// error unsupported_version and the broker's APIs (KIP-511).
// v3 flexible, software name and features (KIP-482, KIP-511, KIP-584)
namespace ottla::protocol {

struct ApiVersionsResponse {
  static constexpr Api api = *find_api(ApiKey::api_versions);
  static constexpr Side side = Side::response;

  struct ApiVersion {
    ApiKey api_key{};
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const ApiVersion&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("apiKey", m.api_key);
      w("minVersion", m.min_version);
      w("maxVersion", m.max_version);
    }
  };
  // Up to v3, features whose `min_version` is 0 are to be left out (KAFKA-17011).
  struct SupportedFeature {
    std::string_view name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const SupportedFeature&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("minVersion", m.min_version);
      w("maxVersion", m.max_version);
    }
  };
  struct FinalizedFeature {
    std::string_view name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    bool operator==(const FinalizedFeature&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("maxVersionLevel", m.max_version_level);
      w("minVersionLevel", m.min_version_level);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<ApiVersion> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;

  bool operator==(const ApiVersionsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("errorCode", m.error_code);
    w("apiKeys", m.api_keys);
    w.since(1)("throttleTimeMs", m.throttle_time_ms);
    w.tags(w.tag(0, "supportedFeatures", m.supported_features),
           w.tag(1, "finalizedFeaturesEpoch", m.finalized_features_epoch),
           w.tag(2, "finalizedFeatures", m.finalized_features),
           w.tag(3, "zkMigrationReady", m.zk_migration_ready));
  }
};

struct ApiVersionsRequest {
  static constexpr Api api = *find_api(ApiKey::api_versions);
  static constexpr Side side = Side::request;
  using Response = ApiVersionsResponse;

  std::string_view client_software_name;
  std::string_view client_software_version;

  bool operator==(const ApiVersionsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.since(3)("clientSoftwareName", m.client_software_name);
    w.since(3)("clientSoftwareVersion", m.client_software_version);
  }
};

extern template struct Codec<ApiVersionsRequest>;
extern template struct Codec<ApiVersionsResponse>;

}  // namespace ottla::protocol
