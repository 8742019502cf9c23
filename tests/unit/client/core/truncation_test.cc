#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

const TopicPartition kPartition{"t", 0};

// A partition of the scripted cluster that was cut, and may have been written to since, between two
// polls of a consumer.
class TruncationTest : public testing::Test {
 protected:
  TruncationTest() {
    world.cluster.create_topic("t", 1);
    config = world.consumer_config();
    config.retry_backoff = 10ms;
    config.retry_backoff_max = 50ms;
  }

  // Stores the records `prefix`0, `prefix`1 ..., each a batch of its own.
  void fill(const std::string& prefix, int count) {
    const auto producer = world.start(world.producer_config());
    ASSERT_TRUE(world.await(producer->warm_up("t")));
    for (int i = 0; i < count; ++i) {
      const auto value = prefix + std::to_string(i);
      ASSERT_TRUE(producer->try_send({.topic = "t", .value = value, .partition = 0}));
      ASSERT_TRUE(world.await(producer->flush_async()));
    }
    ASSERT_TRUE(world.await(producer->close_async(1min)));
  }

  // The log from `end` on is lost, as by an election of a replica that never had it.
  void lose(std::int64_t end, bool publish = true) {
    partition().truncate(protocol::Offset(end));
    world.cluster.move_leader(kPartition, leader() % 3 + 1, publish);
  }
  int leader() { return partition().actual.leader.value; }
  simulation::ScriptedPartition& partition() { return world.cluster.partition(kPartition); }

  std::vector<std::string> read(ConsumerCore& consumer, std::size_t count) {
    std::vector<std::string> values;
    while (values.size() < count) {
      const auto batch = world.await(consumer.next(), 1min);
      EXPECT_TRUE(batch.has_value()) << batch.error();
      if (!batch) break;
      for (const auto& record : *batch) values.emplace_back(record.value());
    }
    return values;
  }
  std::shared_ptr<ConsumerCore> start_reader() {
    auto consumer = world.start(config);
    EXPECT_TRUE(consumer->assign({kPartition}));
    return consumer;
  }
  // A consumer that has read the records a0 .. a9.
  std::shared_ptr<ConsumerCore> start_behind_ten() {
    fill("a", 10);
    auto consumer = start_reader();
    EXPECT_EQ(read(*consumer, 10).back(), "a9");
    return consumer;
  }
  Error next_error(ConsumerCore& consumer) {
    const auto batch = world.await(consumer.next(), 2min);
    EXPECT_FALSE(batch.has_value());
    return batch ? Error(ErrorCode::none) : batch.error();
  }
  std::uint64_t asked() { return world.cluster.count_seen(ApiKey::offset_for_leader_epoch); }

  ClientWorld world;
  ConsumerConfig config;
};

