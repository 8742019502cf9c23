#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/net/asio_runtime.h"

namespace ottla::base {

// Something that one thread waits for and another does; set once. Whoever is in a call may outlast
// the object. A wait that takes half a minute is a failure, not a slow machine.
template <class T>
class Awaited {
 public:
  void set(T value) {
    const auto state = state_;
    std::lock_guard guard(state->mutex);
    state->value = std::move(value);
    state->changed.notify_all();
  }
  bool is_set() const {
    std::lock_guard guard(state_->mutex);
    return state_->value.has_value();
  }
  T get() {
    const auto state = state_;
    std::unique_lock lock(state->mutex);
    if (!state->changed.wait_for(lock, std::chrono::seconds(30),
                                 [&] { return state->value.has_value(); })) {
      std::fprintf(stderr, "waited in vain\n");
      std::abort();
    }
    return std::move(*state->value);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<T> value;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct Done {};
using Event = Awaited<Done>;

// Runs `f` on the loop's thread and waits for its answer.
template <class F>
auto on_loop(Loop& loop, F f) {
  if constexpr (std::is_void_v<decltype(f())>) {
    Event done;
    loop.post([&] {
      f();
      done.set({});
    });
    done.get();
  } else {
    Awaited<decltype(f())> answer;
    loop.post([&] { answer.set(f()); });
    return answer.get();
  }
}

// A runtime with one loop for each test.
class RuntimeTest : public testing::Test {
 protected:
  RuntimeTest() { restart({}); }

  void restart(const RuntimeOptions& options) {
    runtime_.reset();
    runtime_ = start_runtime(options);
  }
  void end_runtime() { runtime_.reset(); }

  Runtime& runtime() { return *runtime_; }
  Loop& loop() { return *runtime_->loop(0).loop; }
  Transport& transport() { return *runtime_->loop(0).transport; }

  template <class F>
  auto here(F f) {
    return on_loop(loop(), std::move(f));
  }

 private:
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace ottla::base
