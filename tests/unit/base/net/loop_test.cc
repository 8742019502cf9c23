#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "tests/unit/base/net/runtime_test_base.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;
using LoopTest = RuntimeTest;

TEST_F(LoopTest, runs_posted_tasks_in_order_on_its_own_thread) {
  std::vector<int> ran;
  EXPECT_FALSE(loop().on_loop_thread());
  for (int i = 0; i < 100; ++i) {
    loop().post([&, i] {
      EXPECT_TRUE(loop().on_loop_thread());
      ran.push_back(i);
      if (i == 0) loop().post([&] { ran.push_back(1000); });
    });
  }
  here([] {});
  here([&] {
    ASSERT_EQ(ran.size(), 101u);
    std::erase(ran, 1000);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], i);
  });
}

TEST_F(LoopTest, keeps_the_order_of_each_thread_that_posts) {
  std::vector<std::vector<int>> ran(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) loop().post([&ran, t, i] { ran[t].push_back(i); });
    });
  }
  for (auto& thread : threads) thread.join();
  here([&] {
    for (const auto& one : ran) {
      ASSERT_EQ(one.size(), 5000u);
      EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
    }
  });
}

TEST_F(LoopTest, time_stands_still_within_a_turn_and_moves_between_turns) {
  const auto first = here([&] {
    const auto begin = loop().now();
    const auto wall = loop().wall_now();
    while (runtime().clock().now() < begin + 3ms) {
    }
    EXPECT_EQ(loop().now(), begin);
    EXPECT_EQ(loop().wall_now(), wall);
    return begin;
  });
  const auto second = here([&] { return loop().now(); });
  EXPECT_GE(second, first + 3ms);
}

TEST_F(LoopTest, timers_run_in_order_and_never_early) {
  std::vector<int> ran;
  Event done;
  here([&] {
    const auto start = loop().now();
    const auto add = [&](Duration in, int name) {
      loop().call_at(start + in, [&, start, in, name] {
        EXPECT_GE(loop().now(), start + in);
        EXPECT_GE(runtime().clock().now(), start + in);
        ran.push_back(name);
        if (name == 4) done.set({});
      });
    };
    add(9ms, 4);
    add(3ms, 1);
    add(3ms, 2);
    add(6ms, 3);
    add(-1ms, 0);
  });
  done.get();
  here([&] { EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4})); });
}

TEST_F(LoopTest, a_cancelled_timer_is_destroyed_and_does_not_run) {
  auto kept = std::make_shared<int>(0);
  Event done;
  TimerId second = TimerId::none;
  here([&] {
    loop().call_at(loop().now(), [&] { loop().cancel(second); });
    second = loop().call_at(loop().now(), [kept] { ++*kept; });
    const auto third = loop().call_at(loop().now() + 1h, [kept] { ++*kept; });
    EXPECT_EQ(kept.use_count(), 3);
    loop().cancel(third);
    EXPECT_EQ(kept.use_count(), 2);
    loop().cancel(third);
    loop().cancel(TimerId::none);
    loop().call_at(loop().now() + 1ms, [&] { done.set({}); });
  });
  done.get();
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(*kept, 0);
}

TEST_F(LoopTest, a_timer_that_comes_to_be_the_first_is_not_late) {
  Event done;
  here([&] {
    loop().call_at(kNever, [] { FAIL() << "never is never"; });
    loop().call_at(loop().now() + 10h, [] { FAIL() << "ten hours went fast"; });
    loop().call_at(loop().now() + 2ms, [&] { done.set({}); });
  });
  done.get();
}

