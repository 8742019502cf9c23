#include "broker/metadata/topic_requests.h"

#include <gtest/gtest.h>

#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/topic_name.h"

namespace ottla::broker {
namespace {

constexpr Uuid kDirectory{4, 4};

// Brokers 1 and 2 alive, 3 fenced, and a topic "existing".
std::shared_ptr<const MetadataImage> image() {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  for (const std::int32_t id : {1, 2, 3}) {
    RegisterBrokerRecord record;
    record.broker_id = BrokerId(id);
    record.fenced = id == 3;
    record.log_dirs = {kDirectory};
    EXPECT_TRUE(delta.apply(record));
  }
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "existing", .topic_id = {8, 8}}));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "a.b", .topic_id = {8, 9}}));
  return delta.image(Offset(4), 1);
}

Decision<CreateTopicResult> decide(const std::vector<NewTopic>& topics,
                                   const BrokerConfig& config = {}) {
  base::Random random(3);
  return decide_create_topics(topics, *image(), config, random);
}

NewTopic assigned(std::vector<NewTopic::Assignment> assignments) {
  return {.name = "t", .assignments = std::move(assignments)};
}

std::vector<BrokerId> ids(std::initializer_list<int> numbers) {
  std::vector<BrokerId> all;
  for (const int number : numbers) all.emplace_back(number);
  return all;
}

