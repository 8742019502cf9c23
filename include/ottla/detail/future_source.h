#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "ottla/result.h"

// What lies behind Future<T>. Not for users.
namespace ottla::detail {

// Something to run once an outcome is there.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void run() = 0;
};

// Where waiters run: the callback thread of a client.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void run(std::unique_ptr<Waiter> waiter) = 0;
  // False if a thread that waits would keep the outcome from ever coming.
  virtual bool may_block() const = 0;
};

// Which of the outcomes of one source a future stands for: a batch of records has one source, and
// a record's future is that and the record's place.
struct FutureKey {
  std::uint32_t index = 0;
  std::int64_t stamp = 0;
};

// Turns from pending to ready once. Any thread.
class FutureCore {
 public:
  // Without an executor, waiters run on the thread that makes it ready or attaches them.
  explicit FutureCore(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}
  virtual ~FutureCore();
  FutureCore(const FutureCore&) = delete;
  FutureCore& operator=(const FutureCore&) = delete;

  bool ready() const { return ready_.load(std::memory_order_acquire); }

  // True when ready; false if this thread must not wait, or the time is over.
  bool wait();
  bool wait_for(std::chrono::nanoseconds timeout);

  // Where waiters run; null: as the constructor says.
  const std::shared_ptr<Executor>& executor() const { return executor_; }

  // Runs `waiter` on the executor once ready.
  void attach(std::unique_ptr<Waiter> waiter);

 protected:
  // To be called once, after what `take` reads has been written.
  void mark_ready();

 private:
  void start(std::unique_ptr<Waiter> waiter);

  const std::shared_ptr<Executor> executor_;
  std::atomic<bool> ready_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Waiter>> waiters_;  // guarded by mutex_
};

template <class T>
class FutureSource : public FutureCore {
 public:
  using FutureCore::FutureCore;
  // Once ready; once per key.
  virtual Result<T> take(const FutureKey& key) = 0;
};

// The source of a single outcome.
template <class T>
class ValueSource final : public FutureSource<T> {
 public:
  explicit ValueSource(std::shared_ptr<Executor> executor) : FutureSource<T>(std::move(executor)) {}
  explicit ValueSource(Result<T> result) : FutureSource<T>(nullptr), result_(std::move(result)) {
    this->mark_ready();
  }

  // The first call counts; later ones do nothing and answer false.
  bool set(Result<T> result) {
    if (taken_.exchange(true)) return false;
    result_.emplace(std::move(result));
    this->mark_ready();
    return true;
  }
  Result<T> take(const FutureKey&) override { return std::move(*result_); }

 private:
  std::atomic<bool> taken_{false};
  std::optional<Result<T>> result_;
};

template <class T, class F>
class TakeWaiter final : public Waiter {
 public:
  TakeWaiter(std::shared_ptr<FutureSource<T>> source, FutureKey key, F callback)
      : source_(std::move(source)), key_(key), callback_(std::move(callback)) {}
  void run() override {
    auto result = source_->take(key_);
    source_.reset();
    callback_(std::move(result));
  }

 private:
  std::shared_ptr<FutureSource<T>> source_;
  FutureKey key_;
  F callback_;
};

template <class Handle>
class ResumeWaiter final : public Waiter {
 public:
  explicit ResumeWaiter(Handle handle) : handle_(handle) {}
  void run() override { handle_.resume(); }

 private:
  Handle handle_;
};

// `timeout` in nanoseconds, between zero and a hundred years.
template <class Rep, class Period>
std::chrono::nanoseconds clamp_timeout(std::chrono::duration<Rep, Period> timeout) {
  using std::chrono::nanoseconds;
  constexpr auto longest = std::chrono::hours(24 * 365 * 100);
  if (timeout <= timeout.zero()) return nanoseconds::zero();
  return timeout >= longest ? nanoseconds(longest)
                            : std::chrono::duration_cast<nanoseconds>(timeout);
}

}  // namespace ottla::detail
