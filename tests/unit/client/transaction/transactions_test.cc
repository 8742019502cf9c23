#include "tests/unit/client/transaction/transaction_world.h"

// Both kinds of transactions (KIP-890), call by call.
namespace ottla::client {
namespace {

using State = TransactionManager::State;

class Transactions : public ::testing::TestWithParam<bool> {
 protected:
  TransactionWorld world_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Kinds, Transactions, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "second" : "first"; });

TEST_P(Transactions, are_seen_if_they_are_committed) {
  const auto producer = world_.open();
  ASSERT_TRUE(world_.transact(*producer, "a"));
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "b"));
  ASSERT_TRUE(world_.await(producer->flush_async()));
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  ASSERT_TRUE(world_.transact(*producer, "c", 1));
  ASSERT_TRUE(world_.transact(*producer, "d"));
  EXPECT_EQ(world_.committed(), (Values{"a", "d"}));
  EXPECT_EQ(world_.committed(1), Values{"c"});
  EXPECT_EQ(world_.cluster.count_seen(ApiKey::add_partitions_to_txn), GetParam() ? 0U : 4U);
  world_.close(producer);
}

TEST_P(Transactions, tell_how_long_their_calls_took) {
  const auto producer = world_.open();
  const auto ns = [&](const char* call) {
    return producer->metrics().value(std::string("txn-") + call + "-time-ns-total").value();
  };
  EXPECT_GT(ns("init"), 0);
  for (const auto* call : {"begin", "send-offsets", "commit", "abort"}) EXPECT_EQ(ns(call), 0);
  ASSERT_TRUE(world_.transact(*producer, "a"));
  const auto once = ns("commit");
  EXPECT_GT(once, 0);
  ASSERT_TRUE(world_.transact(*producer, "b"));
  EXPECT_GT(ns("commit"), once);
  EXPECT_EQ(ns("abort"), 0);
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.await(
      producer->send_offsets_to_transaction({{{"t", 0}, {.offset = 7}}}, {.group_id = "g"})));
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  EXPECT_GT(ns("send-offsets"), 0);
  EXPECT_GT(ns("abort"), 0);
  world_.close(producer);
}

TEST_P(Transactions, that_write_nothing_need_nobody) {
  const auto producer = world_.open();
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.await(producer->commit_transaction()));
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  EXPECT_EQ(world_.cluster.count_seen(ApiKey::end_txn), 0U);
  world_.close(producer);
}

TEST_P(Transactions, take_offsets_of_a_group_along) {
  const auto producer = world_.open();
  const ConsumerGroupMetadata group{.group_id = "g"};
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(
      world_.await(producer->send_offsets_to_transaction({{{"t", 0}, {.offset = 7}}}, group)));
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  EXPECT_TRUE(world_.cluster.group().offsets.empty());
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(
      world_.await(producer->send_offsets_to_transaction({{{"t", 0}, {.offset = 8}}}, group)));
  EXPECT_TRUE(world_.cluster.group().offsets.empty());
  ASSERT_TRUE(world_.await(producer->commit_transaction()));
  EXPECT_EQ((world_.cluster.group().offsets.at({"t", 0})), 8);
  EXPECT_EQ(world_.cluster.count_seen(ApiKey::add_offsets_to_txn), GetParam() ? 0U : 2U);
  world_.close(producer);
}

TEST_P(Transactions, are_aborted_if_the_member_is_of_the_past) {
  const auto producer = world_.open();
  world_.cluster.group().generation = 5;
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "a"));
  const auto sent = world_.await(producer->send_offsets_to_transaction(
      {{{"t", 0}, {.offset = 7}}}, {.group_id = "g", .generation_id = 4, .member_id = "m"}));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::illegal_generation);
  EXPECT_TRUE(sent.error().abortable());
  const auto committed = world_.await(producer->commit_transaction());
  ASSERT_FALSE(committed);
  EXPECT_TRUE(committed.error().abortable());
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  ASSERT_TRUE(world_.transact(*producer, "b"));
  EXPECT_EQ(world_.committed(), Values{"b"});
  world_.close(producer);
}

TEST_P(Transactions, refuse_calls_out_of_turn_and_stay_as_they_are) {
  const auto producer = world_.start(world_.config());
  EXPECT_FALSE(producer->begin_transaction());
  ASSERT_TRUE(world_.await(producer->init_transactions()));
  ASSERT_TRUE(world_.await(producer->warm_up("t")));
  EXPECT_FALSE(world_.await(producer->init_transactions()));
  EXPECT_FALSE(world_.await(producer->commit_transaction()));
  EXPECT_FALSE(world_.await(producer->abort_transaction()));
  const auto outside = world_.send(*producer, "a");
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code(), ErrorCode::invalid_argument);
  ASSERT_TRUE(producer->begin_transaction());
  EXPECT_FALSE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "b"));
  ASSERT_TRUE(world_.await(producer->commit_transaction()));
  EXPECT_EQ(world_.committed(), Values{"b"});
  world_.close(producer);
}

