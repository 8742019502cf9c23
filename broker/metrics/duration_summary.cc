#include "broker/metrics/duration_summary.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ottla::broker {

// 0 is its own bucket; above it 2^e * (1 + s / kSteps) begins bucket e * kSteps + s + 1.
std::size_t DurationSummary::bucket_of(base::Duration took) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
  if (ns == 0) return 0;
  const auto exponent = static_cast<std::size_t>(std::bit_width(ns)) - 1;
  const auto step =
      exponent >= 2 ? (ns >> (exponent - 2)) - kSteps : (ns << (2 - exponent)) - kSteps;
  return std::min(kBuckets - 1, exponent * kSteps + static_cast<std::size_t>(step) + 1);
}

base::Duration DurationSummary::duration_of(std::size_t bucket) {
  if (bucket == 0) return {};
  const auto exponent = static_cast<double>((bucket - 1) / kSteps);
  const auto step = static_cast<double>((bucket - 1) % kSteps);
  return base::Duration(
      static_cast<std::int64_t>(std::exp2(exponent) * (1 + (step + 0.5) / kSteps)));
}

void DurationSummary::record(base::Duration took, base::TimePoint now) {
  ++count_;
  sum_ += took;
  if (now - windows_[current_].began >= kWindow) {
    current_ = 1 - current_;
    windows_[current_] = {.began = now};
  }
  ++windows_[current_].counts[bucket_of(took)];
}

base::Duration DurationSummary::quantile(double q, base::TimePoint now) const {
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t all = 0;
  for (const auto& window : windows_) {
    if (now - window.began >= 2 * kWindow) continue;
    for (std::size_t i = 0; i < kBuckets; ++i) counts[i] += window.counts[i];
  }
  for (const auto count : counts) all += count;
  if (all == 0) return {};
  const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(all - 1));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen > rank) return duration_of(i);
  }
  return duration_of(kBuckets - 1);
}

}  // namespace ottla::broker
