#include "tests/simulation/end_to_end/produce_consume.h"

#include <gtest/gtest.h>

#include "tests/simulation/seeds.h"

namespace ottla::simulation {
namespace {

void expect_fine(std::uint64_t seed, const RunOptions& options) {
  const RunResult result = run_produce_consume(seed, options);
  EXPECT_TRUE(result.wrong.empty()) << result.report();
  EXPECT_GT(result.acknowledged, 0U) << result.report();
}

TEST(ProduceConsume, moves_every_record_when_nothing_is_in_the_way) {
  for_each_seed(50, [](std::uint64_t seed) { expect_fine(seed, {.chaos = kCalm}); });
}

TEST(ProduceConsume, keeps_every_promise_through_lost_connections_crashes_and_power_cuts) {
  for_each_seed(1000, [](std::uint64_t seed) {
    const RunResult result = run_produce_consume(seed, {});
    EXPECT_TRUE(result.wrong.empty()) << result.report();
    EXPECT_EQ(result.failed, 0U) << "there was time enough: " << result.report();
  });
}

TEST(ProduceConsume, repeats_but_never_loses_or_reorders_without_idempotence) {
  for_each_seed(200, [](std::uint64_t seed) { expect_fine(seed, {.idempotent = false}); });
}

TEST(ProduceConsume, shows_no_consumer_what_a_power_cut_takes_back) {
  for_each_seed(200, [](std::uint64_t seed) {
    expect_fine(seed, {.acks = Acks::leader, .idempotent = false});
  });
}

TEST(ProduceConsume, loses_nothing_to_a_killed_process_even_without_syncs) {
  for_each_seed(200, [](std::uint64_t seed) {
    expect_fine(seed, {.durability = "os", .chaos = {.power_cuts = false}});
  });
}

TEST(ProduceConsume, does_the_same_for_the_same_seed) {
  for_each_seed(5, [](std::uint64_t seed) {
    const auto once = run_produce_consume(seed, {});
    const auto again = run_produce_consume(seed, {});
    EXPECT_EQ(once.trace, again.trace);
    EXPECT_EQ(once.story, again.story);
  });
}

// Planted bugs: the same run with a broker that does not keep its word must be found out.
bool finds_a_loss(const RunResult& result) {
  for (const std::string& wrong : result.wrong) {
    if (wrong.starts_with("lost though acknowledged")) return true;
  }
  return false;
}

TEST(ProduceConsume, finds_the_loss_when_a_broker_acknowledges_before_it_syncs) {
  const auto found = count_seeds(40, [](std::uint64_t seed) {
    return finds_a_loss(
        run_produce_consume(seed, {.durability = "os", .chaos = {.process_crashes = false}}));
  });
  EXPECT_GT(found, 3U);
}

TEST(ProduceConsume, finds_the_loss_when_a_disk_lies_about_syncs) {
  const auto found = count_seeds(40, [](std::uint64_t seed) {
    return finds_a_loss(run_produce_consume(seed, {.disk_lies = true}));
  });
  EXPECT_GT(found, 3U);
}

}  // namespace
}  // namespace ottla::simulation
