#include "client/network/backoff.h"

#include <gtest/gtest.h>

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

// The shortest and longest pause of many.
std::pair<base::Duration, base::Duration> range(const Backoff& backoff, std::uint32_t failures) {
  base::Random random(failures + 1);
  auto least = base::Duration::max();
  auto most = base::Duration::min();
  for (int i = 0; i < 2000; ++i) {
    const auto pause = backoff.after(failures, random);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  return {least, most};
}

TEST(Backoff, doubles_up_to_its_maximum_and_varies_by_a_fifth) {
  const Backoff backoff{100ms, 1000ms};
  const base::Duration expected[] = {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms};
  for (std::uint32_t failures = 1; failures <= 6; ++failures) {
    const auto [least, most] = range(backoff, failures);
    const auto middle = expected[failures - 1];
    EXPECT_GE(least, middle * 8 / 10) << failures;
    EXPECT_LE(most, middle * 12 / 10) << failures;
    EXPECT_LT(least, middle * 83 / 100) << failures << ": the whole range is used";
    EXPECT_GT(most, middle * 117 / 100) << failures;
  }
}

TEST(Backoff, stays_at_its_maximum_for_ever) {
  const Backoff backoff{50ms, 1s};
  for (const std::uint32_t failures : {60U, 1000U, 4'000'000'000U}) {
    const auto [least, most] = range(backoff, failures);
    EXPECT_GE(least, 800ms);
    EXPECT_LE(most, 1200ms);
  }
}

TEST(Backoff, a_maximum_below_the_beginning_does_not_shorten_it) {
  const auto [least, most] = range({200ms, 100ms}, 5);
  EXPECT_GE(least, 160ms);
  EXPECT_LE(most, 240ms);
}

TEST(Backoff, none_is_none) {
  const auto [least, most] = range({0ms, 0ms}, 3);
  EXPECT_EQ(least, 0ms);
  EXPECT_EQ(most, 0ms);
}

}  // namespace
}  // namespace ottla::client
