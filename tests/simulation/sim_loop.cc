#include "tests/simulation/sim_loop.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace ottla::simulation {

SimWorkers::SimWorkers(SimScheduler& scheduler, const WorkerOptions& options)
    : scheduler_(scheduler), options_(options), random_(scheduler.random().next()) {}

SimWorkers::~SimWorkers() {
  clear();
}

void SimWorkers::submit(Task work, Task done, std::shared_ptr<SimQueue> then) {
  auto made = std::make_shared<Work>();
  made->work = std::move(work);
  made->done = std::move(done);
  made->then = std::move(then);
  waiting_.push_back(std::move(made));
  start_waiting();
}

void SimWorkers::start_waiting() {
  while (!paused_ && !waiting_.empty() && running_.size() < options_.count) {
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    Duration takes(random_.between(options_.least.count(), options_.most.count()));
    if (options_.slow_one_in != 0 && random_.one_in(options_.slow_one_in)) takes *= 10;
    // What a work sees may be the state at its start, at its end, or any in between.
    const Duration until(random_.one_in(2) ? 0 : random_.between(0, takes.count()));
    work->end_after = takes - until;
    work->event = scheduler_.after(until, [this, work] { on_time(work); });
    running_.push_back(std::move(work));
  }
}

void SimWorkers::on_time(const std::shared_ptr<Work>& work) {
  work->event = EventId::none;
  if (paused_) return;
  if (!work->ran) {
    work->ran = true;
    scheduler_.run_as(SimContext::worker, work->work);
    work->work = nullptr;
    work->event = scheduler_.after(work->end_after, [this, work] { on_time(work); });
    return;
  }
  work->then->push(std::move(work->done));
  std::erase(running_, work);
  start_waiting();
}

void SimWorkers::pause(bool paused) {
  paused_ = paused;
  if (paused) return;
  for (const auto& work : running_) {
    if (work->event != EventId::none) continue;
    work->event = scheduler_.after(Duration(0), [this, work] { on_time(work); });
  }
  start_waiting();
}

void SimWorkers::clear() {
  auto waiting = std::exchange(waiting_, {});
  auto running = std::exchange(running_, {});
  for (const auto& work : running) scheduler_.cancel(work->event);
}

SimLoop::SimLoop(SimScheduler& scheduler, SimWorkers& workers, const base::Clock& clock)
    : scheduler_(scheduler),
      workers_(workers),
      clock_(clock),
      queue_(std::make_shared<SimQueue>(scheduler, SimContext::loop)) {}

SimLoop::~SimLoop() {
  queue_->close();
  queue_->clear();
}

base::TimerId SimLoop::call_at(TimePoint when, Task task) {
  OTTLA_ASSERT(on_loop_thread(), "timers are set on their loop");
  return static_cast<base::TimerId>(scheduler_.at(when, *queue_, std::move(task)));
}

void SimLoop::cancel(base::TimerId timer) {
  OTTLA_ASSERT(on_loop_thread(), "timers are cancelled on their loop");
  scheduler_.cancel(static_cast<EventId>(timer));
}

void SimLoop::offload(Task work, Task done) {
  OTTLA_ASSERT(on_loop_thread(), "work is offloaded by its loop");
  workers_.submit(std::move(work), std::move(done), queue_);
}

bool SimLoop::on_loop_thread() const {
  return queue_->running() || scheduler_.context() == SimContext::outside;
}

}  // namespace ottla::simulation
