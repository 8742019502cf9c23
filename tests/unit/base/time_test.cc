#include "base/time.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ottla::base {
namespace {

using namespace std::chrono_literals;

WallMillis system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Long enough to pass many milliseconds in which the clock is not read, in each thread.
void expect_exact_for(Duration lasts) {
  const RealClock clock;
  const auto until = clock.now() + lasts;
  while (clock.now() < until) {
    const auto before = system_now();
    const auto told = clock.wall_now();
    const auto after = system_now();
    ASSERT_LE(before, told);
    ASSERT_LE(told, after);
  }
}

TEST(RealClock, tells_the_millisecond_that_it_is) {
  expect_exact_for(100ms);
}

TEST(RealClock, tells_it_on_every_thread) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { expect_exact_for(60ms); });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace ottla::base
