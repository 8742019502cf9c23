#include "client/producer/flush_tracker.h"

#include <algorithm>
#include <utility>

namespace ottla::client {

std::uint64_t FlushTracker::batch_opened() {
  const std::lock_guard lock(mutex_);
  ++rounds_.back().open_batches;
  return first_round_ + rounds_.size() - 1;
}

void FlushTracker::batch_split(std::uint64_t number, std::size_t parts) {
  const std::lock_guard lock(mutex_);
  rounds_[number - first_round_].open_batches += parts - 1;
}

void FlushTracker::batch_done(std::uint64_t number, const Error* error) {
  const std::lock_guard lock(mutex_);
  auto& round = rounds_[number - first_round_];
  if (error != nullptr && !round.first_error) round.first_error = *error;
  if (--round.open_batches == 0) settle();
}

void FlushTracker::record_failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  auto& first_error = rounds_.back().first_error;
  if (!first_error) first_error = error;
}

Future<void> FlushTracker::flush() {
  const std::lock_guard lock(mutex_);
  Promise<void> promise(executor_);
  auto future = promise.future();
  rounds_.back().promise = promise;
  rounds_.back().flush_began = clock_.now();
  rounds_.emplace_back();
  flushes_.fetch_add(1, std::memory_order_release);
  settle();
  return future;
}

bool FlushTracker::all_done() const {
  const std::lock_guard lock(mutex_);
  const auto done = [](const Round& round) { return round.open_batches == 0; };
  return std::all_of(rounds_.begin(), rounds_.end(), done);
}

base::Duration FlushTracker::total_time() const {
  const std::lock_guard lock(mutex_);
  return total_time_;
}

void FlushTracker::settle() {
  while (rounds_.size() > 1 && rounds_.front().open_batches == 0) {
    auto& round = rounds_.front();
    Result<void> outcome;
    total_time_ += clock_.now() - round.flush_began;
    if (round.first_error) outcome = std::move(*round.first_error);
    executor_->complete(round.promise, std::move(outcome));
    rounds_.pop_front();
    ++first_round_;
    flushes_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace ottla::client
