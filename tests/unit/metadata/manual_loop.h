#pragma once

#include <deque>
#include <map>

#include "base/loop.h"

namespace ottla::broker {

// A loop in the hands of a test: nothing happens until `run` or `advance`.
class ManualLoop final : public base::Loop {
 public:
  base::TimePoint now() const override { return clock_.now(); }
  base::WallMillis wall_now() const override { return clock_.wall_now(); }
  void post(base::Task task) override { tasks_.push_back(std::move(task)); }
  base::TimerId call_at(base::TimePoint when, base::Task task) override {
    const auto id = static_cast<base::TimerId>(++last_timer_);
    timers_.emplace(std::pair(when, id), std::move(task));
    return id;
  }
  void cancel(base::TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }
  void offload(base::Task work, base::Task done) override {
    post([work = std::move(work), done = std::move(done)]() mutable {
      work();
      done();
    });
  }
  bool on_loop_thread() const override { return true; }

  // Runs what is posted, and what that posts.
  void run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  void advance(base::Duration by) {
    clock_.advance(by);
    while (!timers_.empty() && timers_.begin()->first.first <= now()) {
      auto task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
      run();
    }
  }

  std::size_t timer_count() const { return timers_.size(); }

 private:
  base::ManualClock clock_;
  std::deque<base::Task> tasks_;
  std::map<std::pair<base::TimePoint, base::TimerId>, base::Task> timers_;
  std::uint64_t last_timer_ = 0;
};

}  // namespace ottla::broker
