#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "client/metadata/metadata.h"
#include "tests/unit/client/core/client_world.h"

namespace ottla::client {
namespace {

constexpr int kMany = 100'000;

// Processor time that this much work stays far below; work that grows with the square of the calls
// takes minutes.
constexpr double kSeconds = 15;

class Stopwatch {
 public:
  double seconds() const {
    return static_cast<double>(std::clock() - began_) / static_cast<double>(CLOCKS_PER_SEC);
  }

 private:
  std::clock_t began_ = std::clock();
};

TEST(ManyWaiters, a_turn_looks_at_none_whose_time_has_not_come) {
  Metadata metadata({}, 1);
  const base::TimePoint start{};
  int answered = 0;
  const Stopwatch watch;
  for (int i = 0; i < kMany && watch.seconds() < kSeconds; ++i) {
    metadata.wait_for_topic("gone", 1 + i % 7, start + 1min + i * 1ms,
                            [&](const Result<const TopicMetadata*>&) { ++answered; });
    (void)metadata.poll(start);
  }
  for (int i = 0; i < kMany && watch.seconds() < kSeconds; ++i) {
    (void)metadata.poll(start + 1min + i * 1ms);
    ASSERT_EQ(answered, i + 1) << "each at its own time";
  }
  EXPECT_LT(watch.seconds(), kSeconds);
}

TEST(ManyWaiters, an_answer_looks_at_no_topic_but_its_own) {
  Metadata metadata({}, 1);
  base::TimePoint now{};
  int answered = 0;
  const Stopwatch watch;
  for (int i = 0; i < kMany; ++i) {
    metadata.wait_for_topic("t" + std::to_string(i), 1, base::kNever,
                            [&](const Result<const TopicMetadata*>&) { ++answered; });
  }
  auto poll = metadata.poll(now);
  ASSERT_TRUE(poll.request);
  ASSERT_EQ(poll.request->topics.size(), std::size_t{kMany});
  for (int i = 0; i < kMany && watch.seconds() < kSeconds; ++i) {
    protocol::MetadataResponse response;
    const std::string name = "t" + std::to_string(i);
    response.topics.push_back({.error_code = ErrorCode::none, .name = name});
    response.topics[0].partitions.push_back({.partition_index = 0});
    metadata.on_response({.topics = {name}}, response, now);
    ASSERT_EQ(answered, i + 1);
  }
  EXPECT_LT(watch.seconds(), kSeconds);
}

TEST(ManyWaiters, an_answer_with_many_topics_is_read_in_one_go) {
  Metadata metadata({}, 1);
  std::vector<std::string> names;
  for (int i = 0; i < kMany; ++i) names.push_back("t" + std::to_string(i));
  protocol::MetadataResponse response;
  int answered = 0;
  for (const auto& name : names) {
    metadata.wait_for_topic(name, 1, base::kNever,
                            [&](const Result<const TopicMetadata*>&) { ++answered; });
    response.topics.push_back({.error_code = ErrorCode::none, .name = name});
    response.topics.back().partitions.push_back({.partition_index = 0});
  }
  const Stopwatch watch;
  const auto poll = metadata.poll({});
  metadata.on_response(*poll.request, response, {});
  EXPECT_EQ(answered, kMany);
  EXPECT_LT(watch.seconds(), kSeconds);
}

TEST(ManyWaiters, a_producer_asks_once_however_often_it_is_tried_without_waiting) {
  ClientWorld world;
  auto config = world.producer_config();
  config.max_block = 30s;
  const auto producer = world.start(config);
  world.sim.run_for(1s);
  const auto before = world.sim.scheduler().steps();
  for (int i = 0; i < kMany; ++i) {
    const auto sent = producer->try_send({.topic = "gone", .value = "v"});
    ASSERT_FALSE(sent);
    ASSERT_EQ(sent.error().code(), ErrorCode::would_block);
  }
  world.sim.run_for(1s);
  EXPECT_LT(world.sim.scheduler().steps() - before, 1000U) << "no task for each of the calls";
  // Once nobody waits any more it is asked for anew.
  world.sim.run_for(1min);
  world.cluster.create_topic("gone", 1);
  EXPECT_FALSE(producer->try_send({.topic = "gone", .value = "v"}));
  world.sim.run_for(2s);
  EXPECT_TRUE(producer->try_send({.topic = "gone", .value = "v"}));
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ManyWaiters, futures_for_a_topic_that_is_gone_cost_a_producer_no_more_each) {
  ClientWorld world;
  auto config = world.producer_config();
  config.max_block = 30s;
  const auto producer = world.start(config);
  std::vector<Future<void>> warm;
  std::vector<Future<std::vector<PartitionInfo>>> infos;
  const Stopwatch watch;
  for (int i = 0; i < kMany / 2 && watch.seconds() < kSeconds; ++i) {
    warm.push_back(producer->warm_up("gone"));
    infos.push_back(producer->partitions_for("gone"));
    // One turn for each, so that none shares its turn with others.
    world.sim.run_for(1us);
  }
  world.sim.run_for(31s);
  for (auto& future : warm) {
    ASSERT_TRUE(future.ready());
    EXPECT_EQ(future.get().error().code(), ErrorCode::unknown_topic_or_partition);
  }
  for (auto& future : infos) EXPECT_TRUE(future.ready());
  EXPECT_LT(watch.seconds(), kSeconds);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(ManyWaiters, questions_for_a_topic_that_is_gone_cost_a_consumer_no_more_each) {
  ClientWorld world;
  auto config = world.consumer_config();
  config.default_api_timeout = 30s;
  const auto consumer = world.start(config);
  ASSERT_TRUE(consumer->assign({{"gone", 0}}));
  std::vector<Future<std::int64_t>> positions;
  std::vector<Future<Consumer::Offsets>> ends;
  std::vector<Future<std::vector<PartitionInfo>>> infos;
  const Stopwatch watch;
  for (int i = 0; i < kMany / 4 && watch.seconds() < kSeconds; ++i) {
    positions.push_back(consumer->position({"gone", 0}));
    ends.push_back(consumer->offsets_at({{"gone", 0}}, -1));
    infos.push_back(consumer->partitions_for("gone"));
    world.sim.run_for(1us);
  }
  world.sim.run_for(31s);
  for (auto& future : positions) EXPECT_TRUE(future.ready());
  for (auto& future : ends) {
    ASSERT_TRUE(future.ready());
    EXPECT_EQ(future.get().error().code(), ErrorCode::unknown_topic_or_partition);
  }
  for (auto& future : infos) EXPECT_TRUE(future.ready());
  EXPECT_LT(watch.seconds(), kSeconds);
  EXPECT_TRUE(world.await(consumer->close_async()));
}

}  // namespace
}  // namespace ottla::client
