#include "broker/transaction/transaction.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

namespace ottla::broker {
namespace {

using State = TransactionState;
using Version = TransactionVersion;

constexpr std::int32_t kTimeout = 60'000;

ProducerIdentity who(std::int64_t id, int epoch) {
  return {ProducerId(id), ProducerEpoch(static_cast<std::int16_t>(epoch))};
}

// A transactional id whose steps are durable at once.
class Transactions : public testing::Test {
 protected:
  TransactionContext context() const {
    return {.wall = ++wall_, .cluster = cluster_, .fresh = fresh_};
  }

  ErrorCode take(TransactionStep step) {
    EXPECT_FALSE(step.needs_producer_id);
    if (step.next) {
      transaction_.begin(std::move(*step.next));
      transaction_.finish();
    }
    return step.error;
  }

  ErrorCode init(std::optional<ProducerIdentity> expected = {}) {
    return take(transaction_.init(kTimeout, expected, context()));
  }
  ErrorCode add(const ProducerIdentity& from, std::set<TopicPartition> partitions = {{"t", 0}}) {
    return take(transaction_.add(from, partitions, client_, context()));
  }
  ErrorCode end(const ProducerIdentity& from, bool commit) {
    return take(transaction_.end(from, commit, client_, context()));
  }
  void complete() {
    ASSERT_TRUE(transaction_.ending());
    transaction_.begin(transaction_.completed(++wall_));
    transaction_.finish();
  }
  ProducerIdentity current() const {
    return {transaction_.now().producer_id, transaction_.now().producer_epoch};
  }
  State state() const { return transaction_.now().state; }

  void use_version_2() {
    client_ = Version::v2;
    cluster_ = Version::v2;
  }
  void begin_at(const ProducerIdentity& at, State state = State::empty) {
    TransactionMetadata made;
    made.producer_id = at.id;
    made.producer_epoch = at.epoch;
    made.timeout_ms = kTimeout;
    made.state = state;
    transaction_ = Transaction(made);
  }

  Transaction transaction_{ProducerId(7), kTimeout};
  Version client_ = Version::v0;
  Version cluster_ = Version::v0;
  std::optional<ProducerId> fresh_;
  mutable WallMillis wall_ = 1000;
};

TEST_F(Transactions, a_new_id_begins_with_epoch_0_and_every_incarnation_fences_the_one_before) {
  EXPECT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 0));
  EXPECT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(add(who(7, 0)), ErrorCode::producer_fenced);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::producer_fenced);
  EXPECT_EQ(add(who(8, 1)), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(add(who(7, 1)), ErrorCode::none);
}

TEST_F(Transactions, version_1_runs_through_its_states) {
  init();
  EXPECT_EQ(state(), State::empty);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::invalid_txn_state);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::invalid_txn_state);
  EXPECT_EQ(add(who(7, 0)), ErrorCode::none);
  EXPECT_EQ(state(), State::ongoing);
  const auto started = transaction_.now().started;
  EXPECT_EQ(add(who(7, 0), {{"t", 1}, {"u", 0}}), ErrorCode::none);
  EXPECT_EQ(transaction_.now().partitions.size(), 3U);
  EXPECT_EQ(transaction_.now().started, started);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::none);
  EXPECT_EQ(state(), State::prepare_commit);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::concurrent_transactions);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::invalid_txn_state);
  EXPECT_EQ(add(who(7, 0)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(init(), ErrorCode::concurrent_transactions);
  complete();
  EXPECT_EQ(state(), State::complete_commit);
  EXPECT_EQ(current(), who(7, 0));
  EXPECT_TRUE(transaction_.now().partitions.empty());
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::none);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::invalid_txn_state);
  EXPECT_EQ(add(who(7, 0)), ErrorCode::none);
  EXPECT_GT(transaction_.now().started, started);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::none);
  complete();
  EXPECT_EQ(state(), State::complete_abort);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::none);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::invalid_txn_state);
}

