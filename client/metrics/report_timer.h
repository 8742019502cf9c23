#pragma once

#include "base/time.h"

namespace ottla::client {

// When a client is to call its reporter. Loop thread.
class ReportTimer {
 public:
  // Zero: never.
  explicit ReportTimer(base::Duration interval) : interval_(interval) {}

  // True once for each interval that has passed, from the first call on; those missed are left out.
  bool due(base::TimePoint now) {
    if (interval_.count() <= 0) return false;
    if (next_ == base::kNever) {
      next_ = now + interval_;
      return false;
    }
    if (now < next_) return false;
    next_ = now + interval_;
    return true;
  }

  base::TimePoint next() const { return next_; }

 private:
  const base::Duration interval_;
  base::TimePoint next_ = base::kNever;
};

}  // namespace ottla::client
