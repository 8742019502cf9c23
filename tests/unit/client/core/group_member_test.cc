#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

using Partitions = std::vector<TopicPartition>;

struct Heard final : ConsumerRebalanceListener {
  void on_partitions_assigned(const Partitions& partitions) override { add(assigned, partitions); }
  void on_partitions_revoked(const Partitions& partitions) override { add(revoked, partitions); }
  void on_partitions_lost(const Partitions& partitions) override { add(lost, partitions); }
  static void add(Partitions& to, const Partitions& partitions) {
    to.insert(to.end(), partitions.begin(), partitions.end());
  }

  Partitions assigned;
  Partitions revoked;
  Partitions lost;
};

const TopicPartition kFirst{"t", 0};

// One consumer in the group g of a scripted cluster. The topic t has 100 records in its first
// partition, of which a poll gives ten.
class GroupMemberTest : public testing::Test {
 protected:
  GroupMemberTest() {
    world.cluster.create_topic("t", 1);
    fill(kFirst, 100);
    config = world.consumer_config();
    config.group_id = "g";
    config.max_poll_records = 10;
    config.auto_commit_interval = 1h;
    config.partition_assignment_strategy = {range_assignor()};
  }

  void fill(const TopicPartition& partition, int count) {
    const auto producer = world.start(world.producer_config());
    ASSERT_TRUE(world.await(producer->warm_up(partition.topic)));
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(producer->try_send(
          {.topic = partition.topic, .value = "v", .partition = partition.partition}));
    }
    ASSERT_TRUE(world.await(producer->flush_async()));
    ASSERT_TRUE(world.await(producer->close_async(1min)));
  }

  // A member that has got the records 0..9 of t.
  std::shared_ptr<ConsumerCore> start_member() {
    auto consumer = world.start(config);
    EXPECT_TRUE(consumer->subscribe({"t"}, heard));
    expect_ten(*consumer);
    return consumer;
  }
  std::shared_ptr<ConsumerCore> start_by_hand() {
    auto consumer = world.start(config);
    EXPECT_TRUE(consumer->assign({kFirst}));
    expect_ten(*consumer);
    return consumer;
  }
  void expect_ten(ConsumerCore& consumer) {
    const auto batch = world.await(consumer.next(), 1min);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->size(), 10U);
  }
  ErrorCode next_error(ConsumerCore& consumer) {
    const auto batch = world.await(consumer.next(), 1min);
    return batch ? ErrorCode::none : batch.error().code();
  }
  // A revocation that the next poll is to run.
  void grant_revocation(ConsumerCore& consumer) {
    ASSERT_TRUE(consumer.enforce_rebalance("test"));
    world.sim.run_for(1s);
    ASSERT_TRUE(consumer.poll(0ns));
    world.sim.run_for(1s);
    ASSERT_EQ(consumer.assignment(), Partitions{kFirst});
  }
  void answer_always(ApiKey api, ErrorCode error) {
    world.cluster.play({.trick = Trick::error, .api = api, .times = Rule::kAlways, .error = error});
  }
  std::map<TopicPartition, std::int64_t> committed() { return world.cluster.group().offsets; }

  using Offsets = std::map<TopicPartition, std::int64_t>;

  ClientWorld world;
  ConsumerConfig config;
  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
};

