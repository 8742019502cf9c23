#include "broker/transaction/transaction_coordinator.h"

#include <gtest/gtest.h>

#include "tests/unit/transaction/coordinator_world.h"

namespace ottla::broker {
namespace {

using namespace std::chrono_literals;
using State = TransactionState;
using Version = TransactionVersion;
using Codes = std::vector<ErrorCode>;
using Kind = TransactionCoordinator::Admission::Kind;

class Coordinator : public CoordinatorWorld {};

constexpr ErrorCode kNone = ErrorCode::none;

TEST_F(Coordinator, nothing_is_answered_or_known_before_it_is_durable) {
  log_->held = true;
  const auto made = init();
  EXPECT_FALSE(*made);
  EXPECT_EQ((*coordinator_->find("x"))->now().producer_epoch, protocol::kNoProducerEpoch);
  log_->finish();
  turn();
  ASSERT_TRUE(*made);
  const auto who = (*made)->producer;
  EXPECT_EQ(who.epoch, ProducerEpoch(0));
  const auto added = add(who, {{"t", 0}});
  EXPECT_FALSE(*added);
  EXPECT_EQ(state(), State::empty);
  log_->finish();
  turn();
  EXPECT_EQ(*added, kNone);
  EXPECT_EQ(state(), State::ongoing);
  const auto ended = end(who, true);
  EXPECT_FALSE(*ended);
  EXPECT_TRUE(markers_->written.empty());
  log_->finish();
  turn();
  EXPECT_EQ((*ended)->error, kNone);
  EXPECT_EQ(markers_->written.size(), 1U);
}

TEST_F(Coordinator, an_end_is_answered_when_it_is_decided_and_its_markers_follow) {
  const auto who = producer();
  add(who, {{"t", 0}, {"t", 2}});
  markers_->held = true;
  EXPECT_EQ((*end(who, true))->error, kNone);
  EXPECT_EQ(state(), State::prepare_commit);
  const auto& marker = markers_->written.at(0);
  EXPECT_EQ(marker.end.producer_id, who.id);
  EXPECT_EQ(marker.end.producer_epoch, who.epoch);
  EXPECT_TRUE(marker.end.commit);
  EXPECT_EQ(marker.end.coordinator_epoch, epoch_);
  EXPECT_EQ(marker.end.transaction_version, 0);
  EXPECT_EQ(marker.partitions, (std::vector<TopicPartition>{{"t", 0}, {"t", 2}}));
  EXPECT_EQ((*end(who, true))->error, ErrorCode::concurrent_transactions);
  markers_->finish();
  turn();
  EXPECT_EQ(state(), State::complete_commit);
  EXPECT_EQ(log_->replay(0).at("x").state, State::complete_commit);
  EXPECT_EQ((*end(who, true))->error, kNone);
}

TEST_F(Coordinator, version_2_hands_out_the_epoch_to_go_on_with) {
  const auto who = producer();
  EXPECT_EQ(*admit(who, {{"t", 0}}), (Codes{kNone}));
  const auto ended = end(who, true, Version::v2);
  EXPECT_EQ((*ended)->error, kNone);
  EXPECT_EQ((*ended)->producer.epoch, ProducerEpoch(1));
  EXPECT_EQ(markers_->written.at(0).end.producer_epoch, ProducerEpoch(1));
  EXPECT_EQ(markers_->written.at(0).end.transaction_version, 2);
  EXPECT_EQ(*admit(who, {{"t", 0}}), (Codes{ErrorCode::invalid_producer_epoch}));
  EXPECT_EQ(*admit((*ended)->producer, {{"t", 0}}), (Codes{kNone}));
}

TEST_F(Coordinator, markers_that_fail_are_written_until_they_are_there) {
  const auto who = producer();
  add(who, {{"t", 0}, {"t", 1}, {"t", 2}});
  markers_->held = true;
  end(who, false);
  markers_->finish(
      {{{"t", 1}, ErrorCode::not_leader_or_follower}, {{"t", 2}, ErrorCode::kafka_storage_error}});
  turn();
  EXPECT_EQ(state(), State::prepare_abort);
  turn(200ms);
  ASSERT_EQ(markers_->waiting.size(), 1U);
  EXPECT_EQ(markers_->waiting.front().partitions,
            (std::vector<TopicPartition>{{"t", 1}, {"t", 2}}));
  markers_->finish();
  turn();
  EXPECT_EQ(state(), State::complete_abort);
}

TEST_F(Coordinator, what_was_deleted_meanwhile_needs_no_marker_and_what_is_there_does) {
  const auto who = producer();
  add(who, {{"t", 0}});
  markers_->held = true;
  end(who, true);
  markers_->finish({{{"t", 0}, ErrorCode::unknown_topic_or_partition}});
  turn();
  EXPECT_EQ(state(), State::prepare_commit);
  show(epoch_, BrokerId(1), false);
  turn(200ms);
  markers_->finish({{{"t", 0}, ErrorCode::unknown_topic_or_partition}});
  turn();
  EXPECT_EQ(state(), State::complete_commit);
}

TEST_F(Coordinator, what_somebody_else_has_ended_holds_nothing_up) {
  const auto who = producer();
  add(who, {{"t", 0}, {"t", 1}});
  markers_->held = true;
  end(who, true);
  markers_->finish({{{"t", 0}, ErrorCode::invalid_producer_epoch},
                    {{"t", 1}, ErrorCode::transaction_coordinator_fenced}});
  turn();
  EXPECT_EQ(state(), State::complete_commit);
}

TEST_F(Coordinator, whoever_loads_the_partition_ends_what_was_decided) {
  const auto who = producer();
  add(who, {{"t", 0}, {"t", 1}});
  markers_->held = true;
  end(who, true);
  EXPECT_EQ(state(), State::prepare_commit);
  // What the markers of the first come to is no longer of interest.
  make();
  ASSERT_EQ(markers_->written.size(), 2U);
  EXPECT_EQ(markers_->written.at(1).end.coordinator_epoch, epoch_);
  EXPECT_EQ(markers_->written.at(1).partitions, markers_->written.at(0).partitions);
  markers_->finish();
  turn();
  EXPECT_EQ(state(), State::prepare_commit);
  markers_->finish();
  turn();
  EXPECT_EQ(state(), State::complete_commit);
}

TEST_F(Coordinator, another_broker_takes_over_and_nobody_is_answered_here) {
  const auto who = producer();
  log_->held = true;
  const auto added = add(who, {{"t", 0}});
  show(++epoch_, BrokerId(2));
  EXPECT_EQ(*add(who, {{"t", 1}}), ErrorCode::not_coordinator);
  log_->finish();
  turn();
  EXPECT_EQ(*added, ErrorCode::not_coordinator);
}

TEST_F(Coordinator, a_write_that_was_refused_changes_nothing) {
  const auto who = producer();
  add(who, {{"t", 0}});
  log_->held = true;
  const auto ended = end(who, true);
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  EXPECT_EQ((*ended)->error, ErrorCode::not_coordinator);
  EXPECT_EQ(state(), State::ongoing);
  EXPECT_TRUE(markers_->written.empty());
  log_->held = false;
  EXPECT_EQ((*end(who, false))->error, kNone);
  EXPECT_EQ(state(), State::complete_abort);
}

TEST_F(Coordinator, a_write_of_which_nobody_knows_has_the_log_read_anew) {
  const auto who = producer();
  add(who, {{"t", 0}});
  log_->held = true;
  const auto ended = end(who, true);
  log_->finish({.error = ErrorCode::kafka_storage_error});
  turn();
  EXPECT_EQ((*ended)->error, ErrorCode::not_coordinator);
  EXPECT_EQ(log_->reads, 2);
  EXPECT_EQ(state(), State::ongoing);
}

TEST_F(Coordinator, the_last_record_of_a_transaction_is_tried_until_it_is_there) {
  const auto who = producer();
  add(who, {{"t", 0}});
  markers_->held = true;
  end(who, true);
  log_->held = true;
  markers_->finish();
  turn();
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  EXPECT_EQ(state(), State::prepare_commit);
  log_->held = false;
  turn(200ms);
  EXPECT_EQ(state(), State::complete_commit);
  EXPECT_EQ(markers_->written.size(), 1U);
}

TEST_F(Coordinator, a_new_id_whose_first_record_was_refused_is_not_there) {
  log_->held = true;
  const auto made = init();
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  turn();
  EXPECT_EQ((*made)->error, ErrorCode::not_coordinator);
  EXPECT_EQ(*coordinator_->find("x"), nullptr);
  EXPECT_EQ(coordinator_->memory(), 0U);
}

TEST_F(Coordinator, requests_that_cannot_be_are_refused) {
  EXPECT_EQ((*init(""))->error, ErrorCode::invalid_request);
  EXPECT_EQ((*init(std::string(40'000, 'x')))->error, ErrorCode::invalid_request);
  for (const auto timeout : {0, -1, config_.transaction_max_timeout_ms + 1}) {
    EXPECT_EQ((*init("x", {}, timeout))->error, ErrorCode::invalid_transaction_timeout);
  }
  EXPECT_EQ((*init("x", {}, config_.transaction_max_timeout_ms))->error, kNone);
  const ProducerIdentity nobody{ProducerId(1), ProducerEpoch(0)};
  EXPECT_EQ(*add(nobody, {{"t", 0}}, ""), ErrorCode::invalid_request);
  EXPECT_EQ(*add(nobody, {{"t", 0}}, "y"), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ((*end(nobody, true, Version::v0, "y"))->error, ErrorCode::invalid_producer_id_mapping);
  no_ids_ = true;
  EXPECT_EQ((*init("z"))->error, ErrorCode::coordinator_load_in_progress);
  make(1);
  no_ids_ = false;
  EXPECT_EQ((*init("z"))->error, ErrorCode::policy_violation);
}

TEST_F(Coordinator, a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced) {
  for (const auto version : {std::int16_t{0}, std::int16_t{2}}) {
    cluster_version_ = version;
    show(epoch_);
    const auto id = "x" + std::to_string(version);
    const auto who = (*init(id, {}, 30'000))->producer;
    add(who, {{"t", 1}}, id);
    turn(25s);
    EXPECT_EQ(state(id), State::ongoing);
    turn(20s);
    EXPECT_EQ(state(id), State::complete_abort);
    EXPECT_FALSE(markers_->written.back().end.commit);
    EXPECT_EQ(markers_->written.back().end.producer_epoch, ProducerEpoch(1));
    EXPECT_EQ(*add(who, {{"t", 1}}, id), ErrorCode::producer_fenced);
  }
}

TEST_F(Coordinator, time_goes_on_for_a_transaction_that_is_loaded) {
  const auto who = (*init("x", {}, 60'000))->producer;
  add(who, {{"t", 1}});
  turn(40s);
  make();
  EXPECT_EQ(state(), State::ongoing);
  turn(35s);
  EXPECT_EQ(state(), State::complete_abort);
}

TEST_F(Coordinator, a_transaction_that_is_ending_does_not_time_out) {
  const auto who = (*init("x", {}, 1000))->producer;
  add(who, {{"t", 1}});
  markers_->held = true;
  EXPECT_EQ((*end(who, true))->error, kNone);
  turn(60s);
  EXPECT_EQ(state(), State::prepare_commit);
  markers_->finish();
  turn();
  EXPECT_EQ(state(), State::complete_commit);
}

TEST_F(Coordinator, ids_that_nobody_uses_are_forgotten) {
  config_.transactional_id_expiration_ms = 7'200'000;
  make();
  producer("idle");
  const auto who = (*init("open", {}, config_.transaction_max_timeout_ms))->producer;
  turn(110min);
  EXPECT_EQ(state("idle"), State::empty);
  producer("used");
  add(who, {{"t", 0}}, "open");
  turn(80min);
  EXPECT_EQ(state("idle"), State::dead);
  EXPECT_FALSE(log_->replay(0).contains("idle"));
  EXPECT_EQ(state("used"), State::empty);
  // Aborted in the meantime, but not idle for long enough.
  EXPECT_EQ(state("open"), State::complete_abort);
  const auto memory = coordinator_->memory();
  turn(24h);
  EXPECT_EQ(coordinator_->memory(), 0U);
  EXPECT_GT(memory, 0U);
  EXPECT_TRUE(log_->replay(0).empty());
}

TEST_F(Coordinator, an_id_that_is_being_forgotten_is_busy_until_that_is_over) {
  config_.transactional_id_expiration_ms = 1000;
  make();
  producer();
  log_->held = true;
  turn(61min);
  ASSERT_EQ(log_->waiting(), 1U);
  EXPECT_EQ((*init())->error, ErrorCode::concurrent_transactions);
  log_->finish({.error = ErrorCode::kafka_storage_error, .refused = true});
  log_->held = false;
  turn();
  EXPECT_EQ((*init())->producer.epoch, ProducerEpoch(1));
}

// --- Writers

TEST_F(Coordinator, records_come_in_where_the_transaction_has_their_partition) {
  const auto who = producer();
  add(who, {{"t", 0}});
  EXPECT_EQ(*admit(who, {{"t", 0}, {"t", 1}}, Kind::check_only),
            (Codes{kNone, ErrorCode::invalid_txn_state}));
  EXPECT_EQ(*admit(who, {{"t", 0}, {"t", 1}}, Kind::check_abortable),
            (Codes{kNone, ErrorCode::transaction_abortable}));
  const ProducerIdentity old{who.id, ProducerEpoch(-1)};
  EXPECT_EQ(*admit(old, {{"t", 0}}, Kind::check_only), (Codes{ErrorCode::invalid_producer_epoch}));
  const ProducerIdentity other{ProducerId(1), who.epoch};
  EXPECT_EQ(*admit(other, {{"t", 0}}, Kind::check_only),
            (Codes{ErrorCode::invalid_producer_id_mapping}));
  EXPECT_EQ(*admit(who, {{"t", 0}}, Kind::check_only, "y"),
            (Codes{ErrorCode::invalid_producer_id_mapping}));
}

TEST_F(Coordinator, late_records_do_not_come_into_a_transaction_that_is_decided) {
  const auto who = producer();
  add(who, {{"t", 0}});
  log_->held = true;
  const auto ended = end(who, true);
  EXPECT_EQ(*admit(who, {{"t", 0}}, Kind::check_only), (Codes{ErrorCode::not_enough_replicas}));
  markers_->held = true;
  log_->finish();
  turn();
  EXPECT_EQ(*admit(who, {{"t", 0}}, Kind::check_only), (Codes{ErrorCode::not_enough_replicas}));
  markers_->finish();
  turn();
  log_->finish();
  turn();
  EXPECT_EQ(*admit(who, {{"t", 0}}, Kind::check_only), (Codes{ErrorCode::invalid_txn_state}));
}

TEST_F(Coordinator, verification_can_be_turned_off) {
  config_.transaction_partition_verification_enable = false;
  const ProducerIdentity anybody{ProducerId(1), ProducerEpoch(0)};
  EXPECT_EQ(*admit(anybody, {{"t", 0}}, Kind::check_only), (Codes{kNone}));
}

TEST_F(Coordinator, a_partition_is_in_the_transaction_before_records_are_in_the_partition) {
  const auto who = producer();
  log_->held = true;
  const auto first = admit(who, {{"t", 0}, {"t", 1}});
  EXPECT_FALSE(*first);
  // What comes behind it waits, though not for the log: its partition will be in then.
  const auto second = admit(who, {{"t", 0}});
  const auto third = admit(who, {{"t", 2}});
  EXPECT_EQ(log_->waiting(), 1U);
  log_->finish();
  turn();
  EXPECT_EQ(*first, (Codes{kNone, kNone}));
  EXPECT_EQ(*second, (Codes{kNone}));
  EXPECT_FALSE(*third);
  log_->finish();
  turn();
  EXPECT_EQ(*third, (Codes{kNone}));
  EXPECT_EQ(admitted_, (std::vector{0, 1, 2}));
  EXPECT_EQ(log_->replay(0).at("x").partitions.size(), 3U);
}

TEST_F(Coordinator, writers_wait_for_the_end_of_the_transaction_before) {
  const auto who = producer();
  admit(who, {{"t", 0}});
  markers_->held = true;
  const auto next = (*end(who, true, Version::v2))->producer;
  const auto first = admit(next, {{"t", 0}});
  const auto second = admit(next, {{"t", 0}});
  EXPECT_FALSE(*first);
  markers_->finish();
  turn();
  EXPECT_EQ(*first, (Codes{kNone}));
  EXPECT_EQ(*second, (Codes{kNone}));
  EXPECT_EQ(admitted_, (std::vector{0, 1, 2}));
}

TEST_F(Coordinator, writers_do_not_wait_long_and_give_up_together) {
  const auto who = producer();
  admit(who, {{"t", 0}});
  markers_->held = true;
  const auto next = (*end(who, true, Version::v2))->producer;
  const auto first = admit(next, {{"t", 0}});
  turn(90ms);
  const auto second = admit(next, {{"t", 1}, {"t", 2}});
  EXPECT_FALSE(*first);
  turn(20ms);
  EXPECT_EQ(*first, (Codes{ErrorCode::concurrent_transactions}));
  EXPECT_EQ(*second,
            (Codes{ErrorCode::concurrent_transactions, ErrorCode::concurrent_transactions}));
  markers_->finish();
  turn();
  EXPECT_EQ(*admit(next, {{"t", 0}}), (Codes{kNone}));
}

TEST_F(Coordinator, writers_that_wait_are_told_when_the_coordinator_goes) {
  const auto who = producer();
  log_->held = true;
  const auto first = admit(who, {{"t", 0}});
  const auto second = admit(who, {{"t", 1}});
  coordinator_->stop();
  EXPECT_EQ(*second, (Codes{ErrorCode::not_enough_replicas}));
  log_->finish();
  turn();
  EXPECT_EQ(*first, (Codes{ErrorCode::not_enough_replicas}));
  EXPECT_EQ(*admit(who, {{"t", 0}}), (Codes{ErrorCode::not_enough_replicas}));
}

TEST_F(Coordinator, used_up_epochs_are_followed_by_another_producer_id) {
  TransactionMetadata worn;
  worn.producer_id = ProducerId(7);
  worn.producer_epoch = ProducerEpoch(32'766);
  worn.timeout_ms = 1000;
  worn.updated = 0;
  TransactionBatch batch(1);
  ASSERT_TRUE(batch.put("x", worn, Version::v2));
  log_->append(0, batch.take(), [](const StateLog::Outcome&) {});
  make();
  const ProducerIdentity who{worn.producer_id, worn.producer_epoch};
  EXPECT_EQ(*admit(who, {{"t", 0}}), (Codes{kNone}));
  const auto ended = end(who, true, Version::v2);
  EXPECT_EQ((*ended)->error, kNone);
  EXPECT_EQ((*ended)->producer, (ProducerIdentity{ProducerId(100), ProducerEpoch(0)}));
  EXPECT_EQ(markers_->written.at(0).end.producer_id, ProducerId(7));
  EXPECT_EQ(markers_->written.at(0).end.producer_epoch, ProducerEpoch(32'767));
  EXPECT_EQ(*admit((*ended)->producer, {{"t", 0}}), (Codes{kNone}));
}

}  // namespace
}  // namespace ottla::broker
