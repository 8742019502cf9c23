#include <gtest/gtest.h>

#include <algorithm>

#include "tests/checker/anomaly.h"

namespace ottla::checker {
namespace {

using Kinds = std::vector<AnomalyKind>;

Operation committed(std::vector<Action> actions, std::string group = {}) {
  return {Outcome::committed, std::move(actions), std::move(group)};
}
Operation aborted(std::vector<Action> actions) {
  return {Outcome::aborted, std::move(actions), {}};
}
Operation unknown(std::vector<Action> actions, std::string group = {}) {
  return {Outcome::unknown, std::move(actions), std::move(group)};
}
Sent sent(std::int32_t partition, std::uint64_t value, std::int64_t offset = -1) {
  return {.partition = partition, .value = value, .offset = offset};
}
Polled polled(std::int32_t partition, std::int64_t offset, std::uint64_t value) {
  return {.partition = partition, .offset = offset, .value = value};
}

// Each kind once, in their order.
Kinds kinds(const History& history, const Expectations& expectations = {}) {
  Kinds found;
  for (const auto& anomaly : check(history, expectations)) found.push_back(anomaly.kind);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Offset 2 holds a marker: consumers see gaps that are none.
History sound() {
  return {{{"sender",
            {committed({sent(0, 1, 0), sent(1, 2, 0), sent(0, 3, 1)}), aborted({sent(0, 4, 3)}),
             unknown({sent(0, 5), sent(1, 6)}), unknown({sent(0, 7)}), committed({sent(0, 8, 9)})}},
           {"reader",
            {committed({polled(0, 0, 1), polled(0, 1, 3)}),
             committed({polled(1, 0, 2), polled(0, 5, 5)}),
             committed({polled(1, 2, 6), polled(0, 9, 8), Moved{}, polled(0, 0, 1)})}}}};
}

TEST(Checker, finds_nothing_in_a_sound_history) {
  EXPECT_EQ(describe(check(sound())), "");
}

TEST(Checker, finds_a_record_of_an_aborted_transaction) {
  auto history = sound();
  history.processes["other"] = {committed({polled(0, 3, 4)})};
  // The first reader went past it.
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::g1a, AnomalyKind::poll_skip}));
}

TEST(Checker, finds_a_lost_record_behind_which_others_were_polled) {
  auto history = sound();
  history.processes["other"] = {committed({sent(0, 20, 7)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::lost_write, AnomalyKind::poll_skip}));
  EXPECT_EQ(kinds(history, {.complete = false, .consumed = {}}),
            (Kinds{AnomalyKind::lost_write, AnomalyKind::poll_skip}));
}