TEST(CreateTopics, every_refusal_has_the_code_of_Kafka) {
  const struct {
    NewTopic topic;
    ErrorCode code;
  } kRows[] = {
      {{.name = ""}, ErrorCode::invalid_topic_exception},
      {{.name = "."}, ErrorCode::invalid_topic_exception},
      {{.name = ".."}, ErrorCode::invalid_topic_exception},
      {{.name = "a b"}, ErrorCode::invalid_topic_exception},
      {{.name = "caf\xc3\xa9"}, ErrorCode::invalid_topic_exception},
      {{.name = std::string(250, 'x')}, ErrorCode::invalid_topic_exception},
      {{.name = "a_b"}, ErrorCode::invalid_topic_exception},
      {{.name = "__cluster_metadata"}, ErrorCode::topic_authorization_failed},
      {{.name = "existing"}, ErrorCode::topic_already_exists},
      {{.name = "t", .num_partitions = 0}, ErrorCode::invalid_partitions},
      {{.name = "t", .num_partitions = -2}, ErrorCode::invalid_partitions},
      {{.name = "t", .num_partitions = 2147483647}, ErrorCode::policy_violation},
      {{.name = "t", .replication_factor = 0}, ErrorCode::invalid_replication_factor},
      {{.name = "t", .replication_factor = -5}, ErrorCode::invalid_replication_factor},
      {{.name = "t", .replication_factor = 3}, ErrorCode::invalid_replication_factor},
      {{.name = "t", .configs = {{"retentionms", "1"}}}, ErrorCode::invalid_config},
      {{.name = "t", .configs = {{"retention.ms", "x"}}}, ErrorCode::invalid_config},
      {assigned({{0, {}}}), ErrorCode::invalid_replica_assignment},
      {assigned({{0, ids({9})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{0, ids({1, 1})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{0, ids({3})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{1, ids({1})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{-1, ids({1})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{0, ids({1})}, {0, ids({2})}}), ErrorCode::invalid_replica_assignment},
      {assigned({{0, ids({1})}, {1, ids({1, 2})}}), ErrorCode::invalid_replica_assignment},
      {{.name = "t", .num_partitions = 1, .assignments = {{0, ids({1})}}},
       ErrorCode::invalid_request},
      {{.name = "t", .replication_factor = 1, .assignments = {{0, ids({1})}}},
       ErrorCode::invalid_request},
  };
  for (const auto& row : kRows) {
    const auto decision = decide({row.topic});
    ASSERT_EQ(decision.results.size(), 1U);
    ASSERT_FALSE(decision.results[0].result) << row.topic.name << " " << row.code;
    EXPECT_EQ(decision.results[0].result.error().code(), row.code)
        << decision.results[0].result.error();
    EXPECT_TRUE(decision.records.empty());
  }
}

TEST(CreateTopics, a_name_twice_is_refused_once) {
  const auto decision = decide({{.name = "t"}, {.name = "u"}, {.name = "t"}});
  ASSERT_EQ(decision.results.size(), 2U);
  EXPECT_EQ(decision.results[0].result.error().code(), ErrorCode::invalid_request);
  EXPECT_TRUE(decision.results[1].result);
}

TEST(CreateTopics, names_of_one_request_collide_too) {
  const auto decision = decide({{.name = "x.y"}, {.name = "x_y"}});
  EXPECT_TRUE(decision.results[0].result);
  EXPECT_EQ(decision.results[1].result.error().code(), ErrorCode::invalid_topic_exception);
}

TEST(CreateTopics, an_unknown_setting_is_answered_with_the_nearest) {
  const auto decision = decide({{.name = "t", .configs = {{"retention.m", "1"}}}});
  EXPECT_NE(decision.results[0].result.error().message().find("retention.ms"), std::string::npos);
}

TEST(CreateTopics, defaults_are_those_of_the_broker) {
  BrokerConfig config;
  config.num_partitions = 5;
  config.default_replication_factor = 2;
  const auto decision = decide({{.name = "t"}}, config);
  ASSERT_TRUE(decision.results[0].result);
  EXPECT_EQ(decision.results[0].result->num_partitions, 5);
  EXPECT_EQ(decision.results[0].result->replication_factor, 2);
}

TEST(CreateTopics, too_many_replicas_are_lowered_only_where_that_is_wanted) {
  BrokerConfig clamp;
  clamp.ottla_clamp_replication_factor = true;
  EXPECT_EQ(decide({{.name = "t", .replication_factor = 3}}, clamp)
                .results[0]
                .result.value()
                .replication_factor,
            2);
  EXPECT_EQ(decide({{.name = "__consumer_offsets", .replication_factor = 3, .internal = true}})
                .results[0]
                .result.value()
                .replication_factor,
            2);
}

TEST(CreateTopics, records_are_the_topic_its_settings_and_its_partitions) {
  const auto topics =
      std::vector<NewTopic>{{.name = "t",
                             .num_partitions = 2,
                             .configs = {{"retention.ms", "7"}, {"segment.bytes", std::nullopt}}}};
  const auto decision = decide(topics);
  ASSERT_EQ(decision.records.size(), 4U);
  const auto& topic = std::get<TopicRecord>(decision.records[0]);
  EXPECT_EQ(topic.name, "t");
  EXPECT_EQ(std::get<ConfigRecord>(decision.records[1]).value, "7");
  for (const std::int32_t number : {0, 1}) {
    const auto& partition =
        std::get<PartitionRecord>(decision.records[static_cast<std::size_t>(2 + number)]);
    EXPECT_EQ(partition.partition_id, number);
    EXPECT_EQ(partition.topic_id, topic.topic_id);
    EXPECT_EQ(partition.leader, partition.replicas.front());
    EXPECT_EQ(partition.leader_epoch, LeaderEpoch(0));
    EXPECT_EQ(partition.isr, partition.replicas);
    EXPECT_EQ(partition.directories, std::vector<Uuid>{kDirectory});
  }
  EXPECT_EQ(decision.results[0].result->configs, (ConfigMap{{"retention.ms", "7"}}));
}

TEST(CreateTopics, by_hand_the_first_broker_alive_leads) {
  const std::vector<NewTopic> topics{assigned({{0, ids({3, 2})}, {1, ids({1, 3})}})};
  const auto decision = decide(topics);
  ASSERT_TRUE(decision.results[0].result) << decision.results[0].result.error();
  const auto& partition = std::get<PartitionRecord>(decision.records[1]);
  EXPECT_EQ(partition.replicas, ids({3, 2}));
  EXPECT_EQ(partition.isr, ids({2}));
  EXPECT_EQ(partition.leader, BrokerId(2));
}

TEST(CreateTopics, replicas_are_spread_over_the_brokers) {
  const std::vector<NewTopic> topics{{.name = "t", .num_partitions = 10, .replication_factor = 2}};
  const auto decision = decide(topics);
  std::map<BrokerId, int> leads;
  for (const auto& record : decision.records) {
    if (const auto* partition = std::get_if<PartitionRecord>(&record)) ++leads[partition->leader];
  }
  EXPECT_EQ(leads, (std::map<BrokerId, int>{{BrokerId(1), 5}, {BrokerId(2), 5}}));
}

TEST(DeleteTopics, every_refusal_has_the_code_of_Kafka) {
  const auto codes = [](const std::vector<TopicToDelete>& topics, bool enabled = true) {
    BrokerConfig config;
    config.delete_topic_enable = enabled;
    std::vector<ErrorCode> all;
    for (const auto& result : decide_delete_topics(topics, *image(), config).results) {
      all.push_back(result.result ? ErrorCode::none : result.result.error().code());
    }
    return all;
  };
  using Codes = std::vector<ErrorCode>;
  EXPECT_EQ(codes({{"nothing", {}}}), Codes{ErrorCode::unknown_topic_or_partition});
  EXPECT_EQ(codes({{std::nullopt, {5, 5}}}), Codes{ErrorCode::unknown_topic_id});
  EXPECT_EQ(codes({{std::nullopt, {}}}), Codes{ErrorCode::invalid_request});
  EXPECT_EQ(codes({{"", {}}}), Codes{ErrorCode::unknown_topic_or_partition});
  EXPECT_EQ(codes({{"existing", {8, 8}}}), Codes{ErrorCode::invalid_request});
  EXPECT_EQ(codes({{"", {8, 8}}}), Codes{ErrorCode::invalid_request});
  EXPECT_EQ(codes({{"existing", {}}}, false), Codes{ErrorCode::topic_deletion_disabled});
  EXPECT_EQ(codes({{"existing", {}}, {std::nullopt, {8, 8}}}),
            Codes(2, ErrorCode::invalid_request));
  EXPECT_EQ(codes({{"existing", {}}, {"a.b", {}}}), Codes(2, ErrorCode::none));
}

TEST(TopicName, collides_where_metrics_would) {
  EXPECT_TRUE(topic_names_collide("a.b_c", "a_b.c"));
  EXPECT_FALSE(topic_names_collide("a.b", "a.b.c"));
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')));
  EXPECT_TRUE(check_topic_name("..."));
}

}  // namespace
}  // namespace ottla::broker
