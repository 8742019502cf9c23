#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "tests/simulation/sim_scheduler.h"

namespace ottla::simulation {

// The time of one host: the scheduler's, with a wall clock that can be wrong.
class SimClock final : public base::Clock {
 public:
  explicit SimClock(const SimScheduler& scheduler) : scheduler_(scheduler) {}
  TimePoint now() const override { return scheduler_.now(); }
  base::WallMillis wall_now() const override { return scheduler_.wall_now() + wall_offset_; }
  void set_wall_offset(base::WallMillis offset) { wall_offset_ = offset; }

 private:
  const SimScheduler& scheduler_;
  base::WallMillis wall_offset_ = 0;
};

struct WorkerOptions {
  std::size_t count = 2;
  Duration least = std::chrono::microseconds(20);
  Duration most = std::chrono::milliseconds(2);
  std::uint64_t slow_one_in = 50;  // a work that takes ten times as long; 0: none
};

// The worker threads of a runtime. Works start in order; each is run at once somewhere between its
// start and its end, so works of different workers overtake each other.
class SimWorkers {
 public:
  SimWorkers(SimScheduler& scheduler, const WorkerOptions& options);
  ~SimWorkers();

  void submit(Task work, Task done, std::shared_ptr<SimQueue> then);
  // While paused no work is run.
  void pause(bool paused);
  // Drops all works.
  void clear();

 private:
  struct Work {
    Task work;
    Task done;
    std::shared_ptr<SimQueue> then;
    Duration end_after{};
    EventId event = EventId::none;
    bool ran = false;
  };
  void start_waiting();
  void on_time(const std::shared_ptr<Work>& work);

  SimScheduler& scheduler_;
  WorkerOptions options_;
  base::Random random_;
  bool paused_ = false;
  std::deque<std::shared_ptr<Work>> waiting_;
  std::vector<std::shared_ptr<Work>> running_;
};

class SimLoop final : public base::Loop {
 public:
  SimLoop(SimScheduler& scheduler, SimWorkers& workers, const base::Clock& clock);
  ~SimLoop() override;

  TimePoint now() const override { return clock_.now(); }
  base::WallMillis wall_now() const override { return clock_.wall_now(); }
  void post(Task task) override { queue_->push(std::move(task)); }
  base::TimerId call_at(TimePoint when, Task task) override;
  void cancel(base::TimerId timer) override;
  void offload(Task work, Task done) override;

  // Also true in the test itself, outside all tasks: there the caller is every loop.
  bool on_loop_thread() const override;

  const std::shared_ptr<SimQueue>& queue() const { return queue_; }

 private:
  SimScheduler& scheduler_;
  SimWorkers& workers_;
  const base::Clock& clock_;
  std::shared_ptr<SimQueue> queue_;
};

}  // namespace ottla::simulation