TEST_F(TruncationTest, a_leader_that_has_all_that_was_read_is_asked_once_and_read_on) {
  const auto consumer = start_behind_ten();
  const auto before = asked();
  world.cluster.move_leader(kPartition, 2);
  fill("b", 3);
  EXPECT_EQ(read(*consumer, 3), (std::vector<std::string>{"b0", "b1", "b2"}));
  EXPECT_EQ(asked(), before + 1);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_noticed_though_the_log_has_grown_again_and_reading_goes_on_where_it_was) {
  const auto consumer = start_behind_ten();
  lose(6);
  fill("b", 20);
  const auto values = read(*consumer, 20);
  EXPECT_EQ(values.front(), "b0");
  EXPECT_EQ(values.back(), "b19");
  EXPECT_EQ(world.await(consumer->position(kPartition)).value(), 26);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_noticed_when_only_a_refused_fetch_tells_of_the_new_leader) {
  const auto consumer = start_behind_ten();
  lose(6, false);
  fill("b", 20);
  EXPECT_EQ(read(*consumer, 20).front(), "b0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_noticed_by_the_answer_to_a_fetch_where_the_leader_is_the_same) {
  const auto consumer = start_behind_ten();
  const auto before = asked();
  partition().truncate(protocol::Offset(6));
  world.sim.run_for(5s);
  EXPECT_EQ(world.await(consumer->position(kPartition)).value(), 6);
  EXPECT_EQ(asked(), before + 1);
  fill("b", 2);
  EXPECT_EQ(read(*consumer, 2), (std::vector<std::string>{"b0", "b1"}));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, without_a_reset_is_an_error_that_says_where_until_somebody_seeks) {
  config.auto_offset_reset = AutoOffsetReset::none;
  fill("a", 10);
  const auto consumer = start_reader();
  ASSERT_TRUE(consumer->seek(kPartition, 0));
  EXPECT_EQ(read(*consumer, 10).size(), 10U);
  lose(6);
  fill("b", 20);
  for (int i = 0; i < 3; ++i) {
    const auto error = next_error(*consumer);
    EXPECT_EQ(error.code(), ErrorCode::log_truncated) << error;
    EXPECT_EQ(error.context().offset, 6);
    EXPECT_EQ(error.context().topic, "t");
    EXPECT_EQ(error.context().partition, 0);
  }
  ASSERT_TRUE(consumer->seek(kPartition, 6));
  EXPECT_EQ(read(*consumer, 20).front(), "b0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, drops_what_was_fetched_ahead_of_the_lost_log) {
  config.max_poll_records = 2;
  fill("a", 10);
  const auto consumer = start_reader();
  EXPECT_EQ(read(*consumer, 2).back(), "a1");
  world.sim.run_for(5s);
  lose(4);
  world.cluster.publish();
  fill("b", 3);
  world.sim.run_for(10min);  // metadata are asked for anew, if not before
  EXPECT_EQ(read(*consumer, 5), (std::vector<std::string>{"a2", "a3", "b0", "b1", "b2"}));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, of_an_epoch_that_the_leader_knows_nothing_of_resets_the_position) {
  world.cluster.move_leader(kPartition, 2);
  fill("a", 10);
  const auto consumer = start_reader();
  EXPECT_EQ(read(*consumer, 10).size(), 10U);
  world.cluster.play({.trick = Trick::wrong_offsets, .api = ApiKey::offset_for_leader_epoch});
  world.cluster.move_leader(kPartition, 3);
  EXPECT_EQ(read(*consumer, 10).front(), "a0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_not_looked_for_where_brokers_cannot_tell) {
  world.cluster.limit(ApiKey::offset_for_leader_epoch, 0, 2);
  world.cluster.limit(ApiKey::fetch, 4, 11);
  const auto consumer = start_behind_ten();
  world.cluster.move_leader(kPartition, 2);
  fill("b", 2);
  EXPECT_EQ(read(*consumer, 2), (std::vector<std::string>{"b0", "b1"}));
  EXPECT_EQ(asked(), 0U);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_asked_about_again_whatever_passes) {
  for (const auto code : {ErrorCode::not_leader_or_follower, ErrorCode::fenced_leader_epoch,
                          ErrorCode::unknown_leader_epoch, ErrorCode::leader_not_available,
                          ErrorCode::kafka_storage_error, ErrorCode::unknown_topic_or_partition,
                          ErrorCode::offset_not_available, ErrorCode::unknown_server_error}) {
    ClientWorld fresh;
    fresh.cluster.create_topic("t", 1);
    fresh.cluster.play(
        {.trick = Trick::error, .api = ApiKey::offset_for_leader_epoch, .times = 2, .error = code});
    const auto consumer = fresh.start(fresh.consumer_config());
    ASSERT_TRUE(consumer->assign({kPartition}));
    EXPECT_EQ(fresh.await(consumer->position(kPartition)).value(), 0) << Error(code);
    EXPECT_EQ(fresh.cluster.count_seen(ApiKey::offset_for_leader_epoch), 3U) << Error(code);
    EXPECT_TRUE(fresh.await(consumer->close_async()));
  }
}

TEST_F(TruncationTest, poll_hears_that_it_must_not_be_asked_about) {
  world.cluster.play({.trick = Trick::error,
                      .api = ApiKey::offset_for_leader_epoch,
                      .error = ErrorCode::topic_authorization_failed});
  fill("a", 1);
  const auto consumer = start_reader();
  EXPECT_EQ(next_error(*consumer).code(), ErrorCode::topic_authorization_failed);
  EXPECT_EQ(read(*consumer, 1).front(), "a0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_asked_about_again_after_every_kind_of_broken_answer) {
  for (const auto trick :
       {Trick::stall, Trick::close_before, Trick::close_after, Trick::wrong_correlation_id,
        Trick::shorten, Trick::cut_off, Trick::garbage, Trick::huge_count, Trick::negative_size,
        Trick::oversized, Trick::missing_partition, Trick::foreign_partition,
        Trick::doubled_partition, Trick::twice}) {
    ClientWorld fresh;
    fresh.cluster.create_topic("t", 1);
    fresh.cluster.play({.trick = trick, .api = ApiKey::offset_for_leader_epoch, .times = 2});
    const auto consumer = fresh.start(fresh.consumer_config());
    ASSERT_TRUE(consumer->assign({kPartition}));
    const auto position = fresh.await(consumer->position(kPartition), 5min);
    const auto played = static_cast<int>(trick);
    if (trick == Trick::stall) {
      // Two answers that never come take longer than default_api_timeout.
      EXPECT_FALSE(position) << played;
      EXPECT_EQ(fresh.await(consumer->position(kPartition)).value(), 0) << played;
    } else {
      ASSERT_TRUE(position) << played << position.error();
      EXPECT_EQ(*position, 0) << played;
    }
    EXPECT_TRUE(fresh.await(consumer->close_async()));
  }
}

TEST_F(TruncationTest, of_a_topic_that_was_made_anew_resets_the_position) {
  world.cluster.move_leader(kPartition, 2);
  const auto consumer = start_behind_ten();
  world.cluster.delete_topic("t");
  world.cluster.create_topic("t", 1);
  const auto since = world.sim.now();
  fill("b", 3);
  EXPECT_EQ(read(*consumer, 3), (std::vector<std::string>{"b0", "b1", "b2"}));
  EXPECT_LT(world.sim.now() - since, config.default_api_timeout);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, of_a_topic_that_was_made_anew_is_an_error_without_a_reset) {
  config.auto_offset_reset = AutoOffsetReset::none;
  world.cluster.move_leader(kPartition, 2);
  fill("a", 10);
  const auto consumer = start_reader();
  ASSERT_TRUE(consumer->seek(kPartition, 0));
  EXPECT_EQ(read(*consumer, 10).size(), 10U);
  world.cluster.delete_topic("t");
  world.cluster.create_topic("t", 1);
  fill("b", 1);
  EXPECT_EQ(next_error(*consumer).code(), ErrorCode::log_truncated);
  ASSERT_TRUE(consumer->seek(kPartition, 0));
  EXPECT_EQ(read(*consumer, 1).front(), "b0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, a_position_newer_than_all_leaders_waits_for_metadata_before_one_is_asked) {
  config.group_id = "g";
  config.enable_auto_commit = false;
  fill("a", 10);
  {
    const auto consumer = start_reader();
    ASSERT_TRUE(world.await(
        consumer->commit({{kPartition, {.offset = 4, .leader_epoch = 7, .metadata = {}}}})));
    ASSERT_TRUE(world.await(consumer->close_async()));
  }
  const auto before = asked();
  const auto consumer = start_reader();
  world.sim.run_for(config.default_api_timeout - 1s);
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(read(*consumer, 10).front(), "a0") << "the leader knows nothing of that epoch";
  EXPECT_EQ(asked(), before + 2) << "of the position it was reset to, too";
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, is_noticed_by_the_next_member_by_the_epoch_that_was_committed) {
  config.group_id = "g";
  {
    const auto consumer = start_behind_ten();
    ASSERT_TRUE(world.await(consumer->commit_returned()));
    ASSERT_TRUE(world.await(consumer->close_async()));
  }
  const auto committed = world.cluster.group().offsets.at(kPartition);
  EXPECT_EQ(committed, 10);
  lose(6);
  fill("b", 20);
  const auto consumer = start_reader();
  EXPECT_EQ(read(*consumer, 20).front(), "b0");
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(TruncationTest, batches_without_records_tell_their_epoch_too) {
  const auto consumer = start_behind_ten();
  world.cluster.move_leader(kPartition, 2);
  partition().append_marker(protocol::ProducerId(5), protocol::ProducerEpoch(0), true);
  world.sim.run_for(10min);
  ASSERT_TRUE(consumer->poll(0ns));
  EXPECT_EQ(world.await(consumer->position(kPartition)).value(), 11);
  world.cluster.move_leader(kPartition, 3);
  fill("b", 1);
  // Were the marker's offset taken for one of the epoch before, it would seem to be cut off.
  EXPECT_EQ(read(*consumer, 1).front(), "b0");
  EXPECT_EQ(world.await(consumer->position(kPartition)).value(), 12);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

}  // namespace
}  // namespace ottla::client
