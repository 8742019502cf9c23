#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace ottla::broker {

// How long something takes: count and sum of all, and quantiles of the last one to two minutes, off
// by an eighth at most. One thread.
class DurationSummary {
 public:
  void record(base::Duration took, base::TimePoint now);

  std::uint64_t count() const { return count_; }
  base::Duration sum() const { return sum_; }
  // Of what was recorded lately; zero if nothing was. `q` is from 0 to 1.
  base::Duration quantile(double q, base::TimePoint now) const;

 private:
  static constexpr int kSteps = 4;  // of each power of two
  static constexpr std::size_t kBuckets = 160;
  static constexpr base::Duration kWindow = std::chrono::seconds(60);

  // Durations of one window by their logarithm.
  struct Window {
    base::TimePoint began{};
    std::array<std::uint32_t, kBuckets> counts{};
  };

  static std::size_t bucket_of(base::Duration took);
  // The middle of a bucket.
  static base::Duration duration_of(std::size_t bucket);

  std::uint64_t count_ = 0;
  base::Duration sum_{};
  std::array<Window, 2> windows_{};
  std::size_t current_ = 0;
};

}  // namespace ottla::broker
