#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/core/client_world.h"

// What a producer makes of brokers that lie, and of clusters that forget.
namespace ottla::client {
namespace {

using Strings = std::vector<std::string>;

class ProducerTrouble : public testing::Test {
 protected:
  void SetUp() override {
    world_.cluster.create_topic("t", 2);
    config_ = world_.producer_config();
    config_.linger = 0ms;
    config_.request_timeout = 2s;
    config_.delivery_timeout = 30s;
  }
  void start() {
    producer_ = world_.start(config_);
    ASSERT_TRUE(world_.await(producer_->warm_up("t")));
    ASSERT_TRUE(send("first"));
  }
  void TearDown() override {
    if (!producer_) return;
    (void)world_.await(producer_->flush_async());  // tells of records that failed
    EXPECT_TRUE(world_.await(producer_->close_async(1min)));
  }

  Future<RecordMetadata> begin(const std::string& value, std::int32_t partition = 0) {
    auto sent = producer_->try_send({.topic = "t", .value = value, .partition = partition});
    EXPECT_TRUE(sent) << sent.error();
    return std::move(*sent);
  }
  Result<RecordMetadata> send(const std::string& value) { return world_.await(begin(value)); }
  void play(Trick trick, std::uint64_t times = 1) {
    world_.cluster.play({.trick = trick, .api = ApiKey::produce, .times = times});
  }
  void refuse(ErrorCode error, ApiKey api = ApiKey::produce, std::uint64_t times = 1) {
    world_.cluster.play({.trick = Trick::error, .api = api, .times = times, .error = error});
  }
  Strings stored(std::int32_t partition = 0) { return world_.stored({"t", partition}); }

  ClientWorld world_{1, {.brokers = 1}};
  ProducerConfig config_;
  std::shared_ptr<ProducerCore> producer_;
};

TEST_F(ProducerTrouble, a_partition_that_is_answered_twice_counts_once) {
  start();
  play(Trick::doubled_partition, 3);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(send("v").value().offset(), i);
  EXPECT_EQ(stored().size(), 4U);
}

TEST_F(ProducerTrouble, an_answer_that_comes_twice_breaks_the_connection_and_nothing_else) {
  start();
  play(Trick::twice);
  EXPECT_EQ(send("a").value().offset(), 1);
  EXPECT_EQ(send("b").value().offset(), 2);
  EXPECT_EQ(stored(), (Strings{"=first", "=a", "=b"}));
}

TEST_F(ProducerTrouble, a_partition_that_is_not_answered_is_asked_for_again) {
  start();
  play(Trick::missing_partition);
  EXPECT_EQ(send("a").value().offset(), 1);
  EXPECT_EQ(stored(), (Strings{"=first", "=a"})) << "and is stored once";
}

TEST_F(ProducerTrouble, an_answer_for_a_partition_nobody_wrote_to_is_ignored) {
  start();
  play(Trick::foreign_partition);
  EXPECT_EQ(send("a").value().offset(), 1);
}

TEST_F(ProducerTrouble, offsets_that_cannot_be_are_not_told) {
  start();
  play(Trick::wrong_offsets, 4);
  for (int i = 0; i < 4; ++i) {
    const auto sent = send("v");
    ASSERT_TRUE(sent) << sent.error();
    const auto offset = sent->has_offset() ? sent->offset() : 0;
    EXPECT_TRUE(offset == 0 || offset > 1'000'000) << offset;
  }
}

TEST_F(ProducerTrouble, an_error_that_nobody_has_documented_fails_the_record_and_says_its_number) {
  start();
  refuse(static_cast<ErrorCode>(9876));
  const auto sent = send("a");
  ASSERT_FALSE(sent);
  EXPECT_EQ(static_cast<int>(sent.error().code()), 9876);
  EXPECT_NE(sent.error().to_string().find("9876"), std::string::npos) << sent.error();
  EXPECT_TRUE(send("b")) << "the producer goes on";
}

// Every error there is: an outcome in time, and the producer goes on.
TEST_F(ProducerTrouble, whatever_a_broker_answers_there_is_an_outcome) {
  config_.retries = 3;
  config_.retry_backoff = 1ms;
  config_.retry_backoff_max = 2ms;
  start();
  std::set<std::string> told;
  for (std::int16_t code = -1; code <= 140; ++code) {
    if (code == 0) continue;
    refuse(static_cast<ErrorCode>(code));
    const auto sent = send(std::to_string(code));
    if (sent) told.insert("=" + std::to_string(code));
    world_.cluster.play_no_more();
    EXPECT_TRUE(send("after")) << "after error " << code;
  }
  const auto lying = stored();
  const std::set<std::string> kept(lying.begin(), lying.end());
  for (const auto& value : told) {
    const bool duplicate = value == "=46";  // "it is stored already" is a success
    EXPECT_TRUE(duplicate || kept.contains(value)) << value << " was reported delivered";
  }
}

// Metadata says for a while that there is no such topic, and brokers do as well.
TEST_F(ProducerTrouble, a_topic_that_the_cluster_forgets_for_a_moment_loses_nothing) {
  start();
  refuse(ErrorCode::unknown_topic_or_partition, ApiKey::metadata, 5);
  refuse(ErrorCode::unknown_topic_or_partition, ApiKey::produce, 5);
  std::vector<Future<RecordMetadata>> sent;
  for (int i = 0; i < 10; ++i) sent.push_back(begin(std::to_string(i)));
  for (auto& one : sent) EXPECT_TRUE(world_.await(std::move(one)));
  EXPECT_EQ(stored(),
            (Strings{"=first", "=0", "=1", "=2", "=3", "=4", "=5", "=6", "=7", "=8", "=9"}));
}

TEST_F(ProducerTrouble, a_topic_that_is_gone_for_good_is_an_error_in_time) {
  config_.delivery_timeout = 5s;
  start();
  world_.cluster.delete_topic("t");
  const auto sent = send("a");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::timed_out);
  world_.cluster.create_topic("t", 2);  // for the end of the test
}

TEST_F(ProducerTrouble, a_topic_that_is_deleted_and_made_again_takes_records_as_before) {
  start();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send("old"));
  world_.cluster.delete_topic("t");
  world_.cluster.create_topic("t", 2);
  for (int i = 0; i < 3; ++i) {
    const auto sent = send(std::to_string(i));
    ASSERT_TRUE(sent) << sent.error();
    EXPECT_EQ(sent->offset(), i);
  }
  EXPECT_EQ(stored(), (Strings{"=0", "=1", "=2"}));
}

