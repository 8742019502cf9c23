#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "client/producer/broker_stalls.h"
#include "client/producer/sticky_partition.h"
#include "client/producer/topic_partitioner.h"
#include "tests/unit/client/core/client_world.h"
#include "tests/unit/client/producer/accumulator_world.h"

namespace ottla::client {
namespace {

// How often each partition is drawn.
std::vector<int> draws(StickyPartition& sticky, std::size_t partitions, int times) {
  std::vector<int> counts(partitions);
  for (int i = 0; i < times; ++i) {
    sticky.draw(sticky.current());
    ++counts.at(static_cast<std::size_t>(sticky.current()));
  }
  return counts;
}

std::vector<StickyPartition::Candidate> candidates(const std::vector<PartitionLoad>& loads) {
  std::vector<StickyPartition::Candidate> all;
  for (const auto& load : loads) all.push_back({static_cast<std::int32_t>(all.size()), &load});
  return all;
}

TEST(StickyPartition, goes_on_when_a_batch_has_its_share_and_is_full_or_at_twice_its_share) {
  const std::vector<PartitionLoad> loads(1000);
  StickyPartition sticky({.batch_size = 100}, 1);
  sticky.set_candidates(candidates(loads));
  const auto full = [] { return true; };
  const auto open = [] { return false; };
  sticky.draw(-1);
  const auto first = sticky.current();
  sticky.add(first, 60, full);
  EXPECT_EQ(sticky.current(), first) << "full, but without its share";
  sticky.add(first, 60, open);
  EXPECT_EQ(sticky.current(), first) << "its share, but not full";
  sticky.add(first, 10, full);
  const auto second = sticky.current();
  EXPECT_NE(second, first);
  sticky.add(first, 1000, full);
  sticky.add(second, 199, open);
  const auto third = sticky.current();
  EXPECT_NE(third, second) << "what others gave meanwhile counts for the one that is current";
  sticky.draw(second);
  EXPECT_EQ(sticky.current(), third) << "somebody else was faster";
}

TEST(StickyPartition, every_partition_has_the_same_chance_while_loads_are_equal) {
  std::vector<PartitionLoad> loads(4);
  for (auto& load : loads) load.batches = 7;
  StickyPartition sticky({}, 2);
  sticky.set_candidates(candidates(loads));
  for (const auto count : draws(sticky, 4, 40'000)) EXPECT_NEAR(count, 10'000, 500);
}

// KIP-794: the weight is the longest queue's length + 1 - the own length.
TEST(StickyPartition, the_chance_falls_with_the_batches_that_wait) {
  std::vector<PartitionLoad> loads(3);
  loads[0].batches = 0;
  loads[1].batches = 3;
  loads[2].batches = 1;
  StickyPartition sticky({}, 3);
  sticky.set_candidates(candidates(loads));
  const auto counts = draws(sticky, 3, 80'000);
  EXPECT_NEAR(counts[0], 40'000, 1000);
  EXPECT_NEAR(counts[1], 10'000, 600);
  EXPECT_NEAR(counts[2], 30'000, 1000);
  StickyPartition plain({.adaptive = false}, 3);
  plain.set_candidates(candidates(loads));
  for (const auto count : draws(plain, 3, 30'000)) EXPECT_NEAR(count, 10'000, 500);
}

TEST(StickyPartition, nothing_goes_where_a_broker_stalls_unless_all_of_them_do) {
  std::vector<PartitionLoad> loads(3);
  loads[1].stalled = true;
  StickyPartition sticky({}, 4);
  sticky.set_candidates(candidates(loads));
  auto counts = draws(sticky, 3, 3000);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[0], 1500, 150);
  for (auto& load : loads) load.stalled = true;
  for (const auto count : draws(sticky, 3, 3000)) EXPECT_NEAR(count, 1000, 150);
}

TEST(StickyPartition, sees_changes_of_load_soon_however_many_partitions_there_are) {
  std::vector<PartitionLoad> loads(1000);
  StickyPartition sticky({}, 5);
  sticky.set_candidates(candidates(loads));
  draws(sticky, 1000, 100);
  for (std::size_t i = 1; i < 1000; ++i) loads[i].stalled = true;
  draws(sticky, 1000, 20);
  EXPECT_EQ(draws(sticky, 1000, 100)[0], 100);
}

TEST(StickyPartition, keyless_records_spread_evenly_in_whole_batches) {
  auto options = AccumulatorWorld::small();
  options.batch_size = 1000;
  options.buffer_memory = 10 << 20;
  AccumulatorWorld world(options);
  auto& topic = world.topic("t", 5);
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(world.append(topic, std::string(90, 'v'), -1));
  std::size_t fewest = 20'000;
  std::size_t most = 0;
  for (std::size_t partition = 0; partition < 5; ++partition) {
    const auto batches = world.queue(topic, partition).batches.size();
    EXPECT_EQ(world.queue(topic, partition).load.batches, batches);
    fewest = std::min(fewest, batches);
    most = std::max(most, batches);
    for (const auto& batch : world.queue(topic, partition).batches) {
      EXPECT_TRUE(batch->state == ProducerBatch::State::open || batch->record_count() >= 9);
    }
  }
  EXPECT_GT(fewest * 10, most * 9) << "adaptive: nobody sends, so queues stay alike";
}

TEST(StickyPartition, a_partition_without_a_leader_gets_nothing_while_others_have_one) {
  AccumulatorWorld world;
  auto& topic = world.topic("t", 3);
  topic.set_partitions({true, false, true});
  auto& sticky = topic.sticky();
  EXPECT_EQ(draws(sticky, 3, 300)[1], 0);
  topic.set_partitions({false, false, false});
  EXPECT_GT(draws(sticky, 3, 300)[1], 50);
}

TEST(BrokerStalls, a_broker_stalls_that_takes_nothing_for_the_whole_time) {
  BrokerStalls stalls(100ms);
  const base::TimePoint start{};
  const BrokerId one(1);
  EXPECT_FALSE(stalls.note(one, false, start));
  EXPECT_EQ(stalls.next(), start + 100ms);
  EXPECT_FALSE(stalls.note(one, false, start + 99ms));
  EXPECT_FALSE(stalls.stalls(one));
  EXPECT_TRUE(stalls.note(one, false, start + 100ms));
  EXPECT_TRUE(stalls.stalls(one));
  EXPECT_EQ(stalls.next(), base::kNever);
  EXPECT_FALSE(stalls.note(one, false, start + 200ms)) << "told once";
  EXPECT_TRUE(stalls.note(one, true, start + 300ms));
  EXPECT_FALSE(stalls.stalls(one));
  EXPECT_FALSE(stalls.note(one, false, start + 400ms)) << "it begins anew";
  EXPECT_FALSE(stalls.note_idle(one));
  EXPECT_FALSE(stalls.note(one, false, start + 500ms));
  BrokerStalls never(0ms);
  EXPECT_FALSE(never.note(one, false, start));
  EXPECT_FALSE(never.note(one, false, start + 1h));
}

// Whatever a test tells it.
class HandPartitioner final : public Partitioner {
 public:
  using Choose = std::function<std::optional<std::int32_t>(const RecordView&, const TopicView&)>;
  explicit HandPartitioner(Choose choose) : choose_(std::move(choose)) {}
  std::optional<std::int32_t> partition(const RecordView& record, const TopicView& t) override {
    return choose_(record, t);
  }

 private:
  Choose choose_;
};

PartitionerFactory by_hand(const HandPartitioner::Choose& choose) {
  return [choose](std::string_view) { return std::make_unique<HandPartitioner>(choose); };
}

TopicPartitioner partitioner(const HandPartitioner::Choose& choose) {
  return {by_hand(choose), std::make_shared<const std::string>("t")};
}

TEST(TopicPartitioner, shows_the_record_and_the_topic) {
  auto asked = partitioner([](const RecordView& record, const TopicView& topic) {
    EXPECT_EQ(record.topic(), "t");
    EXPECT_EQ(record.partition(), -1);
    EXPECT_EQ(record.key(), "k");
    EXPECT_FALSE(record.has_value());
    EXPECT_EQ(record.header("tenant"), "x");
    EXPECT_EQ(record.timestamp(), Timestamp(5ms));
    EXPECT_EQ(topic.name, "t");
    EXPECT_EQ(topic.partition_count, 4);
    EXPECT_EQ(std::vector(topic.available.begin(), topic.available.end()),
              (std::vector<std::int32_t>{1, 3}));
    return 3;
  });
  asked.set_available({1, 3});
  const ProducerRecord record{
      .topic = "t", .key = "k", .headers = {{"tenant", "x"}}, .timestamp = Timestamp(5ms)};
  EXPECT_EQ(asked.choose(record, 4).value(), 3);
}

TEST(TopicPartitioner, a_choice_that_is_none_is_an_error_and_so_is_a_throw) {
  for (const std::int32_t bad : {-1, 4, 2'000'000'000}) {
    auto asked = partitioner([bad](const auto&, const auto&) { return bad; });
    const auto chosen = asked.choose({.topic = "t"}, 4);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(chosen.error().context().topic, "t");
    EXPECT_NE(chosen.error().message().find(std::to_string(bad)), std::string::npos);
  }
  auto throws = partitioner([](const auto&, const auto&) -> std::optional<std::int32_t> {
    throw std::runtime_error("of the user's");
  });
  EXPECT_NE(throws.choose({.topic = "t"}, 4).error().message().find("of the user's"),
            std::string::npos);
  TopicPartitioner throws_early([](std::string_view) -> std::unique_ptr<Partitioner> { throw 7; },
                                std::make_shared<const std::string>("t"));
  EXPECT_EQ(throws_early.choose({.topic = "t"}, 4).error().code(), ErrorCode::invalid_argument);
}

TEST(TopicPartitioner, none_at_all_declines) {
  TopicPartitioner none([](std::string_view) { return nullptr; },
                        std::make_shared<const std::string>("t"));
  EXPECT_EQ(none.choose({.topic = "t"}, 4).value(), std::nullopt);
}

TEST(TopicPartitioner, is_asked_by_one_thread_at_a_time) {
  int calls = 0;  // not atomic: the lock is what is tested
  auto asked = partitioner([&](const auto&, const auto&) {
    ++calls;
    return std::nullopt;
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5000; ++n) EXPECT_TRUE(asked.choose({.topic = "t"}, 4));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(calls, 20'000);
}

TEST(TopicPartitioner, one_that_takes_its_time_keeps_nobody_from_telling_of_leaders) {
  TopicPartitioner* self = nullptr;
  std::vector<std::int32_t> seen;
  auto asked = partitioner([&](const RecordView&, const TopicView& topic) {
    std::thread loop([&] { self->set_available({7}); });
    loop.join();
    seen.assign(topic.available.begin(), topic.available.end());
    return 0;
  });
  self = &asked;
  asked.set_available({1, 2});
  ASSERT_TRUE(asked.choose({.topic = "t"}, 4));
  EXPECT_EQ(seen, (std::vector<std::int32_t>{1, 2})) << "what it was given stays as it is";
  ASSERT_TRUE(asked.choose({.topic = "t"}, 4));
  EXPECT_EQ(seen, std::vector<std::int32_t>{7});
}

TEST(RoundRobin, takes_available_partitions_in_turn_whatever_the_key) {
  TopicPartitioner robin(round_robin_partitioner(), std::make_shared<const std::string>("t"));
  const auto next = [&] { return *robin.choose({.topic = "t", .key = "same"}, 4).value(); };
  EXPECT_EQ(next(), 0);
  EXPECT_EQ(next(), 1);
  robin.set_available({1, 3});
  EXPECT_EQ(next(), 1);
  EXPECT_EQ(next(), 3);
  EXPECT_EQ(next(), 1);
}

// Where records of one topic of four partitions went, "partition:value".
std::set<std::string> sent_to(ClientWorld& world, const ProducerConfig& config,
                              const std::vector<ProducerRecord>& records) {
  world.cluster.create_topic("t", 4);
  const auto producer = world.start(config);
  EXPECT_TRUE(world.await(producer->warm_up("t")));
  std::set<std::string> places;
  for (const auto& record : records) {
    auto sent = producer->try_send(record);
    EXPECT_TRUE(sent) << sent.error();
    const auto result = world.await(std::move(*sent));
    EXPECT_TRUE(result);
    places.insert(std::to_string(result->partition()) + ":" + std::string(record.value));
  }
  EXPECT_TRUE(world.await(producer->close_async(1min)));
  return places;
}

TEST(Partitioning, a_records_own_partition_comes_before_the_partitioner_and_that_before_the_key) {
  ClientWorld world;
  auto config = world.producer_config();
  config.partitioner = by_hand([](const RecordView& record, const TopicView&) {
    return record.header("decline") ? std::nullopt : std::optional<std::int32_t>(2);
  });
  const auto by_key = std::to_string(partition_for_key("key", 4));
  EXPECT_EQ(
      sent_to(world, config,
              {{.topic = "t", .key = "key", .value = "explicit", .partition = 3},
               {.topic = "t", .key = "key", .value = "chosen"},
               {.topic = "t", .key = "key", .value = "declined", .headers = {{"decline", ""}}}}),
      (std::set<std::string>{"3:explicit", "2:chosen", by_key + ":declined"}));
}

TEST(Partitioning, every_topic_has_a_partitioner_of_its_own) {
  ClientWorld world;
  world.cluster.create_topic("a", 2);
  world.cluster.create_topic("b", 2);
  auto config = world.producer_config();
  std::vector<std::string> made;
  config.partitioner = [&](std::string_view topic) {
    made.emplace_back(topic);
    return topic == "a" ? round_robin_partitioner()(topic) : nullptr;
  };
  const auto producer = world.start(config);
  for (const auto* topic : {"a", "b", "a", "b"}) {
    ASSERT_TRUE(world.await(producer->warm_up(topic)));
    ASSERT_TRUE(producer->try_send({.topic = topic, .key = "k", .value = "v"}));
  }
  EXPECT_EQ(made, (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(world.await(producer->flush_async()));
  EXPECT_EQ(world.stored({"a", 0}).size(), 1U);
  EXPECT_EQ(world.stored({"a", 1}).size(), 1U);
  EXPECT_EQ(world.stored({"b", partition_for_key("k", 2)}).size(), 2U);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(Partitioning, a_partitioner_that_throws_fails_its_record_alone_and_flush_hears_of_it) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  auto config = world.producer_config();
  bool throws = true;
  config.partitioner = by_hand([&](const auto&, const auto&) -> std::optional<std::int32_t> {
    if (throws) throw std::runtime_error("not today");
    return 0;
  });
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  const auto failed = world.await(producer->send({.topic = "t", .value = "v"}));
  EXPECT_EQ(failed.error().code(), ErrorCode::invalid_argument);
  throws = false;
  EXPECT_TRUE(world.await(producer->send({.topic = "t", .value = "v"})));
  EXPECT_EQ(world.await(producer->flush_async()).error().code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

// With a broker that takes nothing, keyless records go to the others once the time is over.
TEST(Partitioning, keyless_records_avoid_a_broker_that_stalls) {
  ClientWorld world;
  world.cluster.create_topic("t", 3);
  auto config = world.producer_config();
  config.linger = 0ms;
  config.batch_size = 500;
  config.max_in_flight_requests_per_connection = 1;
  config.partitioner_availability_timeout = 200ms;
  const auto producer = world.start(config);
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  world.cluster.play({.trick = Trick::stall,
                      .api = ApiKey::produce,
                      .broker = BrokerId(1),
                      .times = Rule::kAlways});
  const auto send = [&](int records) {
    for (int i = 0; i < records; ++i) {
      ASSERT_TRUE(producer->try_send({.topic = "t", .value = std::string(100, 'v')}));
      world.sim.run_for(1ms);
    }
  };
  send(600);
  std::map<std::int32_t, std::size_t> before;
  for (std::int32_t i = 1; i < 3; ++i) before[i] = world.stored({"t", i}).size();
  send(600);
  world.sim.run_for(100ms);
  std::size_t after = 0;
  for (std::int32_t i = 1; i < 3; ++i) after += world.stored({"t", i}).size() - before[i];
  EXPECT_GT(after, 590U) << "no record waits for the broker that stalls";
  world.cluster.play_no_more();
  (void)world.await(producer->close_async(2min));
}

TEST(Partitioning, is_read_from_properties) {
  const auto read = ProducerConfig::from_properties(
      {{"bootstrap.servers", "b:1"},
       {"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"},
       {"partitioner.adaptive.partitioning.enable", "false"},
       {"partitioner.availability.timeout.ms", "250"}});
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->partitioner);
  EXPECT_FALSE(read->partitioner_adaptive_partitioning_enable);
  EXPECT_EQ(read->partitioner_availability_timeout, 250ms);
  const auto other = ProducerConfig::from_properties({{"partitioner.class", "com.example.Mine"}});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message().find("com.example.Mine"), std::string::npos);
}

}  // namespace
}  // namespace ottla::client
