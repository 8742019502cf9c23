#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "base/loop.h"
#include "base/timer_heap.h"

namespace ottla::base {

// A loop on another one's thread with a time of its own: it goes on as the other's does, and
// `advance` moves it ahead. Timers are this loop's and follow its time; posted tasks and works run
// as they would on the other. So a tenant of a shared runtime can live a week in a moment, and
// nobody else notices.
//
// Lives until nothing of it is under way any more; its owner calls `end` before letting go.
class ShiftedLoop final : public Loop, public std::enable_shared_from_this<ShiftedLoop> {
 public:
  // `under` outlives all that is started here.
  static std::shared_ptr<ShiftedLoop> over(Loop& under);

  // The most that time can be ahead in all: fifty years.
  static constexpr Duration kMostShift = std::chrono::hours(24 * 365 * 50);

  // Moves time ahead, and calls `done` when all that was due meanwhile has been done. Time goes
  // from timer to timer, and before it goes on it waits for what the timers set off (tasks and
  // works, and those that follow from them); a way so long that it would need more than some 200
  // halts has them evenly spread, and what comes due between two of them runs at the later one.
  // Timers set on the way count. Calls are carried out one after the other. On the loop's thread.
  void advance(Duration by, Task done);

  // How far time is ahead. Any thread.
  Duration shift() const { return Duration(shift_.load(std::memory_order_relaxed)); }

  // Drops the timers, and takes no more. What waits for an `advance` is called at once. On the
  // loop's thread.
  void end();

  TimePoint now() const override { return under_.now() + shift(); }
  WallMillis wall_now() const override;
  void post(Task task) override;
  TimerId call_at(TimePoint when, Task task) override;
  void cancel(TimerId timer) override;
  void offload(Task work, Task done) override;
  bool on_loop_thread() const override { return under_.on_loop_thread(); }

 private:
  class Wave;
  class Within;
  // The wave that a task belongs to, and how many tasks lie between it and the timer.
  struct Place {
    std::shared_ptr<Wave> wave;
    int depth = 0;
  };
  struct Way {
    Duration left{};
    Duration step{};
    Task done;
  };

  explicit ShiftedLoop(Loop& under) : under_(under) {}

  Place place_of_next() const;
  Task within(Place place, Task task);
  void run_due();
  void halt();
  void go_on();
  void finish_way();
  void arm();
  void disarm();

  // Set at construction.
  Loop& under_;

  std::atomic<Duration::rep> shift_{0};  // set by the loop's thread

  // Loop's thread only.
  TimerHeap timers_;
  bool ended_ = false;
  bool running_timers_ = false;
  TimerId armed_ = TimerId::none;
  TimePoint armed_for_ = kNever;
  Place place_;  // of the task that is running
  std::deque<Way> ways_;
};

}  // namespace ottla::base
