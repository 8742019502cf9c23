#include "base/timer_heap.h"

#include "base/assert.h"

namespace ottla::base {
namespace {

// A TimerId is the slot in the low bits and the slot's generation, which starts at 1, above it.
constexpr unsigned kSlotBits = 24;
constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;

}  // namespace

TimerId TimerHeap::add(TimePoint when, Task task) {
  if (free_slots_.empty()) {
    OTTLA_ASSERT(slots_.size() < kSlotMask, "a loop has room for 16 million timers");
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot].task = std::move(task);
  heap_.emplace_back();
  sift_up(heap_.size() - 1, {when, next_order_++, slot});
  return TimerId{(slots_[slot].generation << kSlotBits) | slot};
}

Task TimerHeap::remove(TimerId timer) {
  const auto id = static_cast<std::uint64_t>(timer);
  const auto slot = static_cast<std::size_t>(id & kSlotMask);
  if (slot >= slots_.size()) return {};
  if (slots_[slot].generation != id >> kSlotBits || slots_[slot].place == kFree) return {};
  return take_at(slots_[slot].place);
}

Task TimerHeap::take_due(TimePoint now, std::uint64_t mark) {
  if (heap_.empty() || heap_.front().when > now || heap_.front().order >= mark) return {};
  return take_at(0);
}

std::vector<Task> TimerHeap::take_all() {
  std::vector<Task> tasks;
  tasks.reserve(heap_.size());
  while (!heap_.empty()) tasks.push_back(take_at(heap_.size() - 1));
  return tasks;
}

Task TimerHeap::take_at(std::size_t place) {
  auto& slot = slots_[heap_[place].slot];
  Task task = std::move(slot.task);
  ++slot.generation;
  slot.place = kFree;
  free_slots_.push_back(heap_[place].slot);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return task;
  if (place > 0 && before(last, heap_[(place - 1) / 2])) {
    sift_up(place, last);
  } else {
    sift_down(place, last);
  }
  return task;
}

void TimerHeap::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  slots_[entry.slot].place = static_cast<std::uint32_t>(place);
}

void TimerHeap::sift_up(std::size_t place, Entry entry) {
  while (place > 0) {
    const auto parent = (place - 1) / 2;
    if (!before(entry, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void TimerHeap::sift_down(std::size_t place, Entry entry) {
  for (;;) {
    auto child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], entry)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

}  // namespace ottla::base
