#include "broker/config/topic_config.h"

#include <gtest/gtest.h>

#include "broker/config/describe_configs.h"

namespace ottla::broker {
namespace {

using Configs = std::vector<std::pair<std::string, std::optional<std::string>>>;

BrokerConfig broker(const Properties& properties) {
  auto config = BrokerConfig::from_properties(properties);
  EXPECT_TRUE(config) << config.error();
  return *config;
}

const ConfigDescription& named(const std::vector<ConfigDescription>& all, std::string_view name) {
  for (const auto& description : all) {
    if (description.name == name) return description;
  }
  ADD_FAILURE() << "no " << name;
  return all.front();
}

TEST(TopicConfig, defaults_are_those_of_a_log) {
  EXPECT_EQ(derive_topic_config(BrokerConfig(), {}), TopicConfig());
}

TEST(TopicConfig, every_default_in_the_table_is_accepted) {
  std::string_view last;
  for (const auto& key : topic_keys()) {
    EXPECT_LT(last, key.name);
    last = key.name;
    if (key.hidden) continue;
    EXPECT_TRUE(check_value(key.name, key.default_value, key.rule())) << key.name;
    EXPECT_FALSE(key.documentation.empty());
  }
}

TEST(TopicConfig, the_topic_stands_above_the_broker_and_the_finer_unit_above_the_coarser) {
  const auto config = broker({{"log.retention.hours", "2"},
                              {"log.segment.bytes", "2000000"},
                              {"min.insync.replicas", "3"}});
  EXPECT_EQ(derive_topic_config(config, {}).log.retention_ms, 7'200'000);
  EXPECT_EQ(derive_topic_config(config, {}).log.segment_bytes, 2'000'000);
  EXPECT_EQ(derive_topic_config(config, {}).min_insync_replicas, 3);
  EXPECT_EQ(derive_topic_config(config, {{"retention.ms", "5"}}).log.retention_ms, 5);
  const auto finer = broker({{"log.retention.hours", "2"}, {"log.retention.ms", "9"}});
  EXPECT_EQ(derive_topic_config(finer, {}).log.retention_ms, 9);
  const auto forever = broker({{"log.retention.hours", "-1"}});
  EXPECT_EQ(derive_topic_config(forever, {}).log.retention_ms, -1);
}

TEST(TopicConfig, all_that_bears_on_a_log_is_derived) {
  const auto topic = derive_topic_config(broker({{"ottla.durability", "memory"}}),
                                         {{"cleanup.policy", "compact, delete"},
                                          {"compression.type", "zstd"},
                                          {"compression.zstd.level", "7"},
                                          {"message.timestamp.type", "LogAppendTime"},
                                          {"flush.messages", "1"},
                                          {"internal.segment.bytes", "1024"},
                                          {"unclean.leader.election.enable", "true"}});
  EXPECT_TRUE(topic.log.cleanup_compact);
  EXPECT_TRUE(topic.log.cleanup_delete);
  EXPECT_EQ(topic.log.compression, Compression::zstd);
  EXPECT_EQ(topic.log.compression_level, 7);
  EXPECT_EQ(topic.log.message_timestamp_type, protocol::TimestampType::log_append_time);
  EXPECT_EQ(topic.log.durability, Durability::memory);
  EXPECT_EQ(topic.log.effective_durability(), Durability::fsync);
  EXPECT_EQ(topic.log.segment_bytes, 1024);
  EXPECT_TRUE(topic.unclean_leader_election_enable);
}

TEST(TopicConfig, what_another_implementation_wrote_never_fails) {
  std::vector<std::string> problems;
  const auto topic = derive_topic_config(
      BrokerConfig(), {{"retention.ms", "soon"}, {"brand.new.key", "1"}}, &problems);
  EXPECT_EQ(topic, TopicConfig());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("retention.ms=soon"), std::string::npos);
}

TEST(TopicConfig, what_a_client_asks_for_is_checked) {
  const auto refused = [](std::string key, std::optional<std::string> value) {
    const auto overrides = check_topic_overrides(Configs{{std::move(key), std::move(value)}});
    if (overrides) return std::string("accepted");
    EXPECT_EQ(overrides.error().code(), ErrorCode::invalid_config);
    return overrides.error().message();
  };
  EXPECT_NE(refused("retention.msec", "1").find("retention.ms"), std::string::npos);
  EXPECT_NE(refused("retention.msec", std::nullopt).find("retention.ms"), std::string::npos);
  EXPECT_NE(refused("cleanup.policy", "shred").find("any of compact,delete"), std::string::npos);
  EXPECT_NE(refused("segment.bytes", "100").find("from 1048576"), std::string::npos);
  EXPECT_NE(refused("min.cleanable.dirty.ratio", "1.5").find("from 0 to 1"), std::string::npos);
  EXPECT_NE(refused("compression.gzip.level", "0").find("from 1 to 9"), std::string::npos);
  EXPECT_EQ(refused("segment.bytes", std::nullopt), "accepted");
}

TEST(TopicConfig, a_null_value_is_left_out) {
  const auto overrides =
      check_topic_overrides(Configs{{"retention.ms", "1000"}, {"segment.bytes", std::nullopt}});
  ASSERT_TRUE(overrides) << overrides.error();
  EXPECT_EQ(*overrides, (TopicOverrides{{"retention.ms", "1000"}}));
}

TEST(DescribeConfigs, tells_where_a_topic_value_comes_from) {
  const auto config = broker({{"log.retention.hours", "2"}});
  const auto all = describe_topic_configs(config, {{"segment.bytes", "2000000"}});
  const auto& segment = named(all, "segment.bytes");
  EXPECT_EQ(segment.value, "2000000");
  EXPECT_EQ(segment.source, ConfigSource::topic);
  EXPECT_EQ(segment.synonyms,
            (std::vector<ConfigSynonym>{
                {"segment.bytes", "2000000", ConfigSource::topic},
                {"log.segment.bytes", "1073741824", ConfigSource::default_value}}));
  const auto& retention = named(all, "retention.ms");
  EXPECT_EQ(retention.value, "7200000");
  // As Apache Kafka tells it: by log.retention.ms it is set nowhere.
  EXPECT_EQ(retention.source, ConfigSource::default_value);
  EXPECT_TRUE(retention.synonyms.empty());
  EXPECT_EQ(retention.type, ConfigType::int64);
  EXPECT_EQ(named(all, "flush.ms").source, ConfigSource::default_value);
}

TEST(DescribeConfigs, tells_the_broker_its_own_and_the_topic_defaults) {
  const auto all = describe_broker_configs(broker({{"num.partitions", "4"}}));
  const auto& partitions = named(all, "num.partitions");
  EXPECT_EQ(partitions.value, "4");
  EXPECT_EQ(partitions.source, ConfigSource::static_broker);
  EXPECT_TRUE(partitions.read_only);
  EXPECT_EQ(partitions.synonyms.size(), 2U);
  EXPECT_EQ(named(all, "log.segment.bytes").value, "1073741824");
  EXPECT_EQ(named(all, "log.retention.minutes").value, std::nullopt);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].name, all[i].name);
}

TEST(TopicConfig, a_name_beyond_all_measure_is_refused_without_looking_for_its_like) {
  const auto overrides = check_topic_overrides(Configs{{std::string(1 << 20, 'x'), "1"}});
  ASSERT_FALSE(overrides);
  EXPECT_LT(overrides.error().message().size(), 300U);
}

}  // namespace
}  // namespace ottla::broker
