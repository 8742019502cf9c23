#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/time.h"
#include "ottla/api_key.h"
#include "ottla/error_code.h"

namespace ottla::broker {

// What a test asked to go wrong with the next requests of an API.
struct Fault {
  enum class Kind : std::uint8_t {
    fail,   // not carried out, answered with `error`
    drop,   // carried out, but the connection is closed instead of an answer
    delay,  // waits for `delay`, then carried out
  };
  Kind kind = Kind::fail;
  ErrorCode error = ErrorCode::none;
  base::Duration delay{};
};

// Faults waiting for their requests, first come first served per API. Loop's thread only.
class FaultInjector {
 public:
  void add(ApiKey api, const Fault& fault, std::uint32_t times) {
    for (std::uint32_t i = 0; i < times; ++i) faults_[api].push_back(fault);
  }

  std::optional<Fault> take(ApiKey api) {
    if (faults_.empty()) return std::nullopt;
    const auto found = faults_.find(api);
    if (found == faults_.end()) return std::nullopt;
    const auto fault = found->second.front();
    found->second.pop_front();
    if (found->second.empty()) faults_.erase(found);
    return fault;
  }

 private:
  std::map<ApiKey, std::deque<Fault>> faults_;
};

}  // namespace ottla::broker