TEST_P(Transactions, of_a_predecessor_are_aborted_and_it_is_fenced) {
  const auto first = world_.open();
  ASSERT_TRUE(first->begin_transaction());
  ASSERT_TRUE(world_.send(*first, "a"));
  ASSERT_TRUE(world_.await(first->flush_async()));
  const auto second = world_.open();
  ASSERT_TRUE(world_.transact(*second, "b"));
  const auto late = world_.await(first->commit_transaction());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::producer_fenced);
  EXPECT_TRUE(late.error().fatal());
  EXPECT_FALSE(first->begin_transaction());
  EXPECT_EQ(world_.committed(), Values{"b"});
  world_.close(second);
  world_.close(first);
}

TEST_P(Transactions, that_are_open_for_too_long_are_fatal) {
  const auto producer = world_.open();
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "a"));
  ASSERT_TRUE(world_.await(producer->flush_async()));
  world_.cluster.transactions().time_out("writer");
  auto sent = producer->try_send({.topic = "t", .value = "b", .partition = 0});
  ASSERT_TRUE(sent);
  const auto late = world_.await(std::move(*sent));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::invalid_producer_epoch);
  const auto committed = world_.await(producer->commit_transaction());
  ASSERT_FALSE(committed);
  EXPECT_TRUE(committed.error().abortable());
  const auto aborted = world_.await(producer->abort_transaction());
  ASSERT_FALSE(aborted);
  EXPECT_TRUE(aborted.error().fatal());
  EXPECT_EQ(world_.committed(), Values{});
  world_.close(producer);
}

TEST_P(Transactions, fail_with_a_record_and_the_next_one_succeeds) {
  const auto producer = world_.open();
  world_.cluster.partition({"t", 1}).max_batch_bytes = 200;
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "a"));
  ASSERT_TRUE(world_.await(producer->flush_async()));
  auto large = producer->try_send({.topic = "t", .value = std::string(1000, 'x'), .partition = 1});
  ASSERT_TRUE(large);
  const auto refused = world_.await(std::move(*large));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::message_too_large);
  // What comes now cannot be committed, and is told so at once.
  const auto after = world_.send(*producer, "b");
  ASSERT_FALSE(after);
  EXPECT_TRUE(after.error().abortable());
  const auto committed = world_.await(producer->commit_transaction());
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code(), ErrorCode::message_too_large);
  EXPECT_TRUE(committed.error().abortable());
  EXPECT_FALSE(committed.error().fatal());
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  ASSERT_TRUE(world_.transact(*producer, "c"));
  EXPECT_EQ(world_.committed(), Values{"c"});
  world_.close(producer);
}

TEST_P(Transactions, fail_with_a_record_that_was_not_taken) {
  const auto producer = world_.open();
  ASSERT_TRUE(producer->begin_transaction());
  producer->send({.topic = "t", .value = std::string(2 << 20, 'x'), .partition = 0}).forget();
  const auto committed = world_.await(producer->commit_transaction());
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code(), ErrorCode::record_too_large);
  EXPECT_TRUE(committed.error().abortable());
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  ASSERT_TRUE(world_.transact(*producer, "b"));
  world_.close(producer);
}

TEST_P(Transactions, that_are_aborted_tell_records_that_had_not_left) {
  auto config = world_.config();
  config.linger = 10s;
  const auto producer = world_.start(config);
  ASSERT_TRUE(world_.await(producer->init_transactions()));
  ASSERT_TRUE(world_.await(producer->warm_up("t")));
  ASSERT_TRUE(producer->begin_transaction());
  auto sent = producer->try_send({.topic = "t", .value = "a", .partition = 0});
  ASSERT_TRUE(sent);
  ASSERT_TRUE(world_.await(producer->abort_transaction()));
  const auto outcome = world_.await(std::move(*sent));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::transaction_aborted);
  EXPECT_TRUE(world_.await(producer->flush_async()));  // of which flush tells nothing
  EXPECT_TRUE(world_.cluster.partition({"t", 0}).batches().empty());
  world_.close(producer);
}

TEST_P(Transactions, that_are_open_at_the_end_are_aborted) {
  const auto producer = world_.open();
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "a"));
  ASSERT_TRUE(world_.await(producer->flush_async()));
  EXPECT_TRUE(world_.cluster.transactions().open("writer"));
  world_.close(producer);
  EXPECT_FALSE(world_.cluster.transactions().open("writer"));
  EXPECT_EQ(world_.committed(), Values{});
}

