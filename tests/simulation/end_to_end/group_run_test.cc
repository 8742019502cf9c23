#include "tests/simulation/end_to_end/group_run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/seeds.h"

namespace ottla::simulation {
namespace {

GroupRunResult expect_fine(std::uint64_t seed, const GroupRunOptions& options) {
  auto result = run_group(seed, options);
  EXPECT_TRUE(result.wrong.empty()) << result.report();
  EXPECT_GT(result.processed, 0U) << result.report();
  return result;
}

TEST(Groups, share_a_topic_while_members_come_and_go) {
  const GroupRunOptions calm{.lost_frames = false, .chaos = kCalm};
  for_each_seed(100, [&](std::uint64_t seed) { expect_fine(seed, calm); });
  auto eager = calm;
  eager.assignor = "range";
  for_each_seed(100, [&](std::uint64_t seed) { expect_fine(seed, eager); });
}

// Of 1 to 20 members, as many times each.
TEST(Groups, skip_nothing_through_lost_answers_pauses_and_restarts_of_the_coordinator) {
  std::uint64_t lost = 0;
  std::uint64_t late = 0;
  std::size_t largest = 0;
  for_each_seed(1000, [&](std::uint64_t seed) {
    const auto result = expect_fine(seed, {});
    lost += result.lost;
    late += result.late;
    largest = std::max(largest, result.most_at_once);
  });
  RecordProperty("lost", std::to_string(lost));
  RecordProperty("late", std::to_string(late));
  RecordProperty("most_members_at_once", std::to_string(largest));
}

TEST(Groups, skip_nothing_when_everything_is_given_up_at_each_rebalance) {
  for_each_seed(200, [](std::uint64_t seed) { expect_fine(seed, {.assignor = "sticky"}); });
}

TEST(Groups, of_static_members_skip_nothing) {
  for_each_seed(200, [](std::uint64_t seed) { expect_fine(seed, {.static_members = true}); });
}

TEST(Groups, that_commit_before_they_have_processed_are_found_out) {
  const auto found = count_seeds(30, [](std::uint64_t seed) {
    return !run_group(seed, {.commit_too_early = true}).wrong.empty();
  });
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace ottla::simulation
