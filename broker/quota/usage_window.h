#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ottla::broker {

// How far back use is looked at: whole windows and the one under way, `count` in all.
struct QuotaWindows {
  std::int32_t count = 11;
  base::Duration size = std::chrono::seconds(1);

  base::Duration span() const { return size * count; }
};

// How much somebody has used in the last windows, as Apache Kafka counts it. Costs nothing until it
// is used, and a few dozen bytes a window then.
class UsageWindow {
 public:
  // `amount` may be below 0: what was added before is taken back.
  void add(double amount, base::TimePoint now, const QuotaWindows& windows);

  // How long nothing may be used until the average is `bound` a second or less; zero if it is.
  // At most the span of the windows: by then all that was used is forgotten.
  base::Duration delay(double bound, base::TimePoint now, const QuotaWindows& windows) const;

  // The average of a second, over the same time as `delay` looks at.
  double rate(base::TimePoint now, const QuotaWindows& windows) const;

  // Whether nothing is remembered any more: a new one would say the same.
  bool is_idle(base::TimePoint now, const QuotaWindows& windows) const {
    return samples_.empty() || now - samples_.back().start >= windows.span();
  }

 private:
  struct Sample {
    base::TimePoint start;
    double amount = 0;
  };

  struct Use {
    double amount = 0;
    double seconds = 1;  // in which
  };

  Use use(base::TimePoint now, const QuotaWindows& windows) const;
  void forget(base::TimePoint now, const QuotaWindows& windows);

  std::vector<Sample> samples_;  // the newest last
};

// How much somebody may still use at once; grows by so much a second, up to what all windows would
// give. Below nothing after more was used than was there.
class TokenBucket {
 public:
  void take(double amount, double rate, base::TimePoint now, const QuotaWindows& windows);

  // How long until nothing is owed; zero if nothing is. At most the span of the windows, after
  // which the rest is still owed.
  base::Duration delay(double rate, base::TimePoint now, const QuotaWindows& windows);

  // What may be used at once, without a change; below 0: what is owed.
  double tokens(base::TimePoint now, const QuotaWindows& windows) const;

  // Whether it is full, as a new one is.
  bool is_idle(base::TimePoint now, const QuotaWindows& windows) const {
    return !begun_ || grown(now) >= most(windows);
  }

 private:
  double most(const QuotaWindows& windows) const;
  double grown(base::TimePoint now) const;
  void fill(double rate, base::TimePoint now, const QuotaWindows& windows);

  bool begun_ = false;
  double rate_ = 0;
  double tokens_ = 0;
  base::TimePoint filled_{};
};

// A time in seconds as a duration that fits throttle_time_ms; whole milliseconds.
base::Duration throttle_of(double seconds);

}  // namespace ottla::broker
