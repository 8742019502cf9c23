#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/compare/workload.h"

// What the transactional clients have in common: when a transaction ends, and how long ends took.
namespace bench {

class Commits {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Commits(const Workload& workload) : workload_(workload) {}

  void begun() {
    records_ = 0;
    began_ = Clock::now();
  }

  // Counts a record; whether it is the transaction's last.
  bool last() {
    ++records_;
    if (workload_.commit_records > 0 && records_ >= workload_.commit_records) return true;
    return workload_.commit_ms > 0 &&
           Clock::now() - began_ >= std::chrono::milliseconds(workload_.commit_ms);
  }

  template <class F>
  void timed(F&& commit) {
    const auto from = Clock::now();
    commit();
    took_us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - from).count());
  }

  void forget() { took_us_.clear(); }

  // Fields for Meter::print.
  std::string fields() {
    if (took_us_.empty()) return "";
    std::sort(took_us_.begin(), took_us_.end());
    const auto at = [&](std::size_t percent) {
      return took_us_[std::min(took_us_.size() - 1, took_us_.size() * percent / 100)];
    };
    char text[160];
    std::snprintf(text, sizeof text,
                  ", \"commits\": %zu, \"commit_us_p50\": %.0f, \"commit_us_p99\": %.0f",
                  took_us_.size(), at(50), at(99));
    return text;
  }

 private:
  const Workload& workload_;
  std::uint64_t records_ = 0;
  Clock::time_point began_;
  std::vector<double> took_us_;
};

}  // namespace bench
