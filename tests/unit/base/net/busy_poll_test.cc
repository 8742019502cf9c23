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
      now_ += BusyPoll::kLook;
      ++looks;
    }
    return looks;
  }

  TimePoint now_{seconds(100)};
  BusyPoll busy_poll_{now_};
};

TEST_F(BusyPollTest, looks_in_vain_take_their_share_of_the_time_and_no_more) {
  const Duration time = seconds(1);
  const int looks = looks_until(now_ + time, BusyPoll::kLook);
  const Duration spent = looks * BusyPoll::kLook;
  EXPECT_LE(spent, BusyPoll::kMost + time / BusyPoll::kShare + BusyPoll::kLook);
  EXPECT_GE(spent, time / BusyPoll::kShare);
}

TEST_F(BusyPollTest, what_was_saved_while_nothing_happened_is_bounded) {
  EXPECT_GT(looks_until(now_ + milliseconds(1), BusyPoll::kLook), 0);
  now_ += std::chrono::hours(1);
  const int most = static_cast<int>(BusyPoll::kMost / BusyPoll::kLook);
  EXPECT_LE(looks_until(now_ + BusyPoll::kMost, Duration::zero()), most);
}

TEST_F(BusyPollTest, looks_that_find_something_cost_nothing) {
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(busy_poll_.may_look(now_));
}

}  // namespace
}  // namespace ottla::base