TEST_F(LoopTest, thousands_of_timers_run_once_each_but_the_cancelled) {
  constexpr std::size_t kTimers = 20'000;
  std::vector<int> runs(kTimers);
  Event done;
  here([&] {
    std::vector<TimerId> ids;
    for (std::size_t i = 0; i < kTimers; ++i) {
      const auto when = loop().now() + std::chrono::microseconds(i * 7919 % 20'000);
      ids.push_back(loop().call_at(when, [&runs, i] { ++runs[i]; }));
    }
    for (std::size_t i = 0; i < kTimers; i += 2) loop().cancel(ids[i]);
    loop().call_at(loop().now() + 20ms, [&] { done.set({}); });
  });
  done.get();
  here([&] {
    for (std::size_t i = 0; i < kTimers; ++i) ASSERT_EQ(runs[i], i % 2) << i;
  });
}

TEST_F(LoopTest, timers_that_set_timers_for_now_leave_room_for_others) {
  Event posted;
  Event ended;
  std::atomic<bool> stop{false};
  std::function<void()> again = [&] {
    if (stop) return ended.set({});
    loop().call_at(loop().now(), [&] { again(); });
  };
  here(again);
  loop().post([&] { posted.set({}); });
  posted.get();
  stop = true;
  ended.get();
  here([] {});  // the last timer has returned
}

TEST_F(LoopTest, an_idle_loop_does_not_wake_up) {
  Awaited<long> switches;
  here([&] {
    rusage before{};
    ::getrusage(RUSAGE_THREAD, &before);
    loop().call_at(loop().now() + 150ms, [&, waits = before.ru_nvcsw] {
      rusage after{};
      ::getrusage(RUSAGE_THREAD, &after);
      switches.set(after.ru_nvcsw - waits);
    });
  });
  EXPECT_LE(switches.get(), 4);
}

TEST_F(LoopTest, offloaded_work_may_sleep_while_the_loop_goes_on) {
  Event release;
  Event done;
  here([&] {
    loop().offload(
        [&] {
          EXPECT_FALSE(loop().on_loop_thread());
          release.get();
        },
        [&] {
          EXPECT_TRUE(loop().on_loop_thread());
          done.set({});
        });
  });
  here([] {});
  EXPECT_FALSE(done.is_set());
  release.set({});
  done.get();
}

TEST_F(LoopTest, works_start_in_order_and_side_by_side) {
  Event second_runs;
  Event both_done;
  std::vector<int> done;
  here([&] {
    // The first can only end if the second runs beside it.
    loop().offload([&] { second_runs.get(); }, [&] { done.push_back(1); });
    loop().offload([&] { second_runs.set({}); }, [&] { done.push_back(2); });
    loop().offload([] {}, [&] { both_done.set({}); });
  });
  both_done.get();
  RuntimeOptions one_worker;
  one_worker.workers = 1;
  restart(one_worker);
  std::vector<int> started;
  Event all_done;
  here([&] {
    for (int i = 0; i < 100; ++i) loop().offload([&, i] { started.push_back(i); }, [] {});
    loop().offload([] {}, [&] { all_done.set({}); });
  });
  all_done.get();
  EXPECT_EQ(started.size(), 100u);
  EXPECT_TRUE(std::is_sorted(started.begin(), started.end()));
}

TEST_F(LoopTest, callbacks_run_in_order_on_their_own_thread) {
  std::vector<int> ran;
  Event done;
  EXPECT_FALSE(runtime().on_callback_thread());
  for (int i = 0; i < 100; ++i) {
    runtime().run_callback([&, i] {
      EXPECT_TRUE(runtime().on_callback_thread());
      EXPECT_FALSE(loop().on_loop_thread());
      ran.push_back(i);
    });
  }
  runtime().run_callback([&] { done.set({}); });
  done.get();
  EXPECT_EQ(ran.size(), 100u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
  EXPECT_FALSE(here([&] { return runtime().on_callback_thread(); }));
}

TEST_F(LoopTest, callbacks_run_on_the_loop_if_that_is_asked_for) {
  RuntimeOptions options;
  options.loops = 2;
  options.callbacks_on_loop = true;
  restart(options);
  std::vector<int> ran;
  EXPECT_FALSE(runtime().on_callback_thread());
  here([&] {
    EXPECT_TRUE(runtime().on_callback_thread());
    runtime().run_callback([&] { ran.push_back(2); });
    // Not within the turn that asks for it.
    ran.push_back(1);
  });
  Event done;
  runtime().run_callback([&] {
    EXPECT_TRUE(loop().on_loop_thread());
    ran.push_back(3);
    done.set({});
  });
  done.get();
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
  EXPECT_FALSE(on_loop(*runtime().loop(1).loop, [&] { return runtime().on_callback_thread(); }));
}

TEST_F(LoopTest, loops_of_a_runtime_are_different_threads) {
  RuntimeOptions options;
  options.loops = 3;
  restart(options);
  ASSERT_EQ(runtime().loop_count(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    on_loop(*runtime().loop(i).loop, [&] {
      for (std::size_t j = 0; j < 3; ++j) {
        EXPECT_EQ(runtime().loop(j).loop->on_loop_thread(), i == j);
      }
    });
  }
  EXPECT_NE(runtime().next_seed(), runtime().next_seed());
  EXPECT_TRUE(runtime().may_block());
}

TEST_F(LoopTest, its_threads_leave_signals_to_the_application) {
  const auto blocks = [](int signal) {
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return ::sigismember(&blocked, signal) == 1;
  };
  EXPECT_TRUE(here([&] { return blocks(SIGTERM); }));
  EXPECT_TRUE(here([&] { return blocks(SIGPIPE); }));
  EXPECT_FALSE(here([&] { return blocks(SIGSEGV); }));
  EXPECT_FALSE(blocks(SIGTERM));
}

// Uses the loop in every way when it ends, as objects on the loop do.
class BusyInItsEnd {
 public:
  BusyInItsEnd(Runtime& runtime, std::shared_ptr<int> ended)
      : runtime_(runtime), ended_(std::move(ended)) {}
  BusyInItsEnd(BusyInItsEnd&&) = default;
  ~BusyInItsEnd() {
    if (!ended_) return;
    auto& loop = *runtime_.loop(0).loop;
    loop.cancel(TimerId{1});
    loop.post([kept = ended_] { ADD_FAILURE(); });
    loop.call_at(loop.now(), [kept = ended_] { ADD_FAILURE(); });
    loop.offload([kept = ended_] { ADD_FAILURE(); }, [kept = ended_] { ADD_FAILURE(); });
    runtime_.run_callback([kept = ended_] { ADD_FAILURE(); });
    ++*ended_;
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<int> ended_;
};

TEST_F(LoopTest, what_is_left_at_the_end_is_destroyed_unrun) {
  auto ended = std::make_shared<int>(0);
  here([&] {
    for (int i = 0; i < 10; ++i) {
      loop().call_at(loop().now() + 1h, [busy = BusyInItsEnd(runtime(), ended)] { ADD_FAILURE(); });
    }
  });
  end_runtime();
  EXPECT_EQ(*ended, 10);
  EXPECT_EQ(ended.use_count(), 1);
}

TEST_F(LoopTest, the_end_waits_for_what_is_running) {
  Event work_runs;
  Event callback_runs;
  Event go_on;
  std::atomic<int> ended{0};
  here([&] {
    loop().offload(
        [&] {
          work_runs.set({});
          go_on.get();
          ++ended;
        },
        [] {});
  });
  work_runs.get();
  runtime().run_callback([&, &same_loop = loop()] {
    callback_runs.set({});
    go_on.set({});
    // The loop runs as long as a callback may wait for it.
    on_loop(same_loop, [] {});
    ++ended;
  });
  callback_runs.get();
  end_runtime();
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace ottla::base