TEST(Checker, finds_a_record_that_nobody_sees_in_the_end) {
  auto history = sound();
  history.processes["other"] = {committed({sent(1, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::unseen}));
  EXPECT_EQ(kinds(history, {.complete = false, .consumed = {}}), (Kinds{}));
}

TEST(Checker, finds_a_record_at_two_offsets) {
  auto history = sound();
  history.processes["other"] = {committed({polled(0, 0, 1), Moved{}, polled(0, 10, 1)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::duplicate}));
}

TEST(Checker, finds_a_record_that_was_acknowledged_at_another_offset) {
  auto history = sound();
  history.processes["other"] = {committed({sent(1, 20, 3)}), committed({polled(1, 4, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::duplicate}));
}

TEST(Checker, finds_two_records_at_one_offset) {
  auto history = sound();
  history.processes["other"] = {unknown({sent(0, 20)}), committed({polled(0, 1, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::inconsistent_offsets}));
}

TEST(Checker, finds_what_a_consumer_skipped_within_an_operation_and_between_two) {
  auto history = sound();
  history.processes["other"] = {committed({polled(0, 0, 1), polled(0, 5, 5)})};
  auto found = check(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, AnomalyKind::poll_skip);
  EXPECT_EQ(found[0].what.substr(0, 9), "internal:");

  history.processes["other"] = {committed({polled(0, 0, 1)}), committed({polled(0, 5, 5)})};
  found = check(history);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what.substr(0, 9), "external:");

  history.processes["other"] = {committed({polled(0, 0, 1)}),
                                committed({Moved{}, polled(0, 5, 5)})};
  EXPECT_EQ(kinds(history), (Kinds{}));
}

TEST(Checker, finds_a_consumer_that_went_back) {
  auto history = sound();
  history.processes["other"] = {committed({polled(0, 1, 3)}), committed({polled(0, 0, 1)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::nonmonotonic_poll}));
  history.processes["other"] = {committed({polled(0, 1, 3), polled(0, 1, 3)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::nonmonotonic_poll}));
}

TEST(Checker, finds_sends_out_of_order_also_of_what_was_aborted) {
  auto history = sound();
  history.processes["other"] = {aborted({sent(0, 20, 30), sent(0, 21, 29)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::nonmonotonic_send}));
  history.processes["other"] = {aborted({sent(0, 20, 30)}), aborted({sent(0, 21, 29)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::nonmonotonic_send}));
}

TEST(Checker, finds_half_a_transaction) {
  auto history = sound();
  history.processes["other"] = {unknown({sent(0, 20), sent(1, 21)}),
                                committed({polled(0, 20, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::torn_transaction}));
}

TEST(Checker, finds_transactions_that_read_from_each_other) {
  auto history = sound();
  history.processes["left"] = {committed({sent(0, 20, 20), polled(1, 21, 21)})};
  history.processes["right"] = {committed({polled(0, 20, 20), sent(1, 21, 21)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::g1c}));
  history.processes["right"] = {committed({polled(0, 20, 20)}), committed({sent(1, 21, 21)})};
  EXPECT_EQ(kinds(history), (Kinds{}));
}

TEST(Checker, finds_a_transaction_that_read_what_it_sent) {
  auto history = sound();
  history.processes["self"] = {committed({sent(0, 20, 20), polled(0, 20, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::g1c}));
}

TEST(Checker, finds_a_record_that_nobody_sent) {
  auto history = sound();
  history.processes["other"] = {committed({polled(0, 30, 30)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::unexpected_value}));
}

TEST(Checker, finds_a_record_that_a_group_processed_twice_or_not_at_all) {
  auto history = sound();
  history.processes["a"] = {committed({polled(0, 0, 1), polled(0, 1, 3)}, "g"),
                            unknown({polled(0, 5, 5)}, "g")};
  const Expectations all{.complete = true, .consumed = {{"g", {0}}}};
  EXPECT_EQ(kinds(history, all), (Kinds{AnomalyKind::unconsumed}));  // 8 at 9
  history.processes["b"] = {committed({polled(0, 5, 5), polled(0, 9, 8)}, "g")};
  EXPECT_EQ(kinds(history, all), (Kinds{}));
  history.processes["c"] = {committed({polled(0, 5, 5)}, "g")};
  EXPECT_EQ(kinds(history, all), (Kinds{AnomalyKind::consumed_twice}));
}

TEST(Checker, takes_an_unknown_outcome_for_committed_once_a_record_of_it_was_polled) {
  auto history = sound();
  history.processes["a"] = {unknown({polled(0, 0, 1), sent(1, 20)}, "g")};
  history.processes["b"] = {committed({polled(0, 0, 1)}, "g")};
  EXPECT_EQ(kinds(history), (Kinds{}));
  history.processes["c"] = {committed({polled(1, 20, 20)})};
  EXPECT_EQ(kinds(history), (Kinds{AnomalyKind::consumed_twice}));
}

TEST(Checker, adds_up_the_accounts) {
  auto history = sound();
  const Sent paid{.partition = 0, .value = 20, .offset = 20, .amount = -7};
  const Sent got{.partition = 1, .value = 21, .offset = 21, .amount = 7};
  history.processes["bank"] = {committed({paid, got})};
  history.processes["end"] = {committed({polled(0, 20, 20), polled(1, 21, 21)})};
  EXPECT_EQ(kinds(history), (Kinds{}));
  history.processes["end"] = {committed({polled(0, 20, 20)})};
  EXPECT_EQ(kinds(history),
            (Kinds{AnomalyKind::unseen, AnomalyKind::torn_transaction, AnomalyKind::wrong_sum}));
}

TEST(Checker, tells_at_most_some_of_a_kind) {
  History history;
  auto& operations = history.processes["other"];
  for (std::uint64_t i = 0; i < 1000; ++i) {
    operations.push_back(committed({polled(0, static_cast<std::int64_t>(i), i)}));
  }
  EXPECT_EQ(check(history).size(), 10U);
}

}  // namespace
}  // namespace ottla::checker
