#pragma once

#include <chrono>
#include <cstdint>

namespace ottla::base {

using Duration = std::chrono::nanoseconds;

// A point on a clock that never goes back; for deadlines and timers.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

inline constexpr TimePoint kNever = TimePoint::max();

// Milliseconds since the Unix epoch, UTC: what records and files carry.
using WallMillis = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallMillis wall_now() const = 0;
};

// The machine's clocks. Any thread. A step of the wall clock may be seen a millisecond late.
class RealClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  WallMillis wall_now() const override;
};

// A clock that moves when told to. One thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallMillis wall_start = 1'700'000'000'000) : wall_start_(wall_start) {}
  TimePoint now() const override { return now_; }
  WallMillis wall_now() const override {
    return wall_start_ +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }
  void advance(Duration by) { now_ += by; }
  // Does nothing if `to` is not in the future.
  void advance_to(TimePoint to) {
    if (to > now_) now_ = to;
  }

 private:
  WallMillis wall_start_;
  TimePoint now_{};
};

}  // namespace ottla::base
