#include "client/metrics/sampled.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

class SampledTest : public testing::Test {
 protected:
  SamplingConfig config{.window = 30s, .samples = 2};
  base::TimePoint now{};
};

TEST_F(SampledTest, a_rate_looks_at_the_last_windows) {
  Meter meter(config);
  EXPECT_EQ(meter.rate(now), 0);
  for (int second = 0; second < 120; ++second, now += 1s) meter.record(10, now);
  EXPECT_NEAR(meter.rate(now), 10, 0.5);
  EXPECT_EQ(meter.total(), 1200);
  now += 2min;
  EXPECT_EQ(meter.rate(now), 0) << "nothing happened lately";
  EXPECT_EQ(meter.total(), 1200);
}

TEST_F(SampledTest, a_rate_that_has_just_begun_is_over_a_whole_window) {
  Meter meter(config);
  meter.record(60, now);
  EXPECT_EQ(meter.rate(now + 1s), 2);
}

TEST_F(SampledTest, average_and_maximum_forget_what_is_old) {
  Statistic statistic(config);
  EXPECT_TRUE(std::isnan(statistic.average(now)));
  EXPECT_TRUE(std::isnan(statistic.maximum(now)));
  statistic.record(1, now);
  statistic.record(9, now + 1s);
  EXPECT_EQ(statistic.average(now + 2s), 5);
  EXPECT_EQ(statistic.maximum(now + 2s), 9);
  statistic.record(-3, now + 45s);
  EXPECT_EQ(statistic.maximum(now + 50s), 9);
  EXPECT_EQ(statistic.maximum(now + 70s), -3) << "the first window is over";
  EXPECT_TRUE(std::isnan(statistic.average(now + 10min)));
}

TEST_F(SampledTest, one_window_is_enough) {
  config.samples = 1;
  Statistic statistic(config);
  statistic.record(1, now);
  statistic.record(5, now + 31s);
  EXPECT_EQ(statistic.average(now + 31s), 5);
}

}  // namespace
}  // namespace ottla::client
