#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ottla::tools {

// Counts latencies in buckets that are at most 1/32 wide, from a microsecond to an hour, in 16 KiB.
// One thread at a time.
class LatencyHistogram {
 public:
  void record(std::uint64_t microseconds) {
    ++buckets_[bucket_of(microseconds)];
    ++count_;
    sum_ += microseconds;
    if (microseconds > most_) most_ = microseconds;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t most() const { return most_; }
  double average() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  // No more than `part` of all (0 to 1) took longer than this; 0 if there are none.
  std::uint64_t percentile(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_) + 0.5);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= wanted) return upper_end(i) < most_ ? upper_end(i) : most_;
    }
    return most_;
  }

  // How many took at least `from` and less than `to`, both powers of two.
  std::uint64_t between(std::uint64_t from, std::uint64_t to) const {
    std::uint64_t sum = 0;
    for (auto i = bucket_of(from); i < bucket_of(to); ++i) sum += buckets_[i];
    return sum;
  }

 private:
  static constexpr std::size_t kSub = 32;  // buckets of each power of two
  static constexpr std::size_t kPowers = 64;

  // Below 32 each number has a bucket; from there on each power of two has 32.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSub) return static_cast<std::size_t>(value);
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 6;
    return (power + 1) * kSub + static_cast<std::size_t>(value >> power) - kSub;
  }
  static std::uint64_t upper_end(std::size_t bucket) {
    if (bucket < kSub) return bucket;
    const auto power = bucket / kSub - 1;
    return ((bucket % kSub + kSub + 1) << power) - 1;
  }

  std::array<std::uint64_t, kSub * kPowers> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace ottla::tools
