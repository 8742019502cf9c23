#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ottla::client {

// Spreads records without a key evenly and in batches (KIP-794): one partition gets `batch_size`
// bytes, then another is drawn. Any thread.
class StickyPartition {
 public:
  StickyPartition(std::size_t batch_size, std::uint64_t seed)
      : batch_size_(batch_size), random_(seed) {}

  // -1 if none was drawn yet.
  std::int32_t current() const { return current_.load(std::memory_order_acquire); }

  // Draws another one, unless somebody has done so since `seen` was current.
  void draw(std::int32_t seen) {
    const std::lock_guard lock(mutex_);
    if (current() != seen || candidates_.empty()) return;
    bytes_.store(0, std::memory_order_relaxed);
    current_.store(candidates_[random_.below(candidates_.size())], std::memory_order_release);
  }

  // The partitions to draw from.
  void set_candidates(std::vector<std::int32_t> candidates) {
    const std::lock_guard lock(mutex_);
    candidates_ = std::move(candidates);
  }

  // Counts bytes given to `partition`; draws another one when that has had twice its share.
  void add(std::int32_t partition, std::size_t bytes) {
    const auto had = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (had >= 2 * batch_size_) draw(partition);
  }

  // It has had its share: the end of its batch is the time to go on.
  bool had_share() const { return bytes_.load(std::memory_order_relaxed) >= batch_size_; }

 private:
  const std::size_t batch_size_;
  std::atomic<std::int32_t> current_{-1};
  std::atomic<std::size_t> bytes_{0};
  std::mutex mutex_;
  // Guarded by mutex_.
  base::Random random_;
  std::vector<std::int32_t> candidates_;
};

}  // namespace ottla::client
