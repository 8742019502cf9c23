#include "tools/latency_histogram.h"

#include <gtest/gtest.h>

namespace ottla::tools {
namespace {

TEST(LatencyHistogram, is_exact_for_few_microseconds_and_close_for_many) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  for (std::uint64_t i = 1; i <= 100'000; ++i) histogram.record(i);
  EXPECT_EQ(histogram.count(), 100'000U);
  EXPECT_EQ(histogram.most(), 100'000U);
  EXPECT_NEAR(histogram.average(), 50'000.5, 0.1);
  for (const double part : {0.0001, 0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = part * 100'000;
    EXPECT_NEAR(static_cast<double>(histogram.percentile(part)), exact, exact / 32 + 1) << part;
  }
  EXPECT_EQ(histogram.percentile(1), 100'000U);
}

TEST(LatencyHistogram, finds_the_few_that_took_long) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(10);
  histogram.record(5'000'000);
  EXPECT_EQ(histogram.percentile(0.999), 10U);
  EXPECT_EQ(histogram.percentile(1), 5'000'000U);
}

TEST(LatencyHistogram, sums_powers_of_two) {
  LatencyHistogram histogram;
  for (std::uint64_t i = 0; i < 1024; ++i) histogram.record(i);
  EXPECT_EQ(histogram.between(0, 1), 1U);
  EXPECT_EQ(histogram.between(16, 32), 16U);
  EXPECT_EQ(histogram.between(256, 512), 256U);
  EXPECT_EQ(histogram.between(1024, 2048), 0U);
}

}  // namespace
}  // namespace ottla::tools
