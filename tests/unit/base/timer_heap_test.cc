#include "base/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace ottla::base {
namespace {

constexpr std::uint64_t kAny = ~std::uint64_t{0};

TimePoint at(std::int64_t tick) {
  return TimePoint(Duration(tick));
}

TEST(TimerHeap, gives_timers_by_time_and_then_by_age) {
  TimerHeap timers;
  std::vector<int> ran;
  timers.add(at(20), [&] { ran.push_back(3); });
  timers.add(at(10), [&] { ran.push_back(1); });
  timers.add(at(10), [&] { ran.push_back(2); });
  EXPECT_EQ(timers.next(), at(10));
  EXPECT_FALSE(timers.take_due(at(9), kAny));
  while (auto task = timers.take_due(at(20), kAny)) task();
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(timers.next(), kNever);
}

TEST(TimerHeap, a_removed_timer_is_gone_and_its_name_stays_dead) {
  TimerHeap timers;
  const auto first = timers.add(at(1), [] {});
  EXPECT_TRUE(timers.remove(first));
  EXPECT_FALSE(timers.remove(first));
  const auto second = timers.add(at(2), [] {});
  EXPECT_NE(first, second);
  EXPECT_FALSE(timers.remove(first));
  EXPECT_EQ(timers.size(), 1u);
  EXPECT_FALSE(timers.remove(TimerId::none));
  EXPECT_FALSE(timers.remove(TimerId{~std::uint64_t{0}}));
}

TEST(TimerHeap, timers_from_the_mark_on_wait) {
  TimerHeap timers;
  timers.add(at(5), [] {});
  const auto mark = timers.mark();
  timers.add(at(6), [] {});
  EXPECT_TRUE(timers.take_due(at(10), mark));
  EXPECT_FALSE(timers.take_due(at(10), mark));
  EXPECT_TRUE(timers.take_due(at(10), timers.mark()));
}

// Against the plain way: a list sorted when it is asked.
TEST(TimerHeap, agrees_with_a_sorted_list_under_random_use) {
  struct Known {
    TimePoint when;
    std::uint64_t age;
    TimerId id;
  };
  Random random(7);
  TimerHeap timers;
  std::vector<Known> known;
  std::uint64_t ran = 0;
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    const auto action = random.below(5);
    if (action < 3) {
      const auto when = at(random.between(0, 500));
      known.push_back({when, step, timers.add(when, [&ran, step] { ran = step; })});
    } else if (action == 3 && !known.empty()) {
      const auto index = static_cast<std::ptrdiff_t>(random.below(known.size()));
      EXPECT_TRUE(timers.remove(known[static_cast<std::size_t>(index)].id));
      known.erase(known.begin() + index);
    } else if (!known.empty()) {
      const auto first = std::min_element(known.begin(), known.end(), [](auto& a, auto& b) {
        return std::tie(a.when, a.age) < std::tie(b.when, b.age);
      });
      EXPECT_EQ(timers.next(), first->when);
      auto task = timers.take_due(first->when, kAny);
      ASSERT_TRUE(task);
      task();
      EXPECT_EQ(ran, first->age);
      known.erase(first);
    }
    ASSERT_EQ(timers.size(), known.size());
  }
  EXPECT_EQ(timers.take_all().size(), known.size());
  EXPECT_EQ(timers.size(), 0u);
}

}  // namespace
}  // namespace ottla::base
