#include "base/net/busy_poll.h"

#include <gtest/gtest.h>

namespace ottla::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BusyPollTest : public testing::Test {
 protected:
  // How many looks in vain are made until `end`, if there is cause for one every `pause`.
  int looks_until(TimePoint end, Duration pause) {
    int looks = 0;
    for (; now_ < end; now_ += pause) {
      if (!busy_poll_.may_look(now_)) continue;
      busy_poll_.looked_in_vain();
      now_ += limits_.look;
      ++looks;
    }
    return looks;
  }

  TimePoint now_{seconds(100)};
  const BusyPoll::Limits limits_{};
  BusyPoll busy_poll_{limits_, now_};
};

TEST_F(BusyPollTest, looks_in_vain_take_their_share_of_the_time_and_no_more) {
  const Duration time = seconds(1);
  const int looks = looks_until(now_ + time, limits_.look);
  const Duration spent = looks * limits_.look;
  EXPECT_LE(spent, limits_.most() + time / limits_.share + limits_.look);
  EXPECT_GE(spent, time / limits_.share);
}

TEST_F(BusyPollTest, what_was_saved_while_nothing_happened_is_bounded) {
  EXPECT_GT(looks_until(now_ + milliseconds(1), limits_.look), 0);
  now_ += std::chrono::hours(1);
  const int most = static_cast<int>(limits_.most() / limits_.look);
  EXPECT_LE(looks_until(now_ + limits_.most(), Duration::zero()), most);
}

TEST_F(BusyPollTest, looks_that_find_something_cost_nothing) {
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(busy_poll_.may_look(now_));
}

TEST_F(BusyPollTest, who_has_all_of_the_time_may_always_look) {
  BusyPoll busy_poll({.look = limits_.look, .share = 1}, now_);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(busy_poll.may_look(now_));
    busy_poll.looked_in_vain();
    now_ += limits_.look;
  }
}

}  // namespace
}  // namespace ottla::base
