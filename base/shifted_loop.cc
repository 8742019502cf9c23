#include "base/shifted_loop.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace ottla::base {
namespace {

constexpr int kMostHalts = 200;

// How many tasks in a row count as set off by a timer. Under load one leads to the next for ever.
constexpr int kDeepest = 64;

}  // namespace

// What the timers of one halt have set off and is still under way: gone when that has ended.
class ShiftedLoop::Wave {
 public:
  Wave(Loop& under, Task at_end) : under_(under), at_end_(std::move(at_end)) {}
  ~Wave() { under_.post(std::move(at_end_)); }

 private:
  Loop& under_;
  Task at_end_;
};

// While a task runs, what it starts belongs to its wave.
class ShiftedLoop::Within {
 public:
  Within(ShiftedLoop& loop, Place place)
      : loop_(loop), before_(std::exchange(loop.place_, std::move(place))) {}
  ~Within() { loop_.place_ = std::move(before_); }

 private:
  ShiftedLoop& loop_;
  Place before_;
};

std::shared_ptr<ShiftedLoop> ShiftedLoop::over(Loop& under) {
  return std::shared_ptr<ShiftedLoop>(new ShiftedLoop(under));
}

WallMillis ShiftedLoop::wall_now() const {
  return under_.wall_now() + std::chrono::duration_cast<std::chrono::milliseconds>(shift()).count();
}

ShiftedLoop::Place ShiftedLoop::place_of_next() const {
  if (!on_loop_thread() || place_.depth >= kDeepest) return {};
  return {place_.wave, place_.depth + 1};
}

// Also keeps this loop until the task is gone.
Task ShiftedLoop::within(Place place, Task task) {
  return [self = shared_from_this(), place = std::move(place), task = std::move(task)]() mutable {
    const Within scope(*self, std::move(place));
    task();
    task = {};
  };
}

void ShiftedLoop::post(Task task) {
  under_.post(within(place_of_next(), std::move(task)));
}

void ShiftedLoop::offload(Task work, Task done) {
  auto place = place_of_next();
  under_.offload(std::move(work), within(std::move(place), std::move(done)));
}

TimerId ShiftedLoop::call_at(TimePoint when, Task task) {
  OTTLA_ASSERT(on_loop_thread(), "timers belong to the loop's thread");
  if (ended_) return TimerId::none;
  const auto timer = timers_.add(when, std::move(task));
  if (!running_timers_) arm();
  return timer;
}

void ShiftedLoop::cancel(TimerId timer) {
  OTTLA_ASSERT(on_loop_thread(), "timers belong to the loop's thread");
  const Task ends_here = timers_.remove(timer);
}

void ShiftedLoop::run_due() {
  running_timers_ = true;
  const auto mark = timers_.mark();
  while (Task task = timers_.take_due(now(), mark)) task();
  running_timers_ = false;
  arm();
}

void ShiftedLoop::arm() {
  const auto next = timers_.next();
  if (ended_ || next == kNever) return;
  const auto when = next - shift();
  if (armed_ != TimerId::none && armed_for_ <= when) return;
  disarm();
  armed_for_ = when;
  armed_ = under_.call_at(when, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->armed_ = TimerId::none;
    self->run_due();
  });
}

void ShiftedLoop::disarm() {
  under_.cancel(std::exchange(armed_, TimerId::none));
}

void ShiftedLoop::advance(Duration by, Task done) {
  OTTLA_ASSERT(on_loop_thread(), "time is moved by the loop's thread");
  if (ended_) return done();
  ways_.push_back({by, std::max(by / kMostHalts, Duration(1)), std::move(done)});
  if (ways_.size() == 1) halt();
}

// Runs what is due now, and goes on when what that set off has ended.
void ShiftedLoop::halt() {
  auto goes_on = [self = shared_from_this()] { self->go_on(); };
  const Within scope(*this, {std::make_shared<Wave>(under_, std::move(goes_on)), 0});
  run_due();
}

void ShiftedLoop::go_on() {
  if (ended_ || ways_.empty()) return;
  auto& way = ways_.front();
  if (way.left == Duration(0)) return finish_way();
  const auto next = timers_.next();
  const auto to_next = next == kNever ? way.left : next - now();
  const auto step = std::min(way.left, std::max(way.step, to_next));
  way.left -= step;
  shift_.store((shift() + step).count(), std::memory_order_relaxed);
  disarm();
  halt();
}

// What `done` asks for comes behind it.
void ShiftedLoop::finish_way() {
  std::exchange(ways_.front().done, {})();
  if (ended_) return;
  ways_.pop_front();
  if (!ways_.empty()) halt();
}

void ShiftedLoop::end() {
  ended_ = true;
  disarm();
  const auto dropped = timers_.take_all();
  for (auto& way : std::exchange(ways_, {})) {
    if (way.done) way.done();
  }
}

}  // namespace ottla::base
