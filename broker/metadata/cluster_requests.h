#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"
#include "protocol/messages/update_features.h"

namespace ottla::broker {

using protocol::UpgradeType;

// The level a feature is to have; 0: it is taken out.
struct FeatureUpdate {
  std::string name;
  std::int16_t level = 0;
  UpgradeType type = UpgradeType::upgrade;
};

// Of all that a request asks, since it is done whole or not at all.
struct ClusterResult {
  Result<void> result;
};

// Decide on requests by the image alone; write nothing. The error codes are documented at
// Controller's functions of the same names.
Decision<ClusterResult> decide_update_features(const std::vector<FeatureUpdate>& updates,
                                               const MetadataImage& image,
                                               const BrokerConfig& config);
Decision<ClusterResult> decide_unregister_broker(BrokerId broker, const MetadataImage& image,
                                                 BrokerId self);

}  // namespace ottla::broker
