#pragma once

#include <cstdint>
#include <vector>

#include "base/loop.h"
#include "base/task.h"
#include "base/time.h"

namespace ottla::base {

// The timers of a loop: O(log n) to add, cancel and take; no allocation per timer but the task's
// own once it has grown. Timers of the same time come out in the order they were added. One thread.
class TimerHeap {
 public:
  TimerId add(TimePoint when, Task task);

  // The timer's task, which is no longer here; empty if it ran or was cancelled.
  Task remove(TimerId timer);

  // When the first timer is due; kNever if there is none.
  TimePoint next() const { return heap_.empty() ? kNever : heap_.front().when; }

  // The first task that is due at `now` and was added before `mark`; empty if there is none.
  Task take_due(TimePoint now, std::uint64_t mark);

  // Timers added from now on have this mark or a later one.
  std::uint64_t mark() const { return next_order_; }

  std::size_t size() const { return heap_.size(); }

  // All tasks, in no order; afterwards there are no timers.
  std::vector<Task> take_all();

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t order;
    std::uint32_t slot;
  };
  struct Slot {
    Task task;
    std::uint64_t generation = 1;
    std::uint32_t place = kFree;
  };
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  static bool before(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when < b.when : a.order < b.order;
  }
  void put(std::size_t place, const Entry& entry);
  void sift_up(std::size_t place, Entry entry);
  void sift_down(std::size_t place, Entry entry);
  Task take_at(std::size_t place);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t next_order_ = 0;
};

}  // namespace ottla::base
