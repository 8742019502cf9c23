#include "tests/simulation/sim_scheduler.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace ottla::simulation {

SimQueue::SimQueue(SimScheduler& scheduler, SimContext context)
    : scheduler_(scheduler), context_(context), number_(scheduler.next_queue_++) {}

SimQueue::~SimQueue() {
  close();
  clear();
}

void SimQueue::push(Task task) {
  push(Entry{std::move(task), EventId::none});
}

void SimQueue::push(Entry entry) {
  if (closed_) return;
  entries_.push_back(std::move(entry));
  offer();
}

void SimQueue::offer() {
  if (offered_ || paused_ || closed_ || entries_.empty()) return;
  offered_ = true;
  scheduler_.ready_.push_back(this);
}

void SimQueue::pause(bool paused) {
  paused_ = paused;
  if (paused && offered_) {
    offered_ = false;
    std::erase(scheduler_.ready_, this);
  }
  offer();
}

void SimQueue::close() {
  closed_ = true;
  if (offered_) std::erase(scheduler_.ready_, this);
  offered_ = false;
}

void SimQueue::clear() {
  OTTLA_ASSERT(!running(), "a queue cannot be cleared by its own task");
  // Destroying a task may reach back here; so the queue is in order before the first one goes.
  std::vector<Task> left;
  scheduler_.forget(*this, left);
  std::deque<Entry> entries;
  entries.swap(entries_);
  if (offered_) std::erase(scheduler_.ready_, this);
  offered_ = false;
}

bool SimQueue::running() const {
  return scheduler_.current_ == this;
}

const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::done:
      return "done";
    case StopReason::deadline:
      return "the deadline passed";
    case StopReason::idle:
      return "nothing is left to run";
    case StopReason::step_limit:
      return "the step limit was reached";
  }
  return "";
}

SimScheduler::SimScheduler(std::uint64_t seed, const SchedulerOptions& options)
    : options_(options), random_(seed) {}

SimScheduler::~SimScheduler() {
  std::vector<Slot> left;
  left.swap(slots_);
}

base::WallMillis SimScheduler::wall_now() const {
  return options_.wall_start +
         std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
}

bool SimScheduler::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint deadline = now_ + limit;
  while (!done()) {
    if (!step(deadline)) return false;
  }
  stop(StopReason::done);
  return true;
}

bool SimScheduler::run_for(Duration time) {
  const TimePoint end = now_ + time;
  while (step(end)) {
  }
  if (why_stopped_ == StopReason::step_limit) return false;
  now_ = std::max(now_, end);
  return true;
}

EventId SimScheduler::at(TimePoint when, Task task) {
  return add(when, nullptr, std::move(task));
}

EventId SimScheduler::at(TimePoint when, SimQueue& queue, Task task) {
  if (queue.closed_) return EventId::none;
  return add(when, &queue, std::move(task));
}

EventId SimScheduler::add(TimePoint when, SimQueue* queue, Task task) {
  std::uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.task = std::move(task);
  slot.queue = queue;
  slot.used = true;
  const auto event = static_cast<EventId>(std::uint64_t{slot.generation} << 32 | index);
  due_.push_back({when, next_order_++, event});
  std::push_heap(due_.begin(), due_.end(), std::greater<>());
  return event;
}

SimScheduler::Slot* SimScheduler::find(EventId event) {
  const auto raw = static_cast<std::uint64_t>(event);
  const auto index = static_cast<std::uint32_t>(raw);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.used && slot.generation == raw >> 32 ? &slot : nullptr;
}

Task SimScheduler::take(EventId event) {
  Slot* slot = find(event);
  if (slot == nullptr) return nullptr;
  Task task = std::move(slot->task);
  slot->task = nullptr;
  slot->queue = nullptr;
  slot->used = false;
  ++slot->generation;
  free_slots_.push_back(static_cast<std::uint32_t>(slot - slots_.data()));
  return task;
}

void SimScheduler::cancel(EventId event) {
  take(event);
}

void SimScheduler::run_as(SimContext context, Task& task) {
  const SimContext before = std::exchange(context_, context);
  SimQueue* queue = std::exchange(current_, nullptr);
  task();
  context_ = before;
  current_ = queue;
}

bool SimScheduler::fire_due() {
  bool fired = false;
  while (!due_.empty() && due_.front().when <= now_ && steps_ < options_.step_limit) {
    const EventId event = due_.front().event;
    std::pop_heap(due_.begin(), due_.end(), std::greater<>());
    due_.pop_back();
    fire(event);
    fired = true;
  }
  return fired;
}

void SimScheduler::fire(EventId event) {
  Slot* slot = find(event);
  if (slot == nullptr) return;
  if (slot->queue != nullptr) {
    // The task stays in its slot, so that it can be cancelled until its turn comes.
    slot->queue->push(SimQueue::Entry{nullptr, event});
    return;
  }
  ++steps_;
  note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  Task task = take(event);
  task();
}

void SimScheduler::run_one_ready() {
  const std::size_t index = ready_.size() == 1 ? 0 : random_.below(ready_.size());
  SimQueue* queue = ready_[index];
  SimQueue::Entry entry = std::move(queue->entries_.front());
  queue->entries_.pop_front();
  if (queue->entries_.empty()) {
    queue->offered_ = false;
    ready_[index] = ready_.back();
    ready_.pop_back();
  }
  Task task = entry.event == EventId::none ? std::move(entry.task) : take(entry.event);
  if (!task) return;
  ++steps_;
  note(queue->number_ * 1'000'003 + static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  current_ = queue;
  context_ = queue->context_;
  task();
  task = nullptr;
  current_ = nullptr;
  context_ = SimContext::outside;
  now_ += options_.task_cost;
}

bool SimScheduler::step(TimePoint deadline) {
  OTTLA_ASSERT(context_ == SimContext::outside,
               "the scheduler runs tasks, not tasks the scheduler");
  if (steps_ >= options_.step_limit) return stop(StopReason::step_limit);
  if (now_ > deadline) return stop(StopReason::deadline);
  if (fire_due()) return true;
  if (ready_.empty()) {
    if (due_.empty()) return stop(StopReason::idle);
    if (due_.front().when > deadline) {
      now_ = deadline;
      return stop(StopReason::deadline);
    }
    now_ = std::max(now_, due_.front().when);
    return true;
  }
  run_one_ready();
  return true;
}

bool SimScheduler::stop(StopReason reason) {
  why_stopped_ = reason;
  return false;
}

void SimScheduler::forget(SimQueue& queue, std::vector<Task>& left) {
  for (Slot& slot : slots_) {
    if (slot.queue != &queue) continue;
    left.push_back(std::move(slot.task));
    slot.task = nullptr;
    slot.queue = nullptr;
    slot.used = false;
    ++slot.generation;
    free_slots_.push_back(static_cast<std::uint32_t>(&slot - slots_.data()));
  }
}

}  // namespace ottla::simulation
