#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "ottla/result.h"
#include "protocol/messages/api_versions.h"

namespace ottla::client {

// Which versions of each API one broker serves.
class ApiVersions {
 public:
  ApiVersions() = default;
  explicit ApiVersions(const protocol::ApiVersionsResponse& response);

  // The newest version that both sides know, at most `max_version`. Error: unsupported_version,
  // naming both ranges.
  Result<std::int16_t> pick(const protocol::Api& api, std::int16_t max_version) const;

  bool has(ApiKey key) const { return ranges_.contains(key); }

 private:
  std::map<ApiKey, std::pair<std::int16_t, std::int16_t>> ranges_;
};

}  // namespace ottla::client