TEST_F(Transactions, what_is_in_already_needs_no_record) {
  init();
  add(who(7, 0), {{"t", 0}, {"t", 1}});
  const auto step = transaction_.add(who(7, 0), {{"t", 1}}, client_, context());
  EXPECT_EQ(step.error, ErrorCode::none);
  EXPECT_FALSE(step.next);
  EXPECT_EQ(transaction_.check(who(7, 0), {"t", 1}), ErrorCode::none);
  EXPECT_EQ(transaction_.check(who(7, 0), {"t", 2}), ErrorCode::transaction_abortable);
  EXPECT_EQ(transaction_.check(who(7, 1), {"t", 1}), ErrorCode::producer_fenced);
  EXPECT_EQ(transaction_.check(who(8, 0), {"t", 1}), ErrorCode::invalid_producer_id_mapping);
}

TEST_F(Transactions, nothing_happens_beside_what_is_being_written) {
  init();
  add(who(7, 0));
  transaction_.begin(transaction_.now());
  EXPECT_EQ(add(who(7, 0), {{"t", 1}}), ErrorCode::concurrent_transactions);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::concurrent_transactions);
  EXPECT_EQ(init(), ErrorCode::concurrent_transactions);
  EXPECT_EQ(take(transaction_.abort(context())), ErrorCode::concurrent_transactions);
  transaction_.give_up();
  EXPECT_EQ(add(who(7, 0), {{"t", 1}}), ErrorCode::none);
}

// Its decision may be in the log already.
TEST_F(Transactions, nothing_comes_in_behind_an_end_that_is_being_written) {
  init();
  add(who(7, 0));
  auto step = transaction_.end(who(7, 0), true, client_, context());
  transaction_.begin(std::move(*step.next));
  EXPECT_EQ(transaction_.check(who(7, 0), {"t", 0}), ErrorCode::concurrent_transactions);
}

TEST_F(Transactions, a_new_incarnation_aborts_what_is_open_first) {
  init();
  add(who(7, 0));
  EXPECT_EQ(init(), ErrorCode::concurrent_transactions);
  EXPECT_EQ(state(), State::prepare_abort);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::producer_fenced);
  complete();
  EXPECT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 2));
}

TEST_F(Transactions, an_incarnation_that_is_over_does_not_end_what_the_next_has_begun) {
  init();
  init();
  add(who(7, 1));
  EXPECT_EQ(init(who(7, 0)), ErrorCode::producer_fenced);
  EXPECT_EQ(state(), State::ongoing);
}

