#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// UpdateFeatures (key 57): finalized levels of the cluster's features (KIP-584).
// v1 kinds of upgrades, validate only · v2 one error for all
namespace ottla::protocol {

// What a change of a level may be. v0 knows the first two, as a flag.
enum class UpgradeType : std::int8_t {
  unknown = 0,
  upgrade = 1,
  safe_downgrade = 2,    // nothing that metadata say is lost
  unsafe_downgrade = 3,  // something may be
};

struct UpdateFeaturesResponse {
  static constexpr Api api = *find_api(ApiKey::update_features);
  static constexpr Side side = Side::response;

  struct Feature {
    std::string_view feature;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;

    bool operator==(const Feature&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("feature", m.feature);
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  std::vector<Feature> results;

  bool operator==(const UpdateFeaturesResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w.between(0, 1)("results", m.results);
  }
};

struct UpdateFeaturesRequest {
  static constexpr Api api = *find_api(ApiKey::update_features);
  static constexpr Side side = Side::request;
  using Response = UpdateFeaturesResponse;

  struct Feature {
    std::string_view feature;
    // the new level; 0: the feature is taken out
    std::int16_t max_version_level = 0;
    bool allow_downgrade = false;
    UpgradeType upgrade_type = UpgradeType::upgrade;

    bool operator==(const Feature&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("feature", m.feature);
      w("maxVersionLevel", m.max_version_level);
      w.require_between(0, 0)("allowDowngrade", m.allow_downgrade);
      w.require_since(1)("upgradeType", m.upgrade_type);
    }
  };

  std::int32_t timeout_ms = 60000;
  std::vector<Feature> feature_updates;
  bool validate_only = false;

  bool operator==(const UpdateFeaturesRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("timeoutMs", m.timeout_ms);
    w("featureUpdates", m.feature_updates);
    w.require_since(1)("validateOnly", m.validate_only);
  }
};

extern template struct Codec<UpdateFeaturesRequest>;
extern template struct Codec<UpdateFeaturesResponse>;

}  // namespace ottla::protocol
