#include "broker/metadata/features.h"

#include <array>

namespace ottla::broker {

std::span<const SupportedFeature> supported_features() {
  static constexpr std::array kFeatures = {
      SupportedFeature{"eligible.leader.replicas.version", {0, 1}, 0},
      SupportedFeature{"group.version", {0, 1}, 1},
      SupportedFeature{"kraft.version", {0, 1}, 0},
      SupportedFeature{kMetadataVersion, {17, 30}, 25},
      SupportedFeature{"share.version", {0, 1}, 0},
      SupportedFeature{"streams.version", {0, 1}, 0},
      SupportedFeature{"transaction.version", {0, 2}, 2},
  };
  return kFeatures;
}

std::optional<FeatureRange> find_supported_feature(std::string_view name) {
  for (const auto& feature : supported_features()) {
    if (feature.name == name) return feature.range;
  }
  return std::nullopt;
}

}  // namespace ottla::broker
