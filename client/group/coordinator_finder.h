#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "client/network/backoff.h"
#include "ottla/cluster.h"
#include "ottla/result.h"
#include "protocol/messages/find_coordinator.h"

namespace ottla::client {

// Knows the broker that coordinates a group, or asks for it until it does. A request manager; loop
// thread.
class CoordinatorFinder {
 public:
  CoordinatorFinder(std::string group_id, Backoff retry, std::uint64_t seed)
      : group_id_(std::move(group_id)), retry_(retry), random_(seed) {}

  // None while it is looked for.
  const std::optional<Node>& coordinator() const { return coordinator_; }
  // It has proved wrong, or does not answer.
  void forget() { coordinator_.reset(); }

  struct Poll {
    bool ask = false;
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now);

  // True if the coordinator is now known.
  bool on_response(const protocol::FindCoordinatorResponse& response, base::TimePoint now);
  void on_failure(base::TimePoint now);

  // Why it cannot be known; told once, and then asked again.
  std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }

 private:
  const std::string group_id_;
  const Backoff retry_;
  base::Random random_;
  std::optional<Node> coordinator_;
  std::optional<Error> error_;
  bool under_way_ = false;
  std::uint32_t failures_ = 0;
  base::TimePoint not_before_ = base::TimePoint::min();
};

}  // namespace ottla::client
