#pragma once

#include <algorithm>

#include "base/time.h"

namespace ottla::base {

// When a thread that waits for events looks for them a little longer before it sleeps. To be woken,
// above all on an idle processor, often takes longer than what is waited for.
//
// Looks in vain are paid out of a budget that refills with time: they take at most their share of
// the thread's time whatever the pattern of the events, and an idle thread sleeps.
class BusyPoll {
 public:
  struct Limits {
    // How long a look takes.
    Duration look = std::chrono::microseconds(30);
    // Looks in vain take at most 1/share of the time; 1: there is one before every sleep.
    int share = 20;

    // What can be spent in one go.
    Duration most() const { return 10 * look; }
  };

  BusyPoll(Limits limits, TimePoint now)
      : limits_(limits), budget_(limits.most()), refilled_(now) {}

  const Limits& limits() const { return limits_; }

  // Whether there is to be a look at `now`.
  bool may_look(TimePoint now) {
    budget_ = std::min<Duration>(limits_.most(), budget_ + (now - refilled_) / limits_.share);
    refilled_ = now;
    return budget_ >= limits_.look;
  }

  void looked_in_vain() { budget_ -= limits_.look; }

 private:
  const Limits limits_;
  Duration budget_;
  TimePoint refilled_;
};

}  // namespace ottla::base
