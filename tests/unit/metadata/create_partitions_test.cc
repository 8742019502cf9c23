#include <gtest/gtest.h>

#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/topic_requests.h"

namespace ottla::broker {
namespace {

std::vector<BrokerId> ids(std::initializer_list<int> numbers) {
  std::vector<BrokerId> all;
  for (const int number : numbers) all.emplace_back(number);
  return all;
}

// Brokers 1 and 2 alive, 3 fenced; a topic "t" of two partitions with two replicas each, and a
// topic "wide" with three.
std::shared_ptr<const MetadataImage> image() {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  for (const std::int32_t id : {1, 2, 3}) {
    RegisterBrokerRecord record;
    record.broker_id = BrokerId(id);
    record.fenced = id == 3;
    record.log_dirs = {Uuid{4, 4}};
    EXPECT_TRUE(delta.apply(record));
  }
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "t", .topic_id = {8, 8}}));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "wide", .topic_id = {8, 9}}));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "__consumer_offsets", .topic_id = {8, 10}}));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "__transaction_state", .topic_id = {8, 11}}));
  PartitionRecord partition{.partition_id = 0, .topic_id = {8, 8}, .replicas = ids({1, 2})};
  partition.isr = partition.replicas;
  partition.leader = BrokerId(1);
  partition.leader_epoch = LeaderEpoch(0);
  partition.partition_epoch = 0;
  partition.directories = {Uuid{4, 4}, Uuid{4, 4}};
  EXPECT_TRUE(delta.apply(partition));
  partition.partition_id = 1;
  EXPECT_TRUE(delta.apply(partition));
  partition.topic_id = {8, 9};
  partition.partition_id = 0;
  partition.replicas = ids({1, 2, 3});
  partition.directories.clear();
  EXPECT_TRUE(delta.apply(partition));
  partition.topic_id = {8, 10};
  partition.replicas = partition.isr = ids({1});
  EXPECT_TRUE(delta.apply(partition));
  partition.topic_id = {8, 11};
  EXPECT_TRUE(delta.apply(partition));
  return delta.image(Offset(4), 1);
}

// A group, or a transactional id, is kept where the number of partitions says.
TEST(CreatePartitions, the_coordinators_topics_keep_their_number) {
  base::Random random(3);
  for (const std::string topic : {"__consumer_offsets", "__transaction_state"}) {
    const auto decision = decide_create_partitions(
        std::vector<MorePartitions>{{.topic = topic, .count = 2}}, *image(), random);
    ASSERT_FALSE(decision.results.at(0).result) << topic;
    EXPECT_EQ(decision.results[0].result.error().code(), ErrorCode::invalid_request);
    EXPECT_TRUE(decision.records.empty());
  }
}

Decision<CreatePartitionsResult> decide(const std::vector<MorePartitions>& topics) {
  base::Random random(3);
  return decide_create_partitions(topics, *image(), random);
}

TEST(CreatePartitions, the_new_ones_follow_the_old_with_as_many_replicas) {
  const auto decision = decide({{.topic = "t", .count = 4}});
  ASSERT_TRUE(decision.results.at(0).result) << decision.results[0].result.error();
  ASSERT_EQ(decision.records.size(), 2U);
  for (const std::int32_t number : {2, 3}) {
    const auto& record =
        std::get<PartitionRecord>(decision.records[static_cast<std::size_t>(number - 2)]);
    EXPECT_EQ(record.partition_id, number);
    EXPECT_EQ(record.topic_id, (Uuid{8, 8}));
    EXPECT_EQ(record.replicas.size(), 2U);
    EXPECT_EQ(record.isr, record.replicas);
    EXPECT_EQ(record.leader, record.replicas.front());
    EXPECT_EQ(record.leader_epoch, LeaderEpoch(0));
    EXPECT_EQ(record.directories, (std::vector<Uuid>{{4, 4}, {4, 4}}));
  }
}

TEST(CreatePartitions, by_hand_the_first_broker_alive_leads) {
  const auto decision = decide({{.topic = "t", .count = 3, .assignments = {{ids({3, 2})}}}});
  ASSERT_TRUE(decision.results.at(0).result) << decision.results[0].result.error();
  const auto& record = std::get<PartitionRecord>(decision.records.at(0));
  EXPECT_EQ(record.replicas, ids({3, 2}));
  EXPECT_EQ(record.isr, ids({2}));
  EXPECT_EQ(record.leader, BrokerId(2));
}

TEST(CreatePartitions, every_refusal_has_the_code_of_Kafka) {
  const struct {
    MorePartitions topic;
    ErrorCode code;
  } kRows[] = {
      {{.topic = "nothing", .count = 3}, ErrorCode::unknown_topic_or_partition},
      {{.topic = "", .count = 3}, ErrorCode::unknown_topic_or_partition},
      {{.topic = "t", .count = 2}, ErrorCode::invalid_partitions},
      {{.topic = "t", .count = 1}, ErrorCode::invalid_partitions},
      {{.topic = "t", .count = 0}, ErrorCode::invalid_partitions},
      {{.topic = "t", .count = -2147483647}, ErrorCode::invalid_partitions},
      {{.topic = "t", .count = 2147483647}, ErrorCode::policy_violation},
      {{.topic = "wide", .count = 2}, ErrorCode::invalid_replication_factor},
      {{.topic = "t", .count = 3, .assignments = {{}}}, ErrorCode::invalid_replica_assignment},
      {{.topic = "t", .count = 3, .assignments = {{ids({1, 2}), ids({1, 2})}}},
       ErrorCode::invalid_replica_assignment},
      {{.topic = "t", .count = 3, .assignments = {{ids({})}}},
       ErrorCode::invalid_replica_assignment},
      {{.topic = "t", .count = 3, .assignments = {{ids({1})}}},
       ErrorCode::invalid_replica_assignment},
      {{.topic = "t", .count = 3, .assignments = {{ids({1, 1})}}},
       ErrorCode::invalid_replica_assignment},
      {{.topic = "t", .count = 3, .assignments = {{ids({1, 9})}}},
       ErrorCode::invalid_replica_assignment},
      {{.topic = "wide", .count = 2, .assignments = {{ids({3})}}},
       ErrorCode::invalid_replica_assignment},
  };
  for (const auto& row : kRows) {
    const auto decision = decide({row.topic});
    ASSERT_FALSE(decision.results.at(0).result) << row.topic.count << " " << row.code;
    EXPECT_EQ(decision.results[0].result.error().code(), row.code)
        << decision.results[0].result.error();
    EXPECT_TRUE(decision.records.empty());
  }
}

TEST(CreatePartitions, a_name_twice_is_refused_once) {
  const auto decision =
      decide({{.topic = "t", .count = 3}, {.topic = "t", .count = 4}, {.topic = "x", .count = 1}});
  ASSERT_EQ(decision.results.size(), 2U);
  EXPECT_EQ(decision.results[0].result.error().code(), ErrorCode::invalid_request);
  EXPECT_TRUE(decision.records.empty());
}

TEST(CreatePartitions, a_request_has_a_limit_for_all_its_topics) {
  const auto decision = decide({{.topic = "t", .count = 10'002}});
  EXPECT_TRUE(decision.results[0].result);
  EXPECT_EQ(decision.records.size(), 10'000U);
  EXPECT_FALSE(decide({{.topic = "t", .count = 10'003}}).results[0].result);
}

}  // namespace
}  // namespace ottla::broker
