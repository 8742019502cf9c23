#pragma once

#include <algorithm>

#include "base/time.h"

namespace ottla::base {

// When a thread that waits for events looks for them a little longer before it sleeps. To be woken,
// above all on an idle processor, often takes longer than what is waited for.
//
// Looks in vain are paid out of a budget that refills with time: they take at most 1/kShare of the
// thread's time whatever the pattern of the events, and an idle thread sleeps.
class BusyPoll {
 public:
  // How long a look takes.
  static constexpr Duration kLook = std::chrono::microseconds(30);
  static constexpr int kShare = 20;
  // What can be spent in one go.
  static constexpr Duration kMost = 10 * kLook;

  explicit BusyPoll(TimePoint now) : refilled_(now) {}

  // Whether there is to be a look at `now`.
  bool may_look(TimePoint now) {
    budget_ = std::min<Duration>(kMost, budget_ + (now - refilled_) / kShare);
    refilled_ = now;
    return budget_ >= kLook;
  }

  void looked_in_vain() { budget_ -= kLook; }

 private:
  Duration budget_ = kMost;
  TimePoint refilled_;
};

}  // namespace ottla::base
