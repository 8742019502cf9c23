#include "broker/handlers/update_features.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;

FeatureUpdate update_of(const UpdateFeaturesRequest::Feature& asked, std::int16_t version) {
  FeatureUpdate update{std::string(asked.feature), asked.max_version_level, asked.upgrade_type};
  if (version == 0 && asked.allow_downgrade) update.type = UpgradeType::safe_downgrade;
  return update;
}

}  // namespace

UpdateFeaturesResponse refusal(const UpdateFeaturesRequest&, ErrorCode error) {
  UpdateFeaturesResponse response;
  response.error_code = error;
  return response;
}

void handle_update_features(Services& services, Request<UpdateFeaturesRequest> request) {
  std::vector<FeatureUpdate> updates;
  for (const auto& asked : request.message.feature_updates) {
    updates.push_back(update_of(asked, request.context.version()));
  }
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  const bool validate_only = request.message.validate_only;
  auto waiting = std::make_shared<Request<UpdateFeaturesRequest>>(std::move(request));
  services.controller.update_features(
      updates, validate_only, timeout, [waiting](const Result<void>& result) {
        UpdateFeaturesResponse response;
        std::string message;
        if (!result) {
          response.error_code = wire_code(result.error());
          message = "nothing was changed: " + result.error().message();
          response.error_message = message;
        } else {
          for (const auto& asked : waiting->message.feature_updates) {
            response.results.emplace_back().feature = asked.feature;
          }
        }
        waiting->answer(response);
      });
}

}  // namespace ottla::broker
