#pragma once

#include <cstdint>

#include "base/task.h"
#include "base/time.h"

namespace ottla::base {

// Names a timer of one loop; never used twice.
enum class TimerId : std::uint64_t { none = 0 };

// One thread that runs tasks to completion, one after the other. Objects live on one loop and need
// no locks; whoever is elsewhere posts. A task must not sleep: what can sleep is offloaded.
class Loop {
 public:
  virtual ~Loop() = default;

  // The time at which the current turn began; it stands still within a turn.
  virtual TimePoint now() const = 0;
  virtual WallMillis wall_now() const = 0;

  // Runs `task` on this loop after what was posted before it. Any thread. Tasks that are left when
  // the loop stops are destroyed without being run.
  virtual void post(Task task) = 0;

  // Runs `task` once, at the first turn at or after `when`. On the loop's thread.
  virtual TimerId call_at(TimePoint when, Task task) = 0;

  // After this the timer's task does not run; it is destroyed. Forgetting a timer that ran is fine.
  virtual void cancel(TimerId timer) = 0;

  // Runs `work` on a worker thread, where it may sleep, then `done` on this loop. Works are started
  // in the order of the calls, and may run side by side. On the loop's thread.
  virtual void offload(Task work, Task done) = 0;

  virtual bool on_loop_thread() const = 0;
};

}  // namespace ottla::base
