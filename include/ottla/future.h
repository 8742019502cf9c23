#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "ottla/detail/future_source.h"
#include "ottla/result.h"

namespace ottla {

namespace detail {
struct FutureAccess;
}

// The outcome of something that was started: wait for it, give it a callback, or co_await it.
//
//   auto sent = producer.send(record).get();              // wait
//   producer.send(record).then([](auto result) { ... });  // called later, on the callback thread
//   auto sent = co_await producer.send(record);           // in any coroutine type
//   producer.send(record).forget();                       // said aloud: flush() tells of failures
//
// Move-only, and to be asked once: get, then, co_await and forget take the outcome, after which
// valid() is false. Dropping a returned Future unread is a compiler warning. A Future may outlive
// the client that made it, and holds no payload memory. One thread at a time may use one Future.
template <class T>
class [[nodiscard]] Future {
 public:
  using value_type = T;

  Future() = default;
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;
  Future(const Future&) = delete;
  Future& operator=(const Future&) = delete;

  // Already there.
  static Future ready_with(Result<T> result) {
    return Future(std::make_shared<detail::ValueSource<T>>(std::move(result)));
  }

  // For those who complete it; `key` is handed back to `source`.
  explicit Future(std::shared_ptr<detail::FutureSource<T>> source, detail::FutureKey key = {})
      : source_(std::move(source)), key_(key) {}

  // False once the outcome was taken, and for a default-constructed one. All calls below but
  // `forget` need a valid one; on another they answer invalid_argument (`then` does nothing).
  bool valid() const { return source_ != nullptr; }

  // True if `get` would answer at once. Never blocks.
  bool ready() const { return source_ && source_->ready(); }

  // Waits as long as it takes; every operation of this library has a time limit of its own.
  // The callback thread must not wait: there an outcome that has not come yet is would_block; use
  // then or co_await.
  Result<T> get() {
    if (!source_) return no_outcome();
    if (!source_->wait()) return must_not_wait();
    return take();
  }

  // The same, for at most `timeout`: then the answer is timed_out and this is still valid.
  template <class Rep, class Period>
  Result<T> get(std::chrono::duration<Rep, Period> timeout) {
    if (!source_) return no_outcome();
    if (!source_->wait_for(detail::clamp_timeout(timeout)))
      return Error(ErrorCode::timed_out, "not there within the time given to get()");
    return take();
  }

  // Calls `callback(Result<T>)` once, on the client's callback thread (on this one if the client is
  // gone), also if the outcome is there already. The order of callbacks is that of completion. A
  // callback that throws is logged and skipped. Allocates once.
  template <class F>
  requires std::is_invocable_v<F&, Result<T>>
  void then(F callback) {
    if (!source_) return;
    auto source = std::move(source_);
    auto& core = *source;
    core.attach(
        std::make_unique<detail::TakeWaiter<T, F>>(std::move(source), key_, std::move(callback)));
  }

  // Gives the outcome up. Failures are still counted where the operation says so (Producer::flush).
  void forget() { source_.reset(); }

  // Resumes on the client's callback thread; gives Result<T>.
  auto operator co_await() { return Awaiter{std::move(*this)}; }

 private:
  friend struct detail::FutureAccess;

  struct Awaiter {
    Future future;

    bool await_ready() const { return !future.valid() || future.ready(); }
    template <class Handle>
    void await_suspend(Handle handle) {
      // The coroutine may go on, and end this object, before `attach` has returned.
      auto source = future.source_;
      source->attach(std::make_unique<detail::ResumeWaiter<Handle>>(handle));
    }
    Result<T> await_resume() { return future.valid() ? future.take() : no_outcome(); }
  };

  static Result<T> must_not_wait() {
    return Error(ErrorCode::would_block, "the callback thread must not wait for an outcome");
  }
  static Result<T> no_outcome() {
    return Error(ErrorCode::invalid_argument, "the outcome of this future was already taken");
  }
  Result<T> take() {
    auto source = std::move(source_);
    return source->take(key_);
  }

  std::shared_ptr<detail::FutureSource<T>> source_;
  detail::FutureKey key_;
};

namespace detail {

// For what makes another Future of one.
struct FutureAccess {
  template <class T>
  static std::shared_ptr<Executor> executor_of(const Future<T>& future) {
    return future.source_ ? future.source_->executor() : nullptr;
  }
};

}  // namespace detail

}  // namespace ottla