TEST_P(Transactions, can_be_committed_again_after_a_commit_that_took_too_long) {
  auto config = world_.config();
  config.max_block = 500ms;
  const auto producer = world_.start(config);
  ASSERT_TRUE(world_.await(producer->init_transactions()));
  ASSERT_TRUE(world_.await(producer->warm_up("t")));
  world_.cluster.play({.trick = Trick::delay, .api = ApiKey::end_txn, .delay = 1500ms});
  ASSERT_TRUE(producer->begin_transaction());
  ASSERT_TRUE(world_.send(*producer, "a"));
  const auto late = world_.await(producer->commit_transaction());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
  EXPECT_TRUE(late.error().retriable());
  world_.sim.run_for(5s);  // the answer has come, but nobody has asked for it
  EXPECT_FALSE(producer->begin_transaction());
  EXPECT_FALSE(world_.await(producer->abort_transaction()));
  const auto again = world_.await(producer->commit_transaction());
  ASSERT_TRUE(again) << again.error();
  ASSERT_TRUE(world_.transact(*producer, "b"));
  EXPECT_EQ(world_.committed(), (Values{"a", "b"}));
  world_.close(producer);
}

TEST_P(Transactions, begin_once_the_cluster_can_be_reached) {
  auto config = world_.config();
  config.max_block = 1s;
  for (int i = 1; i <= 2; ++i) world_.cluster.node(i).crash(simulation::Crash::process);
  const auto producer = world_.start(config);
  const auto late = world_.await(producer->init_transactions());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
  for (int i = 1; i <= 2; ++i) world_.cluster.node(i).start();
  auto again = world_.await(producer->init_transactions());
  for (int i = 0; i < 60 && !again; ++i) again = world_.await(producer->init_transactions());
  ASSERT_TRUE(again) << again.error();
  ASSERT_TRUE(world_.await(producer->warm_up("t")));
  ASSERT_TRUE(world_.transact(*producer, "a"));
  world_.close(producer);
}

// In the first kind the epoch tells the late requests of one transaction from those of the next.
TEST_P(Transactions, never_share_an_epoch_with_one_that_had_a_request_without_answer) {
  const auto producer = world_.open();
  ASSERT_TRUE(world_.transact(*producer, "0"));
  const auto first = producer->transactions()->identity();
  ASSERT_TRUE(world_.transact(*producer, "a"));
  const auto before = producer->transactions()->identity();
  EXPECT_EQ(before.epoch > first.epoch, GetParam());
  world_.cluster.play({.trick = Trick::close_after, .api = ApiKey::end_txn});
  ASSERT_TRUE(world_.transact(*producer, "b"));
  ASSERT_TRUE(world_.transact(*producer, "c"));
  EXPECT_GT(producer->transactions()->identity().epoch, before.epoch);
  EXPECT_EQ(world_.committed(), (Values{"0", "a", "b", "c"}));
  world_.close(producer);
}

TEST_P(Transactions, need_permission_for_their_id_and_can_ask_again) {
  const auto producer = world_.start(world_.config());
  world_.cluster.play({.trick = Trick::error,
                       .api = ApiKey::init_producer_id,
                       .error = ErrorCode::transactional_id_authorization_failed});
  const auto refused = world_.await(producer->init_transactions());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::transactional_id_authorization_failed);
  ASSERT_TRUE(world_.await(producer->init_transactions()));
  world_.close(producer);
}

TEST(TransactionsOfOldBrokers, are_of_the_first_kind_whatever_features_say) {
  TransactionWorld world(true);
  world.cluster.limit(ApiKey::end_txn, 0, 4);
  const auto producer = world.open();
  ASSERT_TRUE(world.transact(*producer, "a"));
  EXPECT_EQ(world.cluster.count_seen(ApiKey::add_partitions_to_txn), 1U);
  EXPECT_EQ(world.committed(), Values{"a"});
  world.close(producer);
}

TEST(TransactionsOfNobody, are_configured_by_kafkas_keys) {
  const auto config = ProducerConfig::from_properties(
      {{"transactional.id", "me"}, {"transaction.timeout.ms", "5000"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->transactional_id, "me");
  EXPECT_EQ(config->transaction_timeout, 5s);
}

TEST(TransactionsOfNobody, need_an_id) {
  ClientWorld world;
  const auto producer = world.start(world.producer_config());
  EXPECT_EQ(world.await(producer->init_transactions()).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(producer->begin_transaction().error().code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
  auto config = world.producer_config();
  config.transactional_id = "t";
  config.acks = Acks::leader;
  EXPECT_FALSE(ProducerCore::start(world.app.runtime(), config));
}

}  // namespace
}  // namespace ottla::client
