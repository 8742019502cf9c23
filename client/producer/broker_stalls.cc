#include "client/producer/broker_stalls.h"

#include <algorithm>

namespace ottla::client {

bool BrokerStalls::note(BrokerId broker, bool takes, base::TimePoint now) {
  if (limit_.count() == 0) return false;
  if (takes) {
    const bool stalled = stalls(broker);
    since_.erase(broker);
    return stalled;
  }
  auto& stall = since_.try_emplace(broker, Stall{now}).first->second;
  if (stall.told || now - stall.since < limit_) return false;
  stall.told = true;
  return true;
}

base::TimePoint BrokerStalls::next() const {
  auto next = base::kNever;
  for (const auto& [broker, stall] : since_) {
    if (!stall.told) next = std::min(next, stall.since + limit_);
  }
  return next;
}

}  // namespace ottla::client
