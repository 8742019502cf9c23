#include "broker/quota/usage_window.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace ottla::broker {
namespace {

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

base::Duration throttle_of(double seconds) {
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  if (!(seconds > 0)) return {};
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::min(std::round(seconds * 1000), kMost)));
}

void UsageWindow::forget(base::TimePoint now, const QuotaWindows& windows) {
  const auto kept = std::find_if(samples_.begin(), samples_.end(), [&](const Sample& sample) {
    return now - sample.start < windows.span();
  });
  samples_.erase(samples_.begin(), kept);
}

void UsageWindow::add(double amount, base::TimePoint now, const QuotaWindows& windows) {
  forget(now, windows);
  if (samples_.empty() || now - samples_.back().start >= windows.size) samples_.push_back({now});
  samples_.back().amount += amount;
}

// The time that the samples stand for has all windows but the one under way at least, so that the
// first request of all is not taken for a flood.
UsageWindow::Use UsageWindow::use(base::TimePoint now, const QuotaWindows& windows) const {
  Use found;
  auto first = now;
  for (const auto& sample : samples_) {
    if (now - sample.start >= windows.span()) continue;
    first = std::min(first, sample.start);
    found.amount += sample.amount;
  }
  auto elapsed = now - first;
  const auto whole = elapsed / windows.size;
  const auto least = std::int64_t{windows.count} - 1;
  if (whole < least) elapsed += (least - whole) * windows.size;
  found.seconds = seconds(std::max(elapsed, windows.size));
  return found;
}

// What is over the bound at the end of that time.
base::Duration UsageWindow::delay(double bound, base::TimePoint now,
                                  const QuotaWindows& windows) const {
  const auto used = use(now, windows);
  if (used.amount == 0) return {};
  return std::min<base::Duration>(throttle_of(used.amount / bound - used.seconds), windows.span());
}

double UsageWindow::rate(base::TimePoint now, const QuotaWindows& windows) const {
  const auto used = use(now, windows);
  return used.amount / used.seconds;
}

double TokenBucket::most(const QuotaWindows& windows) const {
  return rate_ * seconds(windows.span());
}

double TokenBucket::grown(base::TimePoint now) const {
  return tokens_ + rate_ * seconds(now - filled_);
}

void TokenBucket::fill(double rate, base::TimePoint now, const QuotaWindows& windows) {
  rate_ = rate;
  tokens_ = begun_ ? std::min(grown(now), most(windows)) : most(windows);
  filled_ = now;
  begun_ = true;
}

void TokenBucket::take(double amount, double rate, base::TimePoint now,
                       const QuotaWindows& windows) {
  fill(rate, now, windows);
  tokens_ -= amount;
}

base::Duration TokenBucket::delay(double rate, base::TimePoint now, const QuotaWindows& windows) {
  fill(rate, now, windows);
  if (tokens_ >= 0) return {};
  return std::min<base::Duration>(throttle_of(-tokens_ / rate), windows.span());
}

double TokenBucket::tokens(base::TimePoint now, const QuotaWindows& windows) const {
  return begun_ ? std::min(grown(now), most(windows)) : most(windows);
}

}  // namespace ottla::broker
