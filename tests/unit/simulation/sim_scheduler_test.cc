#include "tests/simulation/sim_scheduler.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

struct Queues {
  explicit Queues(std::uint64_t seed) : scheduler(seed) {}
  SimScheduler scheduler;
  SimQueue a{scheduler, SimContext::loop};
  SimQueue b{scheduler, SimContext::loop};
};

TEST(SimScheduler, runs_the_tasks_of_a_queue_in_the_order_of_their_posting) {
  Queues q(1);
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) q.a.push([&ran, i] { ran.push_back(i); });
  q.scheduler.run_for(1ms);
  EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
}

std::string interleaving(std::uint64_t seed) {
  Queues q(seed);
  std::string order;
  for (int i = 0; i < 20; ++i) {
    q.a.push([&order] { order += 'a'; });
    q.b.push([&order] { order += 'b'; });
  }
  q.scheduler.run_for(1ms);
  return order;
}

TEST(SimScheduler, takes_the_queues_in_an_order_that_only_the_seed_decides) {
  EXPECT_EQ(interleaving(1), interleaving(1));
  EXPECT_NE(interleaving(1), interleaving(2));
}

TEST(SimScheduler, jumps_to_the_next_event_when_nothing_is_ready) {
  Queues q(1);
  std::vector<Duration> times;
  q.scheduler.after(5s, [&] { times.push_back(q.scheduler.now().time_since_epoch()); });
  q.scheduler.after(2s, [&] { times.push_back(q.scheduler.now().time_since_epoch()); });
  EXPECT_TRUE(q.scheduler.run_until([&] { return times.size() == 2; }, 10s));
  EXPECT_EQ(times, (std::vector<Duration>{2s, 5s}));
}

TEST(SimScheduler, keeps_time_still_within_a_task) {
  Queues q(1);
  bool still = false;
  q.a.push([&] {
    const TimePoint before = q.scheduler.now();
    q.a.push([] {});
    still = before == q.scheduler.now();
  });
  q.scheduler.run_for(1ms);
  EXPECT_TRUE(still);
}

TEST(SimScheduler, tells_why_a_run_ended_without_its_condition) {
  Queues q(1);
  EXPECT_FALSE(q.scheduler.run_until([] { return false; }, 1s));
  EXPECT_EQ(q.scheduler.why_stopped(), StopReason::idle);
  q.scheduler.after(1h, [] {});
  EXPECT_FALSE(q.scheduler.run_until([] { return false; }, 1s));
  EXPECT_EQ(q.scheduler.why_stopped(), StopReason::deadline);
  EXPECT_EQ(q.scheduler.now().time_since_epoch(), 1s);
}

TEST(SimScheduler, gives_up_on_a_task_that_posts_itself_for_ever) {
  SimScheduler scheduler(1, {.task_cost = Duration(0), .step_limit = 1000});
  SimQueue queue(scheduler, SimContext::loop);
  std::function<void()> again = [&] { queue.push(again); };
  queue.push(again);
  EXPECT_FALSE(scheduler.run_for(1s));
  EXPECT_EQ(scheduler.why_stopped(), StopReason::step_limit);
}

TEST(SimScheduler, lets_time_pass_for_tasks_so_that_a_busy_loop_does_not_stop_the_clock) {
  Queues q(1);
  std::function<void()> again = [&] { q.a.push(again); };
  q.a.push(again);
  bool fired = false;
  q.scheduler.after(1ms, [&] { fired = true; });
  EXPECT_TRUE(q.scheduler.run_for(2ms));
  EXPECT_TRUE(fired);
}

TEST(SimScheduler, does_not_run_a_cancelled_task_even_if_it_is_due) {
  Queues q(1);
  auto held = std::make_shared<int>(1);
  bool ran = false;
  EventId second = EventId::none;
  q.scheduler.at(TimePoint(1ms), q.a, [&] { q.scheduler.cancel(second); });
  second = q.scheduler.at(TimePoint(1ms), q.a, [&ran, held] { ran = true; });
  q.scheduler.run_for(10ms);
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(SimScheduler, holds_the_tasks_of_a_paused_queue_until_it_goes_on) {
  Queues q(1);
  int ran = 0;
  q.a.push([&] { ++ran; });
  q.a.pause(true);
  q.scheduler.at(TimePoint(1ms), q.a, [&] { ++ran; });
  q.scheduler.run_for(1s);
  EXPECT_EQ(ran, 0);
  q.a.pause(false);
  q.scheduler.run_for(1s);
  EXPECT_EQ(ran, 2);
}

TEST(SimScheduler, destroys_what_a_closed_queue_still_held) {
  SimScheduler scheduler(1);
  auto held = std::make_shared<int>(1);
  bool ran = false;
  {
    SimQueue queue(scheduler, SimContext::loop);
    queue.push([&ran, held] { ran = true; });
    scheduler.at(TimePoint(1ms), queue, [&ran, held] { ran = true; });
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
  scheduler.run_for(1s);
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace ottla::simulation
