#include "client/producer/sticky_partition.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// Weighing looks at every candidate, so with many of them it serves several draws.
constexpr std::size_t kCandidatesPerDraw = 64;

}  // namespace

void StickyPartition::draw(std::int32_t seen) {
  const std::lock_guard lock(mutex_);
  if (current() != seen || candidates_.empty()) return;
  if (options_.adaptive && draws_left_-- == 0) {
    weigh();
    draws_left_ = candidates_.size() / kCandidatesPerDraw;
  }
  bytes_.store(0, std::memory_order_relaxed);
  current_.store(choose(), std::memory_order_release);
}

void StickyPartition::set_candidates(std::vector<Candidate> candidates) {
  const std::lock_guard lock(mutex_);
  candidates_ = std::move(candidates);
  sums_.clear();
  draws_left_ = 0;
}

// The longest queue has weight 1, every batch less adds 1, and those that stall have none.
void StickyPartition::weigh() {
  sums_.clear();
  std::vector<std::uint32_t> batches;
  std::uint32_t longest = 0;
  std::uint32_t shortest = ~std::uint32_t{0};
  bool some_stall = false;
  constexpr auto stalled = ~std::uint32_t{0};
  batches.reserve(candidates_.size());
  for (const auto& candidate : candidates_) {
    const auto waiting = candidate.load->batches.load(std::memory_order_relaxed);
    const bool stalls = candidate.load->stalled.load(std::memory_order_relaxed);
    batches.push_back(stalls ? stalled : waiting);
    some_stall = some_stall || stalls;
    if (stalls) continue;
    longest = std::max(longest, waiting);
    shortest = std::min(shortest, waiting);
  }
  if (longest <= shortest && !some_stall) return;
  std::uint64_t sum = 0;
  for (const auto waiting : batches) {
    if (waiting != stalled) sum += std::uint64_t{longest} + 1 - waiting;
    sums_.push_back(sum);
  }
  // All of them stall: then each is as good as the others.
  if (sum == 0) sums_.clear();
}

std::int32_t StickyPartition::choose() {
  if (sums_.empty()) return candidates_[random_.below(candidates_.size())].partition;
  const auto at = std::upper_bound(sums_.begin(), sums_.end(), random_.below(sums_.back()));
  return candidates_[static_cast<std::size_t>(at - sums_.begin())].partition;
}

}  // namespace ottla::client
