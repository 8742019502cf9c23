#include "tests/simulation/end_to_end/group_run.h"

#include <gtest/gtest.h>

#include "tests/simulation/seeds.h"

namespace ottla::simulation {
namespace {

void expect_fine(std::uint64_t seed, const GroupRunOptions& options) {
  const auto result = run_group(seed, options);
  EXPECT_TRUE(result.wrong.empty()) << result.report();
  EXPECT_GT(result.processed, 0U) << result.report();
}

TEST(Groups, share_a_topic_while_members_come_and_go) {
  for_each_seed(100, [](std::uint64_t seed) { expect_fine(seed, {.chaos = kCalm}); });
  for_each_seed(
      100, [](std::uint64_t seed) { expect_fine(seed, {.assignor = "range", .chaos = kCalm}); });
}

TEST(Groups, skip_nothing_through_lost_answers_pauses_and_restarts_of_the_coordinator) {
  for_each_seed(600, [](std::uint64_t seed) { expect_fine(seed, {}); });
}

TEST(Groups, skip_nothing_when_everything_is_given_up_at_each_rebalance) {
  for_each_seed(200, [](std::uint64_t seed) { expect_fine(seed, {.assignor = "sticky"}); });
}

TEST(Groups, of_static_members_skip_nothing) {
  for_each_seed(
      100, [](std::uint64_t seed) { expect_fine(seed, {.static_members = true, .chaos = kCalm}); });
}

}  // namespace
}  // namespace ottla::simulation
