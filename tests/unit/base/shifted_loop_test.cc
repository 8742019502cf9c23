#include "base/shifted_loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/log/manual_loop.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;

class ShiftedLoopTest : public testing::Test {
 protected:
  ~ShiftedLoopTest() override { loop_->end(); }

  // Notes when it ran, by this loop's time.
  void note_at(TimePoint when, const std::string& what) {
    loop_->call_at(when, [this, what] { note(what); });
  }
  void note(const std::string& what) {
    const auto after = std::chrono::duration_cast<std::chrono::seconds>(loop_->now() - start_);
    noted_.push_back(what + "@" + std::to_string(after.count()));
  }
  void every(Duration interval, int& count) {
    loop_->call_at(loop_->now() + interval, [this, interval, &count] {
      ++count;
      every(interval, count);
    });
  }
  // Whether the advance came to its end.
  bool advance(Duration by) {
    bool done = false;
    loop_->advance(by, [&] { done = true; });
    under_.run();
    return done;
  }

  broker::ManualLoop under_;
  std::shared_ptr<ShiftedLoop> loop_ = ShiftedLoop::over(under_);
  const TimePoint start_ = loop_->now();
  std::vector<std::string> noted_;
};

using Notes = std::vector<std::string>;

TEST_F(ShiftedLoopTest, goes_on_as_the_loop_below_does) {
  note_at(start_ + 2s, "a");
  under_.advance(1s);
  EXPECT_TRUE(noted_.empty());
  under_.advance(1s);
  EXPECT_EQ(noted_, Notes{"a@2"});
  EXPECT_EQ(loop_->now(), under_.now());
  EXPECT_EQ(loop_->wall_now(), under_.wall_now());
}

TEST_F(ShiftedLoopTest, moves_both_its_clocks_and_nobody_elses) {
  const auto below = under_.now();
  ASSERT_TRUE(advance(10h));
  EXPECT_EQ(under_.now(), below);
  EXPECT_EQ(loop_->now(), below + 10h);
  EXPECT_EQ(loop_->wall_now(), under_.wall_now() + 36'000'000);
  EXPECT_EQ(loop_->shift(), 10h);
}

TEST_F(ShiftedLoopTest, runs_each_timer_at_its_own_time) {
  note_at(start_ + 30s, "c");
  note_at(start_ + 10s, "a");
  note_at(start_ + 20s, "b");
  note_at(start_ + 61s, "later");
  ASSERT_TRUE(advance(60s));
  EXPECT_EQ(noted_, (Notes{"a@10", "b@20", "c@30"}));
  under_.advance(1s);
  EXPECT_EQ(noted_.back(), "later@61");
}

TEST_F(ShiftedLoopTest, runs_timers_that_are_set_on_the_way) {
  loop_->call_at(start_ + 10s, [this] { note_at(loop_->now() + 15s, "second"); });
  ASSERT_TRUE(advance(60s));
  EXPECT_EQ(noted_, Notes{"second@25"});
}

TEST_F(ShiftedLoopTest, waits_for_what_a_timer_sets_off_before_time_goes_on) {
  loop_->call_at(start_ + 10s, [this] {
    loop_->offload([] {}, [this] { loop_->post([this] { note("work"); }); });
  });
  note_at(start_ + 20s, "timer");
  ASSERT_TRUE(advance(60s));
  EXPECT_EQ(noted_, (Notes{"work@10", "timer@20"}));
}

TEST_F(ShiftedLoopTest, does_not_wait_for_what_others_do) {
  std::function<void()> for_ever = [&] { loop_->offload([] {}, [&] { for_ever(); }); };
  for_ever();
  bool done = false;
  loop_->advance(1h, [&] { done = true; });
  under_.run_tasks();
  for (int i = 0; i < 3 && !done; ++i) under_.run_one_work();
  EXPECT_TRUE(done);
}

TEST_F(ShiftedLoopTest, gives_up_waiting_for_a_timer_that_sets_off_work_without_end) {
  std::function<void()> for_ever = [&] { loop_->post([&] { for_ever(); }); };
  int rounds = 0;
  loop_->call_at(start_ + 1s, [&] { for_ever(); });
  bool done = false;
  loop_->advance(2s, [&] { done = true; });
  // Each task posts the next: without a bound this would not end.
  while (!done && rounds < 10'000) {
    ++rounds;
    under_.run_some_tasks(1);
  }
  EXPECT_TRUE(done);
  for_ever = [] {};
}

TEST_F(ShiftedLoopTest, halts_a_bounded_number_of_times_however_far_it_goes) {
  int count = 0;
  every(5s, count);
  ASSERT_TRUE(advance(24h * 365));
  EXPECT_GT(count, 150);
  EXPECT_LT(count, 300);
  EXPECT_EQ(loop_->now(), start_ + 24h * 365);
}

TEST_F(ShiftedLoopTest, carries_out_one_advance_after_the_other) {
  Notes order;
  loop_->advance(10s, [&] { order.push_back("first"); });
  loop_->advance(10s, [&] {
    order.push_back("second");
    loop_->advance(10s, [&] { order.push_back("third"); });
  });
  note_at(start_ + 15s, "a");
  under_.run();
  EXPECT_EQ(order, (Notes{"first", "second", "third"}));
  EXPECT_EQ(noted_, Notes{"a@15"});
  EXPECT_EQ(loop_->now(), start_ + 30s);
}

TEST_F(ShiftedLoopTest, cancels_a_timer_wherever_its_time_is) {
  const auto timer = loop_->call_at(start_ + 10s, [this] { note("cancelled"); });
  note_at(start_ + 20s, "kept");
  loop_->cancel(timer);
  ASSERT_TRUE(advance(60s));
  EXPECT_EQ(noted_, Notes{"kept@20"});
}

TEST_F(ShiftedLoopTest, drops_its_timers_and_ends_what_is_under_way_at_the_end) {
  const auto alive = std::make_shared<int>(0);
  loop_->call_at(start_ + 10s, [alive] {});
  bool done = false;
  loop_->advance(1h, [&] { done = true; });
  loop_->end();
  EXPECT_TRUE(done);
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(loop_->call_at(start_, [this] { note("dropped"); }), TimerId::none);
  under_.run();
  under_.advance(1h);
  EXPECT_TRUE(noted_.empty());
}

TEST_F(ShiftedLoopTest, lives_until_nothing_is_under_way) {
  auto loop = ShiftedLoop::over(under_);
  const std::weak_ptr<ShiftedLoop> watched = loop;
  bool on_loop = false;
  loop->offload([] {}, [&, raw = loop.get()] { on_loop = raw->on_loop_thread(); });
  loop->end();
  loop.reset();
  EXPECT_FALSE(watched.expired());
  under_.run();
  EXPECT_TRUE(on_loop);
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace ottla::base
