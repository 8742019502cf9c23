#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "client/callback_executor.h"
#include "ottla/future.h"

namespace ottla::client {

// Knows which batches a flush waits for, and the first failure since the flush before. Every batch
// belongs to the round in which it was opened; a flush ends a round. Any thread.
class FlushTracker {
 public:
  FlushTracker(std::shared_ptr<CallbackExecutor> executor, const base::Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  // The round that a new batch belongs to.
  std::uint64_t batch_opened();

  // It goes on as several.
  void batch_split(std::uint64_t round, std::size_t parts);

  // Its outcome is known; `error` if it failed.
  void batch_done(std::uint64_t round, const Error* error);

  // A record failed before it was in any batch.
  void record_failed(const Error& error);

  // Done when this round and all before it are, after the callbacks that were queued until then.
  Future<void> flush();

  // No batch waits for its outcome.
  bool all_done() const;

  // How long flushes took, all together.
  base::Duration total_time() const;

  // Batches are to be sent without waiting for more.
  bool flushing() const { return flushes_.load(std::memory_order_acquire) > 0; }

 private:
  struct Round {
    std::size_t open_batches = 0;
    std::optional<Error> first_error;
    base::TimePoint flush_began;
    Promise<void> promise;  // once a flush has ended the round
  };
  void settle();

  const std::shared_ptr<CallbackExecutor> executor_;
  const base::Clock& clock_;
  std::atomic<int> flushes_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_; the last round is the open one.
  std::deque<Round> rounds_{1};
  std::uint64_t first_round_ = 0;
  base::Duration total_time_{};
};

}  // namespace ottla::client
