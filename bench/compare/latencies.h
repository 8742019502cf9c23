#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/workload.h"

// What the clients whose latencies are compared have in common: when a record is due, and how long
// after that it was acknowledged and read. Open loop: a client that falls behind is late for what
// comes next as well.
namespace bench {

class Latencies {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Latencies(std::size_t expected) { took_us_.reserve(expected); }

  // One thread.
  void since(std::int64_t due_ns) {
    const auto now = Clock::now().time_since_epoch();
    took_us_.push_back(static_cast<float>(std::chrono::nanoseconds(now).count() - due_ns) /
                       1000.0F);
  }
  std::size_t count() const { return took_us_.size(); }

  // Fields for Meter::print.
  std::string fields(const char* name) {
    std::sort(took_us_.begin(), took_us_.end());
    const auto at = [&](double part) {
      if (took_us_.empty()) return 0.0F;
      return took_us_[std::min(took_us_.size() - 1,
                               static_cast<std::size_t>(part * static_cast<double>(count())))];
    };
    char text[200];
    std::snprintf(text, sizeof text,
                  ", \"%s_count\": %zu, \"%s_p50\": %.1f, \"%s_p99\": %.1f, \"%s_p999\": %.1f",
                  name, count(), name, static_cast<double>(at(0.5)), name,
                  static_cast<double>(at(0.99)), name, static_cast<double>(at(0.999)));
    return text;
  }

 private:
  std::vector<float> took_us_;
};

// Says when each record is due, and waits until then.
class Schedule {
 public:
  explicit Schedule(double a_second) : a_second_(a_second) {}

  std::int64_t wait_for_next() {
    const std::chrono::duration<double> after(static_cast<double>(number_++) / a_second_);
    const auto due = began_ + std::chrono::duration_cast<Latencies::Clock::duration>(after);
    std::unique_lock lock(mutex_);
    moment_.wait_until(lock, due, [&] { return Latencies::Clock::now() >= due; });
    return std::chrono::nanoseconds(due.time_since_epoch()).count();
  }

 private:
  const double a_second_;
  const Latencies::Clock::time_point began_ = Latencies::Clock::now();
  std::uint64_t number_ = 0;
  std::mutex mutex_;
  std::condition_variable moment_;
};

// A value carries when it was due.
inline void stamp(std::string& value, std::int64_t due_ns) {
  std::memcpy(value.data(), &due_ns, sizeof due_ns);
}

inline std::int64_t stamp_of(std::string_view value) {
  std::int64_t due_ns = 0;
  if (value.size() >= sizeof due_ns) std::memcpy(&due_ns, value.data(), sizeof due_ns);
  return due_ns;
}

}  // namespace bench
