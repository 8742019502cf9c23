#include "tests/simulation/end_to_end/transaction_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/simulation/seeds.h"

namespace ottla::simulation {
namespace {

std::string to_text(const Tally& tally) {
  std::string text;
  for (const auto& [kind, times] : tally) {
    text += (text.empty() ? "" : ", ") + std::to_string(times) + ' ' + kind;
  }
  return text;
}

void expect_fine(std::uint64_t seeds, const TransactionRunOptions& options) {
  std::uint64_t runs = 0;
  std::uint64_t operations = 0;
  Tally outcomes;
  Tally faults;
  for_each_seed(seeds, [&](std::uint64_t seed) {
    auto chosen = options;
    chosen.first_kind = seed % 2 == 0;
    const auto result = run_transactions(seed, chosen);
    EXPECT_TRUE(result.wrong.empty()) << result.report();
    ++runs;
    operations += result.operations;
    for (const auto& [kind, times] : result.outcomes) outcomes[kind] += times;
    for (const auto& [kind, times] : result.faults) faults[kind] += times;
  });
  const auto committed = outcomes["committed"];
  // A single run may be disturbed so much that hardly anything is done in it.
  EXPECT_TRUE(runs < 10 || committed > 10 * runs) << committed << " committed in " << runs;
  std::cout << runs << " runs, " << operations << " operations: " << to_text(outcomes)
            << "; through: " << to_text(faults) << '\n';
}

TEST(Transactions, have_no_anomalies_when_nothing_fails) {
  expect_fine(100, {.chaos = kCalm, .client_crashes = false, .shared_ids = false});
}

TEST(Transactions, have_no_anomalies_when_clients_are_killed_and_share_their_ids) {
  expect_fine(300, {.chaos = kCalm});
}

TEST(Transactions, have_no_anomalies_through_kills_pauses_power_cuts_lost_answers_and_clock_jumps) {
  expect_fine(1400, {});
}

TEST(Transactions, of_clients_that_only_move_money_have_none) {
  expect_fine(200, {.copy_clients = 0});
}

TEST(Transactions, that_are_read_before_they_are_committed_are_found_out) {
  const auto found = count_seeds(20, [](std::uint64_t seed) {
    const auto result = run_transactions(
        seed, {.chaos = kCalm, .client_crashes = false, .reads = IsolationLevel::read_uncommitted});
    return std::any_of(result.anomalies.begin(), result.anomalies.end(), [](const auto& anomaly) {
      return anomaly.kind == checker::AnomalyKind::g1a;
    });
  });
  EXPECT_GT(found, 10U);
}

}  // namespace
}  // namespace ottla::simulation
