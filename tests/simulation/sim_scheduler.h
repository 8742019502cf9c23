#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"

namespace ottla::simulation {

using base::Duration;
using base::Task;
using base::TimePoint;

class SimScheduler;

// Where the code that runs now stands; `outside` is the test itself and the world (network, timers
// of the test).
enum class SimContext : std::uint8_t { outside, loop, worker, callback };

// Names a task that is due at a time; never used twice.
enum class EventId : std::uint64_t { none = 0 };

// Tasks that run one at a time in the order in which they were pushed: a loop, or a thread for
// callbacks. Shared by whoever may push; once closed it drops what is pushed.
class SimQueue {
 public:
  SimQueue(SimScheduler& scheduler, SimContext context);
  ~SimQueue();
  SimQueue(const SimQueue&) = delete;
  SimQueue& operator=(const SimQueue&) = delete;

  void push(Task task);

  // While paused nothing is run, as in a process that was stopped; tasks gather.
  void pause(bool paused);

  // Nothing is run from now on, but what is there is kept until `clear`.
  void close();

  // Destroys all tasks, those that wait for their time included. Not from a task of this queue.
  void clear();

  bool running() const;
  SimContext context() const { return context_; }
  std::size_t size() const { return entries_.size(); }

 private:
  friend class SimScheduler;
  struct Entry {
    Task task;
    EventId event =
        EventId::none;  // or: the task lies with the scheduler, where it can be cancelled
  };
  void push(Entry entry);
  void offer();

  SimScheduler& scheduler_;
  SimContext context_;
  std::uint64_t number_;
  bool paused_ = false;
  bool closed_ = false;
  bool offered_ = false;  // in the scheduler's list of what is ready
  std::deque<Entry> entries_;
};

struct SchedulerOptions {
  Duration task_cost = std::chrono::microseconds(1);  // virtual time that each task takes
  std::uint64_t step_limit = 20'000'000;              // tasks and events until a run gives up
  base::WallMillis wall_start = 1'700'000'000'000;
};

enum class StopReason : std::uint8_t { done, deadline, idle, step_limit };
const char* to_string(StopReason reason);

// Virtual time and one thread for everything that a simulation consists of. The same seed gives the
// same run. Ready queues take turns in seeded order; when none is ready, time jumps to the next
// event.
class SimScheduler {
 public:
  explicit SimScheduler(std::uint64_t seed, const SchedulerOptions& options = {});
  ~SimScheduler();
  SimScheduler(const SimScheduler&) = delete;
  SimScheduler& operator=(const SimScheduler&) = delete;

  TimePoint now() const { return now_; }
  base::WallMillis wall_now() const;

  // The seed's own numbers; parts of the world take seeds of their own from it.
  base::Random& random() { return random_; }

  // Runs until `done()` holds, asked after every step: true. False if `limit` of virtual time
  // passes before, nothing is left to run, or the step limit is reached; `why_stopped` tells.
  bool run_until(const std::function<bool()>& done, Duration limit);

  // Runs for so long; false at the step limit. If nothing is left to run, time passes all the same.
  bool run_for(Duration time);

  StopReason why_stopped() const { return why_stopped_; }

  // Runs `task` once at `when`, outside all queues / as a task of `queue` pushed then.
  EventId at(TimePoint when, Task task);
  EventId at(TimePoint when, SimQueue& queue, Task task);
  EventId after(Duration delay, Task task) { return at(now_ + delay, std::move(task)); }
  void cancel(EventId event);

  // Runs `task` now as if it stood in `context`.
  void run_as(SimContext context, Task& task);

  SimContext context() const { return context_; }
  const SimQueue* current() const { return current_; }

  std::uint64_t steps() const { return steps_; }

  // A digest of what was run when: equal for equal runs.
  std::uint64_t trace() const { return trace_; }
  // Mixes something of the caller's into the digest.
  void note(std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001b3ULL; }

 private:
  friend class SimQueue;
  struct Slot {
    Task task;
    SimQueue* queue = nullptr;
    std::uint32_t generation = 1;
    bool used = false;
  };
  struct Due {
    TimePoint when;
    std::uint64_t order;
    EventId event;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  EventId add(TimePoint when, SimQueue* queue, Task task);
  Slot* find(EventId event);
  Task take(EventId event);
  bool fire_due();
  void fire(EventId event);
  void run_one_ready();
  bool step(TimePoint deadline);
  bool stop(StopReason reason);
  void forget(SimQueue& queue, std::vector<Task>& left);

  SchedulerOptions options_;
  base::Random random_;
  TimePoint now_{};
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Due> due_;  // a heap, the earliest first
  std::vector<SimQueue*> ready_;
  SimQueue* current_ = nullptr;
  SimContext context_ = SimContext::outside;
  StopReason why_stopped_ = StopReason::done;
  std::uint64_t next_order_ = 0;
  std::uint64_t next_queue_ = 1;
  std::uint64_t steps_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
};

}  // namespace ottla::simulation
