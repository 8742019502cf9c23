#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "protocol/wire/api.h"

namespace ottla::broker {

// In which versions this broker serves each API: those there are messages for, unless it was told
// to be content with fewer, as an older broker is.
class VersionLimits {
 public:
  struct Range {
    std::int16_t min = 0;
    std::int16_t max = -1;  // below min: not served at all

    bool has(std::int16_t version) const { return version >= min && version <= max; }
    bool empty() const { return max < min; }
  };

  void limit(ApiKey api, Range range) { limits_[api] = range; }

  Range served(const protocol::Api& api) const { return within(api, {api.min, api.max}); }

  // What ApiVersions tells, which is not always what is served.
  Range announced(const protocol::Api& api) const {
    return within(api, {api.advertised_min(), api.max});
  }

 private:
  Range within(const protocol::Api& api, Range range) const {
    const auto found = limits_.find(api.key);
    if (found == limits_.end()) return range;
    return {std::max(range.min, found->second.min), std::min(range.max, found->second.max)};
  }

  std::map<ApiKey, Range> limits_;
};

}  // namespace ottla::broker
