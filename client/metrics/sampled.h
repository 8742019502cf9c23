#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ottla::client {

// As figures tell times.
inline double in_milliseconds(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// How figures forget: they look at `samples` windows, of which the last one is still filling.
struct SamplingConfig {
  base::Duration window = std::chrono::seconds(30);
  std::size_t samples = 2;
};

// What was recorded in the last windows. Not safe across threads.
class Samples {
 public:
  explicit Samples(const SamplingConfig& config) : config_(&config) {}

  void record(double value, base::TimePoint now);

  double sum(base::TimePoint now) const;
  // NaN if nothing was recorded.
  double average(base::TimePoint now) const;
  double maximum(base::TimePoint now) const;
  double minimum(base::TimePoint now) const;
  // A second, over the windows that have begun, and no less than all but one of them: a client that
  // has just begun does not seem to be busier than it is.
  double rate(base::TimePoint now) const;

 private:
  struct Sample {
    base::TimePoint began;
    double sum = 0;
    double most = 0;
    double least = 0;
    std::uint64_t count = 0;
  };
  template <class F>
  void for_each_recent(base::TimePoint now, F f) const;

  const SamplingConfig* config_;  // that of the set this belongs to
  std::vector<Sample> samples_;   // at most config_->samples
  std::size_t current_ = 0;
};

// Something that happens: how often in all, and a second.
class Meter {
 public:
  explicit Meter(const SamplingConfig& config) : samples_(config) {}

  void record(double amount, base::TimePoint now) {
    total_ += amount;
    samples_.record(amount, now);
  }
  double total() const { return total_; }
  double rate(base::TimePoint now) const { return samples_.rate(now); }

 private:
  double total_ = 0;
  Samples samples_;
};

// Something that is measured.
class Statistic {
 public:
  explicit Statistic(const SamplingConfig& config) : samples_(config) {}

  void record(double value, base::TimePoint now) { samples_.record(value, now); }
  double average(base::TimePoint now) const { return samples_.average(now); }
  double maximum(base::TimePoint now) const { return samples_.maximum(now); }
  double minimum(base::TimePoint now) const { return samples_.minimum(now); }

 private:
  Samples samples_;
};

}  // namespace ottla::client
