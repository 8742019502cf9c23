#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/fork_generation.h"
#include "base/logger.h"
#include "base/runtime.h"
#include "ottla/future.h"

namespace ottla::client {

// A single outcome that one of our own completes; `future()` is for the user. If all copies went
// without a `set`, the outcome is closed: nobody waits for ever, and what waits does not keep its
// future, and so itself, alive.
template <class T>
class Promise {
 public:
  Promise() = default;
  explicit Promise(std::shared_ptr<detail::Executor> executor)
      : pledge_(std::make_shared<const Pledge>(
            std::make_shared<detail::ValueSource<T>>(std::move(executor)))) {}

  explicit operator bool() const { return pledge_ != nullptr; }
  Future<T> future() const { return Future<T>(pledge_->source); }

  // The first call counts.
  void set(Result<T> result) const { pledge_->source->set(std::move(result)); }

 private:
  struct Pledge {
    explicit Pledge(std::shared_ptr<detail::ValueSource<T>> made) : source(std::move(made)) {}
    ~Pledge() {
      if (!source->ready()) source->set(Error(ErrorCode::closed, "the client is gone"));
    }
    Pledge(const Pledge&) = delete;
    Pledge& operator=(const Pledge&) = delete;

    const std::shared_ptr<detail::ValueSource<T>> source;
  };
  std::shared_ptr<const Pledge> pledge_;
};

// Runs the callbacks of one client on its runtime's callback thread, and stays there for futures
// that outlive the client: then callbacks run where they are attached. Any thread.
class CallbackExecutor final : public detail::Executor,
                               public std::enable_shared_from_this<CallbackExecutor> {
 public:
  CallbackExecutor(base::Runtime& runtime, base::Logger log)
      : runtime_(&runtime), log_(std::move(log)) {}

  void run(std::unique_ptr<detail::Waiter> waiter) override;
  void run(base::Task callback);

  // Sets a promise once the callbacks that were queued before have run; here and now if there are
  // none, so that a thread that waits is woken by this one and not by way of the callback thread.
  template <class T>
  void complete(Promise<T> promise, Result<T> outcome);

  // Calls it here and now; what it throws is logged.
  template <class F>
  void invoke(F&& callback) const {
    call_guarded(callback, log_);
  }

  // False on the callback thread, which others wait for, in a forked child, where nothing comes any
  // more, and in a simulation.
  bool may_block() const override;
  bool on_callback_thread() const;

  // Forgets the runtime; called before it may go.
  void detach();

 private:
  template <class F>
  static void call_guarded(F& callback, const base::Logger& log) {
    try {
      callback();
    } catch (const std::exception& e) {
      log_throw(log, e.what());
    } catch (...) {
      log_throw(log, "no std::exception");
    }
  }
  static void log_throw(const base::Logger& log, std::string_view what);

  mutable std::mutex mutex_;
  base::Runtime* runtime_;                  // guarded by mutex_; null once detached
  std::atomic<std::size_t> unfinished_{0};  // callbacks that are queued or running
  const std::uint32_t generation_ = base::fork_generation();
  const base::Logger log_;
};

template <class T>
void CallbackExecutor::complete(Promise<T> promise, Result<T> outcome) {
  if (unfinished_.load() == 0) return promise.set(std::move(outcome));
  run(base::Task([promise = std::move(promise), outcome = std::move(outcome)]() mutable {
    promise.set(std::move(outcome));
  }));
}

}  // namespace ottla::client
