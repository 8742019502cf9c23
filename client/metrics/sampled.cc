#include "client/metrics/sampled.h"

#include <algorithm>
#include <limits>

namespace ottla::client {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void Samples::record(double value, base::TimePoint now) {
  if (samples_.empty()) samples_.push_back({.began = now});
  if (now - samples_[current_].began >= config_->window) {
    if (samples_.size() < config_->samples) {
      samples_.push_back({});
      current_ = samples_.size() - 1;
    } else {
      current_ = (current_ + 1) % samples_.size();
    }
    samples_[current_] = {.began = now};
  }
  auto& sample = samples_[current_];
  sample.most = sample.count == 0 ? value : std::max(sample.most, value);
  sample.least = sample.count == 0 ? value : std::min(sample.least, value);
  sample.sum += value;
  ++sample.count;
}

template <class F>
void Samples::for_each_recent(base::TimePoint now, F f) const {
  const auto reach = config_->window * static_cast<std::int64_t>(config_->samples);
  for (const auto& sample : samples_) {
    if (now - sample.began < reach) f(sample);
  }
}

double Samples::sum(base::TimePoint now) const {
  double sum = 0;
  for_each_recent(now, [&](const Sample& sample) { sum += sample.sum; });
  return sum;
}

double Samples::average(base::TimePoint now) const {
  double sum = 0;
  std::uint64_t count = 0;
  for_each_recent(now, [&](const Sample& sample) {
    sum += sample.sum;
    count += sample.count;
  });
  return count == 0 ? kNothing : sum / static_cast<double>(count);
}

double Samples::maximum(base::TimePoint now) const {
  double most = kNothing;
  for_each_recent(now, [&](const Sample& sample) {
    if (!(most >= sample.most)) most = sample.most;
  });
  return most;
}

double Samples::minimum(base::TimePoint now) const {
  double least = kNothing;
  for_each_recent(now, [&](const Sample& sample) {
    if (!(least <= sample.least)) least = sample.least;
  });
  return least;
}

double Samples::rate(base::TimePoint now) const {
  auto began = now;
  for_each_recent(now, [&](const Sample& sample) { began = std::min(began, sample.began); });
  const auto least =
      config_->window * std::max<std::int64_t>(static_cast<std::int64_t>(config_->samples) - 1, 1);
  return sum(now) / seconds(std::max<base::Duration>(now - began, least));
}

}  // namespace ottla::client
