#include "client/network/api_versions.h"

#include <algorithm>

namespace ottla::client {
namespace {

std::string range(std::int16_t from, std::int16_t to) {
  return std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

ApiVersions::ApiVersions(const protocol::ApiVersionsResponse& response) {
  for (const auto& row : response.api_keys) {
    ranges_[row.api_key] = {row.min_version, row.max_version};
  }
  features_epoch_ = response.finalized_features_epoch;
  for (const auto& feature : response.finalized_features) {
    features_.emplace(feature.name, feature.max_version_level);
  }
}

std::int16_t ApiVersions::feature(std::string_view name) const {
  const auto found = features_.find(name);
  return found == features_.end() ? std::int16_t{0} : found->second;
}

Result<std::int16_t> ApiVersions::pick(const protocol::Api& api, std::int16_t max_version,
                                       std::int16_t min_version) const {
  const std::string name(api.name);
  const auto found = ranges_.find(api.key);
  if (found == ranges_.end()) {
    return Error(ErrorCode::unsupported_version, "the broker does not serve " + name);
  }
  const auto [least, most] = found->second;
  const auto newest = std::min({api.max, max_version, most});
  const auto oldest = std::max(api.min, min_version);
  if (newest >= std::max(oldest, least)) return newest;
  return Error(ErrorCode::unsupported_version, "the broker serves " + name + " " +
                                                   range(least, most) + ", this client needs " +
                                                   range(oldest, std::min(api.max, max_version)));
}

}  // namespace ottla::client
