#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ottla/cluster_admin.h"
#include "ottla/error.h"

// What an administrator sees and changes of a cluster's features (KIP-584): what its brokers do
// together is settled by levels, such as that of metadata.version; the calls are those of `Admin`
// (admin.h).
namespace ottla {

struct DescribeFeaturesOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  std::optional<std::int32_t> broker{};                // unset: whichever answers
};

struct FeatureDescription {
  std::optional<VersionRange> supported{};  // levels that the broker works with; none: it has none
  std::optional<VersionRange> finalized{};  // what the cluster works with; none: without it

  bool operator==(const FeatureDescription&) const = default;
};

struct FeatureDescriptions {
  std::map<std::string, FeatureDescription> features{};  // by name
  std::optional<std::int64_t> finalized_epoch{};         // how new that is; none: nothing is known
};

enum class FeatureUpdateType : std::uint8_t {
  upgrade,
  safe_downgrade,    // only if no metadata are lost
  unsafe_downgrade,  // metadata may be lost
};

struct FeatureUpdate {
  std::int16_t level = 0;  // the new one; 0, by a downgrade: the cluster does without the feature
  FeatureUpdateType type = FeatureUpdateType::upgrade;

  bool operator==(const FeatureUpdate&) const = default;
};
using FeatureUpdates = std::map<std::string, FeatureUpdate>;

// One entry for each feature of the call: none, or why its level is as it was.
using FeatureOutcomes = std::map<std::string, std::optional<Error>>;

}  // namespace ottla