TEST_F(ProducerTrouble, a_broker_that_restarts_without_what_it_knew_of_producers_is_no_end) {
  start();
  ASSERT_TRUE(send("a"));
  auto& node = world_.cluster.node(1);
  node.crash(simulation::Crash::process);
  world_.cluster.partition({"t", 0}).forget_producers();
  node.start();
  for (const auto* value : {"b", "c"}) {
    const auto sent = send(value);
    EXPECT_TRUE(sent) << sent.error();
  }
  EXPECT_EQ(stored(), (Strings{"=first", "=a", "=b", "=c"}));
}

// A slow broker answers each request at the last moment, and a bit later than that.
TEST_F(ProducerTrouble, an_answer_at_any_moment_around_the_timeout_leaves_one_copy) {
  start();
  for (int late = 1900; late <= 2100; late += 20) {
    world_.cluster.play(
        {.trick = Trick::delay, .api = ApiKey::produce, .delay = std::chrono::milliseconds(late)});
    const auto sent = send(std::to_string(late));
    EXPECT_TRUE(sent) << late << " ms: " << sent.error();
  }
  const auto all = stored();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(all.size(), 12U);
}

// Idle for longer than metadata_max_idle: the topic is not asked for, until it is used again.
TEST_F(ProducerTrouble, a_topic_that_was_idle_for_long_is_found_where_it_has_moved_to) {
  config_.metadata_max_idle = 10s;
  config_.metadata_max_age = 5s;
  start();
  world_.sim.run_for(1min);
  world_.cluster.delete_topic("t");
  world_.cluster.create_topic("t", 2);
  const auto sent = send("again");
  ASSERT_TRUE(sent) << sent.error();
  EXPECT_EQ(stored(), Strings{"=again"});
}

TEST(ProducerAmongTwoBrokers, a_topic_whose_records_wait_is_not_idle) {
  ClientWorld world(1, {.brokers = 2});
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  config.metadata_max_idle = 5s;
  config.metadata_max_age = 3s;
  config.delivery_timeout = 10min;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  world.cluster.node(1).crash(simulation::Crash::process);
  auto sent = producer->try_send({.topic = "t", .value = "v"});
  ASSERT_TRUE(sent);
  world.sim.run_for(1min);
  EXPECT_FALSE(sent->ready());
  world.cluster.move_leader({"t", 0}, 2);
  const auto outcome = world.await(std::move(*sent), 30s);
  EXPECT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

}  // namespace
}  // namespace ottla::client
