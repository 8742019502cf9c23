#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "base/net/asio_runtime.h"

namespace ottla::base {

// Something that one thread waits for and another does. A wait that takes half a minute is a
// failure, not a slow machine.
template <class T>
class Awaited {
 public:
  void set(T value) { promise_.set_value(std::move(value)); }
  bool is_set() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  T get() {
    if (future_.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      ADD_FAILURE() << "waited in vain";
      std::abort();
    }
    return future_.get();
  }

 private:
  std::promise<T> promise_;
  std::future<T> future_ = promise_.get_future();
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
