#include "broker/config/dynamic_settings.h"

#include <gtest/gtest.h>

#include "broker/config/describe_configs.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {
namespace {

const ConfigDescription& named(const std::vector<ConfigDescription>& all, std::string_view name) {
  for (const auto& description : all) {
    if (description.name == name) return description;
  }
  ADD_FAILURE() << "no " << name;
  return all.front();
}

TEST(DynamicSettings, are_the_defaults_of_topics_by_their_nearest_name) {
  EXPECT_TRUE(is_dynamic_setting("log.retention.ms"));
  EXPECT_TRUE(is_dynamic_setting("message.max.bytes"));
  EXPECT_FALSE(is_dynamic_setting("log.retention.hours"));
  EXPECT_FALSE(is_dynamic_setting("num.partitions"));
  EXPECT_FALSE(is_dynamic_setting("retention.ms"));
}

TEST(DynamicSettings, refusals_say_why) {
  const auto code = [](std::string_view name, std::string_view value) {
    const auto checked = check_dynamic_setting({}, name, value);
    return checked ? ErrorCode::none : checked.error().code();
  };
  EXPECT_EQ(code("log.retention.ms", "1000"), ErrorCode::none);
  EXPECT_EQ(code("log.retention.ms", "soon"), ErrorCode::invalid_request);
  EXPECT_EQ(code("log.retention.hours", "1"), ErrorCode::invalid_request);
  EXPECT_EQ(code("node.id", "2"), ErrorCode::invalid_request);
  EXPECT_EQ(code("zstd.of.my.own", "2"), ErrorCode::invalid_config);
  EXPECT_NE(
      check_dynamic_setting({}, "log.retention.m", "1").error().message().find("retention.ms"),
      std::string::npos);
}

TEST(DynamicSettings, stand_above_the_start_and_the_brokers_own_above_the_clusters) {
  BrokerConfig config;
  config.explicit_values = {{"log.retention.ms", "1"}, {"log.segment.bytes", "2000000"}};
  const DynamicSettings dynamic{.own = {{"log.retention.ms", "3"}},
                                .cluster = {{"log.retention.ms", "2"}, {"message.max.bytes", "7"}}};
  const auto now = with_dynamic_settings(config, dynamic);
  const auto log = derive_topic_config(now, {}).log;
  EXPECT_EQ(log.retention_ms, 3);
  EXPECT_EQ(log.max_message_bytes, 7);
  EXPECT_EQ(log.segment_bytes, 2'000'000);
}

TEST(DynamicSettings, threads_of_the_cleaner_are_one) {
  BrokerConfig config;
  config.explicit_values = {{"log.cleaner.threads", "3"}};
  config.log_cleaner_threads = 3;
  EXPECT_TRUE(is_dynamic_setting("log.cleaner.threads"));
  EXPECT_TRUE(check_dynamic_setting({}, "log.cleaner.threads", "0"));
  EXPECT_EQ(check_dynamic_setting({}, "log.cleaner.threads", "-1").error().code(),
            ErrorCode::invalid_request);
  const DynamicSettings dynamic{.own = {}, .cluster = {{"log.cleaner.threads", "5"}}};
  EXPECT_EQ(with_dynamic_settings(config, {}).log_cleaner_threads, 3);
  EXPECT_EQ(with_dynamic_settings(config, dynamic).log_cleaner_threads, 5);
  const auto all = describe_broker_configs(config, dynamic);
  const auto& described = named(all, "log.cleaner.threads");
  EXPECT_EQ(described.value, "5");
  EXPECT_FALSE(described.read_only);
  EXPECT_EQ(described.synonyms,
            (std::vector<ConfigSynonym>{
                {"log.cleaner.threads", "5", ConfigSource::dynamic_default_broker},
                {"log.cleaner.threads", "3", ConfigSource::static_broker},
                {"log.cleaner.threads", "1", ConfigSource::default_value}}));
  EXPECT_TRUE(named(all, "log.cleaner.backoff.ms").read_only);
  const auto cluster = describe_cluster_configs(dynamic);
  ASSERT_EQ(cluster.size(), 1U);
  EXPECT_FALSE(cluster[0].sensitive);
  EXPECT_EQ(cluster[0].type, ConfigType::int32);
}

TEST(DynamicSettings, threads_of_the_cleaner_are_no_more_than_its_memory_is_enough_for) {
  BrokerConfig config;
  config.log_cleaner_dedupe_buffer_size = 4 << 20;
  const auto refused = [&](std::string_view value) {
    const auto checked = check_dynamic_setting(config, "log.cleaner.threads", value);
    return checked ? ErrorCode::none : checked.error().code();
  };
  EXPECT_EQ(refused("4"), ErrorCode::none);
  EXPECT_EQ(refused("5"), ErrorCode::invalid_request);
  EXPECT_EQ(refused("1000000"), ErrorCode::invalid_request);
  const DynamicSettings dynamic{.own = {}, .cluster = {{"log.cleaner.threads", "5"}}};
  EXPECT_EQ(with_dynamic_settings(config, dynamic), config);
}

TEST(DynamicSettings, what_cannot_be_read_counts_as_not_set) {
  const DynamicSettings dynamic{.own = {{"log.retention.ms", "soon"}, {"brand.new", "1"}},
                                .cluster = {{"num.partitions", "4"}}};
  EXPECT_EQ(with_dynamic_settings(BrokerConfig(), dynamic), BrokerConfig());
}

TEST(DynamicSettings, a_default_is_told_in_the_unit_of_its_name) {
  const auto broker = describe_broker_configs({}, {});
  EXPECT_EQ(named(broker, "log.retention.hours").value, "168");
  EXPECT_EQ(named(broker, "log.roll.hours").value, "168");
  EXPECT_EQ(named(broker, "log.roll.jitter.hours").value, "0");
  EXPECT_EQ(named(broker, "log.retention.ms").value, std::nullopt);
  // As Apache Kafka's answers, which begin with the name that was asked for.
  EXPECT_TRUE(named(broker, "log.retention.ms").synonyms.empty());
  EXPECT_EQ(named(broker, "log.segment.bytes").value, "1073741824");
}

TEST(DynamicSettings, are_described_layer_by_layer) {
  BrokerConfig config;
  config.explicit_values = {{"log.retention.hours", "2"}};
  const DynamicSettings dynamic{.own = {{"log.retention.ms", "3"}},
                                .cluster = {{"log.retention.ms", "2"}, {"secret", "x"}}};
  const auto topic = describe_topic_configs(config, {{"retention.ms", "9"}}, dynamic);
  EXPECT_EQ(
      named(topic, "retention.ms").synonyms,
      (std::vector<ConfigSynonym>{{"retention.ms", "9", ConfigSource::topic},
                                  {"log.retention.ms", "3", ConfigSource::dynamic_broker},
                                  {"log.retention.ms", "2", ConfigSource::dynamic_default_broker},
                                  {"log.retention.hours", "2", ConfigSource::static_broker},
                                  {"log.retention.hours", "168", ConfigSource::default_value}}));
  const auto broker = describe_broker_configs(config, dynamic);
  EXPECT_EQ(named(broker, "log.retention.ms").value, "3");
  EXPECT_EQ(named(broker, "log.retention.ms").source, ConfigSource::dynamic_broker);
  EXPECT_FALSE(named(broker, "log.retention.ms").read_only);
  EXPECT_TRUE(named(broker, "log.retention.hours").read_only);
  EXPECT_EQ(named(broker, "log.retention.hours").value, "2");
  EXPECT_EQ(named(broker, "log.retention.hours").synonyms.size(), 2U);
  EXPECT_EQ(named(broker, "log.retention.minutes").value, std::nullopt);
  const auto cluster = describe_cluster_configs(dynamic);
  ASSERT_EQ(cluster.size(), 2U);
  EXPECT_EQ(cluster[0].value, "2");
  EXPECT_EQ(cluster[0].source, ConfigSource::dynamic_default_broker);
  EXPECT_TRUE(cluster[1].sensitive);
}

TEST(TopicConfig, settings_that_contradict_each_other_are_refused) {
  EXPECT_EQ(
      check_topic_settings_agree({{"min.compaction.lag.ms", "2"}, {"max.compaction.lag.ms", "1"}})
          .error()
          .code(),
      ErrorCode::invalid_config);
  EXPECT_EQ(check_topic_settings_agree({{"remote.storage.enable", "true"}}).error().code(),
            ErrorCode::invalid_config);
  EXPECT_TRUE(check_topic_settings_agree({{"min.compaction.lag.ms", "2"}}));
}

}  // namespace
}  // namespace ottla::broker
