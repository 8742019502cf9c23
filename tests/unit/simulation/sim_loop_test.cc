#include "tests/simulation/sim_loop.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

TEST(SimLoop, runs_timers_in_the_order_of_their_times_and_not_before) {
  Simulation world(1);
  SimNode& node = world.add_node("a");
  node.start();
  base::Loop& loop = node.loop();
  std::vector<int> ran;
  loop.call_at(loop.now() + 20ms, [&] { ran.push_back(20); });
  loop.call_at(loop.now() + 10ms, [&] { ran.push_back(10); });
  const auto cancelled = loop.call_at(loop.now() + 15ms, [&] { ran.push_back(15); });
  loop.cancel(cancelled);
  world.run_for(9ms);
  EXPECT_TRUE(ran.empty());
  world.run_for(1s);
  EXPECT_EQ(ran, (std::vector{10, 20}));
}

TEST(SimLoop, knows_its_own_tasks_from_those_of_others) {
  Simulation world(1);
  SimNode& node = world.add_node("a", {.runtime = {.loops = 2}});
  node.start();
  bool own = false;
  bool other = true;
  bool callback = false;
  node.loop(0).post([&] {
    own = node.loop(0).on_loop_thread();
    other = node.loop(1).on_loop_thread();
  });
  node.runtime().run_callback([&] { callback = node.runtime().on_callback_thread(); });
  world.run_for(1ms);
  EXPECT_TRUE(own);
  EXPECT_FALSE(other);
  EXPECT_TRUE(callback);
  EXPECT_FALSE(node.runtime().may_block());
}

TEST(SimLoop, runs_offloaded_work_later_and_then_its_completion_on_the_loop) {
  Simulation world(1);
  SimNode& node = world.add_node("a");
  node.start();
  std::string order;
  const TimePoint begin = world.now();
  node.loop().post([&] {
    node.loop().offload(
        [&] {
          EXPECT_FALSE(node.loop().on_loop_thread());
          order += "work ";
        },
        [&] {
          EXPECT_TRUE(node.loop().on_loop_thread());
          order += "done";
        });
    order += "posted ";
  });
  world.run_for(1s);
  EXPECT_EQ(order, "posted work done");
  EXPECT_GT(world.now(), begin);
}

std::string order_of_works(std::uint64_t seed, std::size_t workers) {
  Simulation world(seed);
  SimNode& node = world.add_node("a", {.runtime = {.workers = {.count = workers}}});
  node.start();
  std::string order;
  for (int i = 0; i < 6; ++i) {
    node.loop().offload([&order, i] { order += std::to_string(i); }, [] {});
  }
  world.run_for(10s);
  return order;
}

TEST(SimLoop, lets_works_overtake_each_other_only_on_several_workers) {
  std::set<std::string> alone;
  std::set<std::string> together;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    alone.insert(order_of_works(seed, 1));
    together.insert(order_of_works(seed, 2));
  }
  EXPECT_EQ(alone, std::set<std::string>{"012345"});
  EXPECT_GT(together.size(), 3U);
}

TEST(SimLoop, stands_still_while_its_process_is_stopped) {
  Simulation world(1);
  SimNode& node = world.add_node("a");
  node.start();
  int ran = 0;
  node.loop().call_at(world.now() + 1ms, [&] { ++ran; });
  node.loop().offload([&] { ++ran; }, [&] { ++ran; });
  node.pause();
  world.run_for(1s);
  EXPECT_EQ(ran, 0);
  node.resume();
  world.run_for(1s);
  EXPECT_EQ(ran, 3);
}

TEST(SimLoop, drops_tasks_works_and_timers_at_a_crash) {
  Simulation world(1);
  SimNode& node = world.add_node("a");
  node.start();
  auto held = std::make_shared<int>(0);
  node.loop().post([held] { ++*held; });
  node.loop().call_at(world.now() + 1ms, [held] { ++*held; });
  node.loop().offload([held] { ++*held; }, [held] { ++*held; });
  node.runtime().run_callback([held] { ++*held; });
  node.crash(Crash::process);
  EXPECT_EQ(held.use_count(), 1);
  world.run_for(1s);
  EXPECT_EQ(*held, 0);
}

TEST(SimLoop, shows_each_host_its_own_wall_clock) {
  Simulation world(1);
  SimNode& right = world.add_node("right");
  SimNode& wrong = world.add_node("wrong");
  right.start();
  wrong.start();
  wrong.set_wall_offset(-5s);
  wrong.crash(Crash::power);
  wrong.start();
  EXPECT_EQ(right.loop().wall_now() - wrong.loop().wall_now(), 5000);
  EXPECT_EQ(right.loop().now(), wrong.loop().now());
}

}  // namespace
}  // namespace ottla::simulation