// KIP-360.
TEST_F(Transactions, a_producer_goes_on_with_the_next_epoch_and_may_ask_twice) {
  init();
  EXPECT_EQ(init(who(7, 0)), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(init(who(7, 0)), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(init(who(7, 1)), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 2));
  EXPECT_EQ(init(who(7, 0)), ErrorCode::producer_fenced);
  EXPECT_EQ(init(who(9, 2)), ErrorCode::producer_fenced);
  // Somebody who does not go on makes all before it strangers.
  EXPECT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(init(who(7, 2)), ErrorCode::producer_fenced);
}

TEST_F(Transactions, used_up_epochs_are_followed_by_another_producer_id) {
  begin_at(who(7, 32'766));
  auto step = transaction_.init(kTimeout, {}, context());
  EXPECT_TRUE(step.needs_producer_id);
  EXPECT_FALSE(step.next);
  fresh_ = ProducerId(8);
  EXPECT_EQ(init(who(7, 32'766)), ErrorCode::none);
  EXPECT_EQ(current(), who(8, 0));
  EXPECT_EQ(transaction_.now().previous_producer_id, ProducerId(7));
  // The answer was lost.
  EXPECT_EQ(init(who(7, 32'766)), ErrorCode::none);
  EXPECT_EQ(current(), who(8, 0));
  EXPECT_EQ(init(who(7, 5)), ErrorCode::producer_fenced);
}

TEST_F(Transactions, the_last_epoch_is_for_fencing) {
  begin_at(who(7, 32'766));
  add(who(7, 32'766));
  EXPECT_EQ(init(), ErrorCode::concurrent_transactions);
  EXPECT_EQ(current(), who(7, 32'767));
  complete();
  fresh_ = ProducerId(8);
  EXPECT_EQ(init(), ErrorCode::none);
  EXPECT_EQ(current(), who(8, 0));
}

TEST_F(Transactions, a_timeout_fences_whoever_wrote) {
  for (const auto version : {Version::v0, Version::v2}) {
    begin_at(who(7, 4));
    cluster_ = version;
    client_ = version;
    add(who(7, 4));
    take(transaction_.abort(context()));
    EXPECT_EQ(state(), State::prepare_abort);
    EXPECT_EQ(current(), who(7, 5));
    complete();
    EXPECT_EQ(state(), State::complete_abort);
    EXPECT_EQ(add(who(7, 4)), ErrorCode::producer_fenced);
    EXPECT_EQ(end(who(7, 4), true), ErrorCode::producer_fenced);
  }
}

TEST_F(Transactions, version_2_raises_the_epoch_at_every_end) {
  use_version_2();
  init();
  add(who(7, 0));
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::none);
  EXPECT_EQ(state(), State::prepare_commit);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(add(who(7, 1)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::concurrent_transactions);
  complete();
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(add(who(7, 0)), ErrorCode::producer_fenced);
  EXPECT_EQ(add(who(7, 1)), ErrorCode::none);
  EXPECT_EQ(end(who(7, 1), false), ErrorCode::none);
  complete();
  EXPECT_EQ(current(), who(7, 2));
}

TEST_F(Transactions, version_2_answers_an_end_again_whose_answer_was_lost) {
  use_version_2();
  init();
  add(who(7, 0));
  end(who(7, 0), true);
  complete();
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(state(), State::complete_commit);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::invalid_txn_state);
  // With the epoch that came of it, it is the end of another transaction: of one without records.
  EXPECT_EQ(end(who(7, 1), true), ErrorCode::invalid_txn_state);
  EXPECT_EQ(end(who(7, 1), false), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 2));
  complete();
  EXPECT_EQ(state(), State::complete_abort);
  EXPECT_EQ(end(who(7, 1), false), ErrorCode::none);
  EXPECT_EQ(current(), who(7, 2));
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::producer_fenced);
}

TEST_F(Transactions, version_2_aborts_what_has_no_partitions) {
  use_version_2();
  init();
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::invalid_txn_state);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::none);
  EXPECT_EQ(state(), State::prepare_abort);
  EXPECT_TRUE(transaction_.now().partitions.empty());
  EXPECT_GE(transaction_.now().started, 0);
  complete();
  EXPECT_EQ(current(), who(7, 1));
}

TEST_F(Transactions, version_2_changes_the_producer_id_where_its_epochs_are_used_up) {
  use_version_2();
  begin_at(who(7, 32'766));
  add(who(7, 32'766));
  EXPECT_TRUE(transaction_.end(who(7, 32'766), true, client_, context()).needs_producer_id);
  fresh_ = ProducerId(8);
  auto step = transaction_.end(who(7, 32'766), true, client_, context());
  EXPECT_EQ(Transaction::identity_after(*step.next), who(8, 0));
  take(std::move(step));
  // Its markers are those of the old one.
  EXPECT_EQ(current(), who(7, 32'767));
  EXPECT_EQ(add(who(8, 0)), ErrorCode::concurrent_transactions);
  complete();
  EXPECT_EQ(current(), who(8, 0));
  EXPECT_EQ(end(who(7, 32'766), true), ErrorCode::none);
  EXPECT_EQ(add(who(7, 32'766)), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(add(who(8, 0)), ErrorCode::none);
}

TEST_F(Transactions, a_producer_of_version_1_is_fenced_by_a_cluster_of_version_2) {
  cluster_ = Version::v2;
  init();
  add(who(7, 0));
  take(transaction_.abort(context()));
  complete();
  EXPECT_EQ(current(), who(7, 1));
  EXPECT_EQ(end(who(7, 0), true), ErrorCode::producer_fenced);
  EXPECT_EQ(end(who(7, 0), false), ErrorCode::producer_fenced);
}

}  // namespace
}  // namespace ottla::broker
