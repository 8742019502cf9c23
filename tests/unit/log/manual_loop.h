#pragma once

#include <deque>
#include <map>
#include <utility>

#include "base/assert.h"
#include "base/loop.h"
#include "base/time.h"

namespace ottla::broker {

// A loop that the test turns by hand, in one thread: works run when they are reached, in order.
class ManualLoop final : public base::Loop {
 public:
  base::TimePoint now() const override { return clock_.now(); }
  base::WallMillis wall_now() const override { return clock_.wall_now() + wall_offset_; }

  void post(base::Task task) override { tasks_.push_back(std::move(task)); }

  base::TimerId call_at(base::TimePoint when, base::Task task) override {
    const auto id = ++last_timer_;
    timers_.emplace(std::make_pair(when, id), std::move(task));
    return base::TimerId{id};
  }

  void cancel(base::TimerId timer) override {
    std::erase_if(timers_,
                  [timer](const auto& item) { return base::TimerId{item.first.second} == timer; });
  }

  void offload(base::Task work, base::Task done) override {
    works_.emplace_back(std::move(work), std::move(done));
  }

  bool on_loop_thread() const override { return true; }

  // Runs tasks until none is left; works stay where they are.
  void run_tasks() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  // At most `most` of them.
  void run_some_tasks(std::size_t most) {
    for (; most > 0 && !tasks_.empty(); --most) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  std::size_t works() const { return works_.size(); }

  // Runs the oldest work and what follows from it.
  void run_one_work() {
    OTTLA_ASSERT(!works_.empty(), "no work is waiting");
    auto [work, done] = std::move(works_.front());
    works_.pop_front();
    work();
    done();
    run_tasks();
  }

  // Runs the newest work, as a worker that overtakes the others does.
  void run_last_work() {
    OTTLA_ASSERT(!works_.empty(), "no work is waiting");
    auto [work, done] = std::move(works_.back());
    works_.pop_back();
    work();
    done();
    run_tasks();
  }

  // Runs tasks and works until none is left; timers stay.
  void run() {
    run_tasks();
    while (!works_.empty()) run_one_work();
  }

  // The same, with the timers of the next `by` as their time comes.
  void advance(base::Duration by) {
    const auto end = clock_.now() + by;
    run();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      clock_.advance_to(timers_.begin()->first.first);
      auto task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
      run();
    }
    clock_.advance_to(end);
  }

  // As somebody does who sets the machine's clock.
  void step_wall_clock(std::chrono::milliseconds by) { wall_offset_ += by.count(); }

  // Forgets everything that waits, as a crash does.
  void drop_everything() {
    tasks_.clear();
    works_.clear();
    timers_.clear();
  }

 private:
  base::ManualClock clock_;
  base::WallMillis wall_offset_ = 0;
  std::deque<base::Task> tasks_;
  std::deque<std::pair<base::Task, base::Task>> works_;
  std::map<std::pair<base::TimePoint, std::uint64_t>, base::Task> timers_;
  std::uint64_t last_timer_ = 0;
};

}  // namespace ottla::broker
