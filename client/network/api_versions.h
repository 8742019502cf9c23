#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/result.h"
#include "protocol/messages/api_versions.h"

namespace ottla::client {

// Which versions of each API one broker serves.
class ApiVersions {
 public:
  ApiVersions() = default;
  explicit ApiVersions(const protocol::ApiVersionsResponse& response);

  // The newest version that both sides know, from `min_version` to `max_version`. Error:
  // unsupported_version, naming both ranges.
  Result<std::int16_t> pick(const protocol::Api& api, std::int16_t max_version,
                            std::int16_t min_version = 0) const;

  bool has(ApiKey key) const { return ranges_.contains(key); }
  // Nobody has told yet.
  bool empty() const { return ranges_.empty(); }

  // The features that the cluster has finalised (KIP-584), and how new that is; -1: not told.
  std::int64_t features_epoch() const { return features_epoch_; }
  // 0 if it is not finalised.
  std::int16_t feature(std::string_view name) const;

 private:
  std::map<ApiKey, std::pair<std::int16_t, std::int16_t>> ranges_;
  std::int64_t features_epoch_ = -1;
  std::map<std::string, std::int16_t, std::less<>> features_;
};

}  // namespace ottla::client
