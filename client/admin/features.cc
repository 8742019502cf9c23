#include "client/admin/features.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client/admin/answer_error.h"
#include "client/admin/each_call.h"
#include "client/network/software.h"
#include "protocol/messages/api_versions.h"

namespace ottla::client {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using protocol::UpgradeType;

// The first version of UpdateFeatures that knows kinds of downgrades and can only check.
constexpr std::int16_t kKnowsKinds = 1;

FeatureDescriptions descriptions_in(const ApiVersionsResponse& response) {
  FeatureDescriptions described;
  for (const auto& told : response.supported_features) {
    described.features[std::string(told.name)].supported =
        VersionRange{told.min_version, told.max_version};
  }
  for (const auto& told : response.finalized_features) {
    described.features[std::string(told.name)].finalized =
        VersionRange{told.min_version_level, told.max_version_level};
  }
  if (response.finalized_features_epoch >= 0) {
    described.finalized_epoch = response.finalized_features_epoch;
  }
  return described;
}

UpgradeType type_of(FeatureUpdateType type) {
  switch (type) {
    case FeatureUpdateType::upgrade:
      return UpgradeType::upgrade;
    case FeatureUpdateType::safe_downgrade:
      return UpgradeType::safe_downgrade;
    case FeatureUpdateType::unsafe_downgrade:
      return UpgradeType::unsafe_downgrade;
  }
  return UpgradeType::unknown;
}

Result<void> check(const FeatureUpdates& updates) {
  for (const auto& [name, update] : updates) {
    if (name.empty()) return Error(ErrorCode::invalid_argument, "a feature has a name");
    if (update.level < 0) {
      return Error(ErrorCode::invalid_argument, "feature " + name + ": a level is not below zero");
    }
    if (update.level == 0 && update.type == FeatureUpdateType::upgrade) {
      return Error(
          ErrorCode::invalid_argument,
          "feature " + name + ": to do without it (level 0) is a downgrade, safe or unsafe");
    }
  }
  return {};
}

}  // namespace

DescribeFeaturesCall::DescribeFeaturesCall(Promise<FeatureDescriptions> promise,
                                           std::optional<std::int32_t> broker)
    : AdminCallFor(std::move(promise)), broker_(broker) {
  if (broker_ && *broker_ < 0) {
    fail(Error(ErrorCode::invalid_argument, "brokers have ids from 0 on"));
  }
}

Request DescribeFeaturesCall::next_request(BrokerId any, std::int32_t) {
  auto make = [](std::int16_t) {
    return ApiVersionsRequest{.client_software_name = kSoftwareName,
                              .client_software_version = kSoftwareVersion};
  };
  auto done = [this](Result<Response<ApiVersionsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto code = response->message.error_code;
    if (code != ErrorCode::none) return on_failure(Error(code, "the broker refused ApiVersions"));
    answer(descriptions_in(response->message));
  };
  return make_request<ApiVersionsRequest>(broker_ ? BrokerId(*broker_) : any, std::move(make),
                                          std::move(done));
}

UpdateFeaturesCall::UpdateFeaturesCall(Promise<FeatureOutcomes> promise, FeatureUpdates updates,
                                       bool validate_only)
    : AdminCallFor(std::move(promise)),
      updates_(std::move(updates)),
      validate_only_(validate_only) {
  if (const auto checked = check(updates_); !checked) {
    fail(checked.error());
  } else if (updates_.empty()) {
    answer(FeatureOutcomes());
  }
}

Request UpdateFeaturesCall::next_request(BrokerId broker, std::int32_t timeout_ms) {
  auto make = [this, timeout_ms](std::int16_t version) { return request_for(version, timeout_ms); };
  auto done = [this](Result<Response<UpdateFeaturesResponse>> response) {
    if (!response) return on_failure(response.error());
    take(response->message);
  };
  auto request = make_request<UpdateFeaturesRequest>(broker, std::move(make), std::move(done));
  const bool needs_kinds =
      validate_only_ || std::any_of(updates_.begin(), updates_.end(), [](const auto& update) {
        return update.second.type == FeatureUpdateType::unsafe_downgrade;
      });
  if (needs_kinds) request.min_version = kKnowsKinds;
  return request;
}

UpdateFeaturesRequest UpdateFeaturesCall::request_for(std::int16_t version,
                                                      std::int32_t timeout_ms) const {
  UpdateFeaturesRequest request;
  request.timeout_ms = timeout_ms;
  request.validate_only = validate_only_;
  for (const auto& [name, update] : updates_) {
    auto& to = request.feature_updates.emplace_back();
    to.feature = name;
    to.max_version_level = update.level;
    if (version >= kKnowsKinds) {
      to.upgrade_type = type_of(update.type);
    } else {
      to.allow_downgrade = update.type != FeatureUpdateType::upgrade;
    }
  }
  return request;
}

void UpdateFeaturesCall::take(const UpdateFeaturesResponse& response) {
  FeatureOutcomes outcomes;
  std::optional<Error> for_all;
  if (response.error_code != ErrorCode::none) for_all = error_of(response);
  if (for_all && may_change(for_all->code())) return try_again(*for_all);
  for (const auto& [name, update] : updates_) outcomes[name] = for_all;
  for (const auto& result : response.results) {
    const auto found = outcomes.find(std::string(result.feature));
    if (found == outcomes.end() || for_all || result.error_code == ErrorCode::none) continue;
    found->second = error_of(result);
  }
  answer(std::move(outcomes));
}

}  // namespace ottla::client
