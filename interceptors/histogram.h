#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ottla::interceptors {

// Counts values below given bounds. Any thread; a reader may see a value in the sum that it does
// not see in the buckets yet.
template <std::size_t N>
class Histogram {
 public:
  using Bounds = std::array<double, N>;

  explicit Histogram(const Bounds& bounds) : bounds_(bounds) {}

  void observe(double value) {
    std::size_t at = 0;
    while (at < N && value > bounds_[at]) ++at;
    buckets_[at].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  const Bounds& bounds() const { return bounds_; }
  // Of the values up to bounds()[i]; i = N: of those beyond.
  std::uint64_t count(std::size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const Bounds& bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> buckets_{};
  std::atomic<double> sum_{0};
};

}  // namespace ottla::interceptors
