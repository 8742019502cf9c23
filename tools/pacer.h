#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ottla::tools {

// Says when each record is due, and waits until then. A rate of 0 or less: at once.
class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pacer(double a_second) : a_second_(a_second) {}

  Clock::time_point next() {
    if (a_second_ <= 0) return Clock::now();
    const std::chrono::duration<double> after(static_cast<double>(number_++) / a_second_);
    const auto due = began_ + std::chrono::duration_cast<Clock::duration>(after);
    if (due > Clock::now()) {
      std::unique_lock lock(mutex_);
      moment_.wait_until(lock, due, [&] { return Clock::now() >= due; });
    }
    return due;
  }

 private:
  const double a_second_;
  const Clock::time_point began_ = Clock::now();
  std::uint64_t number_ = 0;
  std::mutex mutex_;
  std::condition_variable moment_;
};

}  // namespace ottla::tools
