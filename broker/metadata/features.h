#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "broker/metadata/metadata_image.h"

namespace ottla::broker {

// A feature that clusters finalize (KIP-584): the levels this broker works with, and the one that a
// new cluster gets; 0: the feature is left out.
struct SupportedFeature {
  std::string_view name;
  FeatureRange range;
  std::int16_t initial = 0;
};

inline constexpr std::string_view kMetadataVersion = "metadata.version";

// Sorted by name. metadata.version: from 3.7-IV2 (17), which has directory assignments, to 4.3-IV0
// (30); new clusters get 4.0-IV3 (25), which Apache Kafka 4.0 and later read. Share groups and the
// streams protocol are known so that directories of clusters that have them can be served and given
// back; their requests are not answered.
std::span<const SupportedFeature> supported_features();
std::optional<FeatureRange> find_supported_feature(std::string_view name);

}  // namespace ottla::broker
