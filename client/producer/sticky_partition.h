#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/random.h"

namespace ottla::client {

// What the choice of a partition looks at. Written where it changes, read anywhere.
struct PartitionLoad {
  std::atomic<std::uint32_t> batches{0};  // that wait to be sent
  std::atomic<bool> stalled{false};       // its broker has taken nothing for too long
};

// Spreads records without a key evenly and in batches (KIP-794): one partition gets `batch_size`
// bytes, and goes on to the end of its batch but to no more than twice as many; then another is
// drawn. Where batches pile up, fewer records go: a partition's chance falls with the batches that
// wait for it, and none goes to a broker that stalls. Any thread.
class StickyPartition {
 public:
  struct Options {
    std::size_t batch_size = 16384;
    bool adaptive = true;  // false: every partition has the same chance
  };
  struct Candidate {
    std::int32_t partition = 0;
    const PartitionLoad* load = nullptr;
  };

  StickyPartition(const Options& options, std::uint64_t seed) : options_(options), random_(seed) {}

  // -1 if none was drawn yet.
  std::int32_t current() const { return current_.load(std::memory_order_acquire); }

  // Draws another one, unless somebody has done so since `seen` was current. Costs, on average, no
  // more than a look at 64 partitions.
  void draw(std::int32_t seen);

  // The partitions to draw from; their loads live as long as this.
  void set_candidates(std::vector<Candidate> candidates);

  // Counts bytes given to `partition`, with its queue's lock held; draws another one when that has
  // had its share and `full()` says that its batch is at its end.
  template <class Full>
  void add(std::int32_t partition, std::size_t bytes, const Full& full) {
    // Those that add are the holders of one lock, but for moments around a draw: then some bytes
    // may go uncounted, which is less than what an atomic addition would cost each record.
    const auto had = bytes_.load(std::memory_order_relaxed) + bytes;
    bytes_.store(had, std::memory_order_relaxed);
    if (had < options_.batch_size) return;
    if (had >= 2 * options_.batch_size || full()) draw(partition);
  }

  // It has had its share: the end of its batch is the time to go on.
  bool had_share() const { return bytes_.load(std::memory_order_relaxed) >= options_.batch_size; }

 private:
  void weigh();
  std::int32_t choose();

  const Options options_;
  std::atomic<std::int32_t> current_{-1};
  std::atomic<std::size_t> bytes_{0};
  std::mutex mutex_;
  // Guarded by mutex_.
  base::Random random_;
  std::vector<Candidate> candidates_;
  std::vector<std::uint64_t> sums_;  // of the weights up to each candidate; empty: all are equal
  std::size_t draws_left_ = 0;       // before they are weighed again
};

}  // namespace ottla::client
