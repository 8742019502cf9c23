#include "broker/quota/usage_window.h"

#include <gtest/gtest.h>

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr QuotaWindows kWindows{11, seconds(1)};

base::TimePoint at(base::Duration time) {
  return base::TimePoint(time);
}

TEST(UsageWindow, what_ten_windows_allow_may_come_at_once) {
  UsageWindow window;
  window.add(1000, at(seconds(5)), kWindows);
  EXPECT_EQ(window.delay(100, at(seconds(5)), kWindows), base::Duration());
  window.add(1, at(seconds(5)), kWindows);
  EXPECT_EQ(window.delay(100, at(seconds(5)), kWindows), milliseconds(10));
}

TEST(UsageWindow, a_flood_weighs_until_its_window_is_behind_the_others) {
  UsageWindow window;
  window.add(1500, at(seconds(5)), kWindows);
  EXPECT_EQ(window.delay(100, at(seconds(5)), kWindows), seconds(5));
  EXPECT_EQ(window.delay(100, at(seconds(10)), kWindows), seconds(5));
  EXPECT_EQ(window.delay(100, at(seconds(16)), kWindows), base::Duration());
}

TEST(UsageWindow, use_is_averaged_over_the_windows_and_forgotten_behind_them) {
  UsageWindow window;
  for (int second = 0; second < 10; ++second) window.add(100, at(seconds(second)), kWindows);
  EXPECT_EQ(window.delay(100, at(seconds(10)), kWindows), base::Duration());
  window.add(300, at(milliseconds(10'500)), kWindows);
  // 1300 in 10.5 s, where 1050 are allowed.
  EXPECT_EQ(window.delay(100, at(milliseconds(10'500)), kWindows), milliseconds(2'500));
  EXPECT_FALSE(window.is_idle(at(milliseconds(21'499)), kWindows));
  EXPECT_TRUE(window.is_idle(at(milliseconds(21'500)), kWindows));
  EXPECT_EQ(window.delay(100, at(milliseconds(21'500)), kWindows), base::Duration());
}

TEST(UsageWindow, what_is_taken_back_was_never_used) {
  UsageWindow window;
  window.add(5000, at(seconds(1)), kWindows);
  EXPECT_GT(window.delay(100, at(seconds(1)), kWindows), base::Duration());
  window.add(-5000, at(seconds(1)), kWindows);
  EXPECT_EQ(window.delay(100, at(seconds(1)), kWindows), base::Duration());
}

TEST(UsageWindow, no_delay_is_longer_than_the_windows_or_than_an_answer_can_say) {
  UsageWindow window;
  window.add(1e300, at(seconds(1)), kWindows);
  EXPECT_EQ(window.delay(1e-300, at(seconds(1)), kWindows), seconds(11));
  constexpr QuotaWindows kEndless{11, std::chrono::hours(100)};
  EXPECT_EQ(window.delay(1e-300, at(seconds(1)), kEndless), milliseconds(2'147'483'647));
}

TEST(TokenBucket, begins_full_and_is_owed_what_was_taken_beyond) {
  TokenBucket bucket;
  bucket.take(22, 2, at(seconds(1)), kWindows);
  EXPECT_EQ(bucket.delay(2, at(seconds(1)), kWindows), base::Duration());
  bucket.take(3, 2, at(seconds(1)), kWindows);
  EXPECT_EQ(bucket.delay(2, at(seconds(1)), kWindows), milliseconds(1'500));
  EXPECT_EQ(bucket.delay(2, at(milliseconds(2'500)), kWindows), base::Duration());
}

TEST(TokenBucket, holds_no_more_than_all_windows_give) {
  TokenBucket bucket;
  bucket.take(1, 2, at(seconds(1)), kWindows);
  EXPECT_FALSE(bucket.is_idle(at(seconds(1)), kWindows));
  EXPECT_TRUE(bucket.is_idle(at(seconds(2)), kWindows));
  bucket.take(23, 2, at(seconds(1000)), kWindows);
  EXPECT_EQ(bucket.delay(2, at(seconds(1000)), kWindows), milliseconds(500));
}

TEST(TokenBucket, no_delay_is_longer_than_the_windows_and_the_rest_is_still_owed) {
  TokenBucket bucket;
  bucket.take(11 + 15, 1, at(seconds(1)), kWindows);
  EXPECT_EQ(bucket.delay(1, at(seconds(1)), kWindows), seconds(11));
  EXPECT_EQ(bucket.delay(1, at(seconds(12)), kWindows), seconds(4));
}

}  // namespace
}  // namespace ottla::broker
