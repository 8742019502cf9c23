#pragma once

#include <cstdint>
#include <optional>

#include "client/admin/admin_call.h"
#include "ottla/admin.h"
#include "protocol/messages/update_features.h"

namespace ottla::client {

// By ApiVersions, which tells of features from version 3 on.
class DescribeFeaturesCall final : public AdminCallFor<FeatureDescriptions> {
 public:
  DescribeFeaturesCall(Promise<FeatureDescriptions> promise, std::optional<std::int32_t> broker);

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  const std::optional<std::int32_t> broker_;
};

class UpdateFeaturesCall final : public AdminCallFor<FeatureOutcomes> {
 public:
  UpdateFeaturesCall(Promise<FeatureOutcomes> promise, FeatureUpdates updates, bool validate_only);

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  protocol::UpdateFeaturesRequest request_for(std::int16_t version, std::int32_t timeout_ms) const;
  void take(const protocol::UpdateFeaturesResponse& response);

  const FeatureUpdates updates_;
  const bool validate_only_;
};

}  // namespace ottla::client