TEST_F(GroupMemberTest, a_fenced_member_says_so_before_records_and_gives_up_its_partitions) {
  config.group_instance_id = "i";
  const auto consumer = start_member();
  answer_always(ApiKey::heartbeat, ErrorCode::fenced_instance_id);
  world.sim.run_for(5s);
  EXPECT_EQ(next_error(*consumer), ErrorCode::fenced_instance_id);
  world.sim.run_for(1s);
  EXPECT_EQ(next_error(*consumer), ErrorCode::fenced_instance_id);
  EXPECT_EQ(heard->lost, Partitions{kFirst});
  EXPECT_TRUE(consumer->assignment().empty());
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, a_member_that_is_refused_says_so_before_records) {
  config.partition_assignment_strategy = {cooperative_sticky_assignor()};
  const auto consumer = start_member();
  answer_always(ApiKey::join_group, ErrorCode::group_authorization_failed);
  ASSERT_TRUE(consumer->enforce_rebalance("test"));
  world.sim.run_for(1s);
  EXPECT_EQ(next_error(*consumer), ErrorCode::group_authorization_failed);
  world.cluster.play_no_more();
  expect_ten(*consumer);
  EXPECT_EQ(world.await(consumer->position(kFirst)).value(), 20);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, a_topic_that_it_must_not_read_is_an_error_for_poll) {
  config.metadata_max_age = 10s;
  answer_always(ApiKey::metadata, ErrorCode::topic_authorization_failed);
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->subscribe({"t"}, heard));
  const auto batch = world.await(consumer->next(), 1min);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::topic_authorization_failed) << batch.error();
  EXPECT_EQ(batch.error().context().topic, "t");
  world.cluster.play_no_more();
  world.sim.run_for(20s);
  expect_ten(*consumer);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, commits_as_often_as_can_be_without_spinning) {
  config.auto_commit_interval = 0ms;
  const auto consumer = start_member();
  expect_ten(*consumer);
  world.sim.run_for(1s);
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
  int steps = 0;
  EXPECT_FALSE(world.sim.run_until([&] { return ++steps > 50'000; }, 10s));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, a_commit_during_a_poll_takes_what_earlier_polls_returned) {
  const auto consumer = start_member();
  ASSERT_TRUE(consumer->set_paused({kFirst}, true));
  const auto under_way = consumer->next();
  ASSERT_TRUE(consumer->seek(kFirst, 50));
  ASSERT_TRUE(world.await(consumer->commit_returned()));
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, close_during_a_poll_commits_what_earlier_polls_returned) {
  const auto consumer = start_member();
  ASSERT_TRUE(consumer->set_paused({kFirst}, true));
  const auto under_way = consumer->next();
  ASSERT_TRUE(consumer->seek(kFirst, 50));
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
}

TEST_F(GroupMemberTest, close_commits_what_the_last_poll_returned) {
  const auto consumer = start_member();
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
  ASSERT_FALSE(world.cluster.group().commits.empty());
  EXPECT_EQ(world.cluster.group().commits.back().generation, 1);
}

TEST_F(GroupMemberTest, what_the_membership_still_wanted_leaves_partitions_assigned_by_hand_alone) {
  const auto consumer = start_member();
  grant_revocation(*consumer);
  ASSERT_TRUE(consumer->unsubscribe());
  ASSERT_TRUE(consumer->assign({kFirst}));
  ASSERT_TRUE(consumer->poll(0ns));
  EXPECT_EQ(consumer->assignment(), Partitions{kFirst});
  expect_ten(*consumer);
  EXPECT_EQ(world.await(consumer->position(kFirst)).value(), 20);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, a_rebalance_that_ends_after_unsubscribing_brings_nothing) {
  world.cluster.create_topic("u", 1);
  world.cluster.create_topic("v", 1);
  fill({"u", 0}, 100);
  config.partition_assignment_strategy = {cooperative_sticky_assignor()};
  const auto consumer = start_member();
  world.cluster.play({.trick = Trick::delay, .api = ApiKey::sync_group, .delay = 1s});
  world.cluster.play({.trick = Trick::delay, .api = ApiKey::offset_commit, .delay = 5s});
  ASSERT_TRUE(consumer->subscribe({"t", "v"}, heard));
  world.sim.run_for(500ms);
  ASSERT_TRUE(consumer->unsubscribe());
  const auto later = std::make_shared<Heard>();
  ASSERT_TRUE(consumer->subscribe({"u"}, later));
  expect_ten(*consumer);
  EXPECT_EQ(world.cluster.tricks_played(), 2U);
  EXPECT_EQ(consumer->assignment(), (Partitions{{"u", 0}}));
  EXPECT_EQ(later->assigned, (Partitions{{"u", 0}}));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, partitions_assigned_by_hand_are_committed_by_themselves) {
  config.auto_commit_interval = 5s;
  const auto consumer = start_by_hand();
  world.sim.run_for(6s);
  EXPECT_TRUE(committed().empty());
  expect_ten(*consumer);
  world.sim.run_for(6s);
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
  ASSERT_FALSE(world.cluster.group().commits.empty());
  EXPECT_EQ(world.cluster.group().commits.back().generation, -1);
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_EQ(committed(), (Offsets{{kFirst, 20}}));
}

TEST_F(GroupMemberTest, what_is_committed_by_itself_does_not_go_back_behind_what_was_asked_for) {
  config.auto_commit_interval = 5s;
  const auto consumer = start_by_hand();
  expect_ten(*consumer);
  ASSERT_TRUE(world.await(consumer->commit_returned()));
  world.sim.run_for(6s);
  EXPECT_EQ(committed(), (Offsets{{kFirst, 20}}));
  ASSERT_TRUE(consumer->seek(kFirst, 5));
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_EQ(committed(), (Offsets{{kFirst, 5}})) << "a seek goes back";
}

TEST_F(GroupMemberTest, partitions_assigned_by_hand_are_committed_before_they_go) {
  const auto consumer = start_by_hand();
  ASSERT_TRUE(consumer->assign({{"t", 7}}));
  world.sim.run_for(1s);
  EXPECT_EQ(committed(), (Offsets{{kFirst, 10}}));
  ASSERT_TRUE(consumer->assign({kFirst}));
  expect_ten(*consumer);
  ASSERT_TRUE(consumer->unsubscribe());
  ASSERT_TRUE(consumer->subscribe({"t"}, nullptr));
  expect_ten(*consumer);
  EXPECT_EQ(committed(), (Offsets{{kFirst, 20}}));
  EXPECT_EQ(world.await(consumer->position(kFirst)).value(), 30);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, without_auto_commit_nothing_is_committed_by_itself) {
  config.enable_auto_commit = false;
  const auto consumer = start_by_hand();
  ASSERT_TRUE(consumer->unsubscribe());
  ASSERT_TRUE(consumer->assign({kFirst}));
  expect_ten(*consumer);
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_TRUE(committed().empty());
}

TEST_F(GroupMemberTest, what_was_fetched_before_max_poll_interval_is_not_handed_out_after_it) {
  config.max_poll_interval = 10s;
  const auto consumer = start_member();
  world.sim.run_for(15s);
  const auto returning = consumer->poll(0ns);
  ASSERT_TRUE(returning) << returning.error();
  EXPECT_TRUE(returning->empty());
  expect_ten(*consumer);
  EXPECT_EQ(heard->lost, Partitions{kFirst});
  EXPECT_EQ(heard->assigned, (Partitions{kFirst, kFirst}));
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, what_was_to_be_revoked_is_lost_if_the_member_falls_out_first) {
  const auto consumer = start_member();
  grant_revocation(*consumer);
  world.cluster.play(
      {.trick = Trick::error, .api = ApiKey::heartbeat, .error = ErrorCode::unknown_member_id});
  world.sim.run_for(5s);
  ASSERT_TRUE(consumer->poll(0ns));
  EXPECT_TRUE(heard->revoked.empty());
  EXPECT_EQ(heard->lost, Partitions{kFirst});
  expect_ten(*consumer);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

// What it has read it read as that member: for offsets in a transaction this must be said, or they
// would be taken for those of a client outside the group.
TEST_F(GroupMemberTest,
       one_that_fell_out_is_in_its_metadata_who_it_was_until_it_is_somebody_again) {
  const auto consumer = start_member();
  const auto was = consumer->group_metadata();
  ASSERT_GE(was.generation_id, 0);
  world.cluster.play(
      {.trick = Trick::error, .api = ApiKey::heartbeat, .error = ErrorCode::unknown_member_id});
  world.sim.run_for(5s);
  EXPECT_EQ(consumer->group_metadata(), was);
  expect_ten(*consumer);
  EXPECT_EQ(heard->lost, Partitions{kFirst});
  EXPECT_NE(consumer->group_metadata(), was);
  EXPECT_GE(consumer->group_metadata().generation_id, 0);
  ASSERT_TRUE(consumer->unsubscribe());
  world.sim.run_for(5s);
  EXPECT_EQ(consumer->group_metadata().generation_id, -1);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

TEST_F(GroupMemberTest, nothing_is_committed_without_the_membership_that_ended_before_it) {
  config.enable_auto_commit = false;
  config.partition_assignment_strategy = {cooperative_sticky_assignor()};
  const auto consumer = start_member();
  answer_always(ApiKey::join_group, ErrorCode::rebalance_in_progress);
  ASSERT_TRUE(consumer->enforce_rebalance("test"));
  world.sim.run_for(1s);
  auto commit = consumer->commit({{kFirst, {.offset = 10}}});
  EXPECT_TRUE(world.await(consumer->close_async({.timeout = 2s})));
  const auto outcome = world.await(std::move(commit));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::timed_out);
  EXPECT_EQ(world.cluster.count_seen(ApiKey::offset_commit), 0U);
}

TEST_F(GroupMemberTest, a_factory_that_makes_no_assignor_is_an_error) {
  config.partition_assignment_strategy = {[] { return nullptr; }};
  const auto consumer = ConsumerCore::start(world.app.runtime(), config);
  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace ottla::client
