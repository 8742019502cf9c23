#include <gtest/gtest.h>

#include "broker/metadata/config_requests.h"
#include "broker/metadata/metadata_delta.h"
#include "tests/unit/metadata/controller_fixture.h"

namespace ottla::broker {
namespace {

using Change = ConfigAlteration::Change;
using Changes = std::vector<Change>;

const ConfigResource kTopic{ConfigResourceType::topic, "t"};
const ConfigResource kBroker{ConfigResourceType::broker, "1"};
const ConfigResource kCluster{ConfigResourceType::broker, ""};

// A topic "t" with two settings, one of which this broker does not know.
std::shared_ptr<const MetadataImage> image() {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  EXPECT_TRUE(delta.apply(TopicRecord{.name = "t", .topic_id = {8, 8}}));
  for (const auto& [name, value] : ConfigMap{{"retention.ms", "5"}, {"brand.new", "x"}}) {
    EXPECT_TRUE(delta.apply(
        ConfigRecord{.resource_type = 2, .resource_name = "t", .name = name, .value = value}));
  }
  return delta.image(Offset(4), 1);
}

// What is set for the resource afterwards, or why nothing has changed.
Result<ConfigMap> alter(const ConfigResource& resource, const Changes& changes,
                        AlterMode mode = AlterMode::incremental) {
  const auto before = image();
  const std::vector<ConfigAlteration> asked{{resource, changes}};
  const auto decision = decide_alter_configs(asked, mode, *before, BrokerConfig());
  if (!decision.results.at(0).result) {
    EXPECT_TRUE(decision.records.empty());
    return decision.results[0].result.error();
  }
  MetadataDelta delta(before);
  for (const auto& record : decision.records) EXPECT_TRUE(delta.apply(record));
  return delta.image(Offset(5), 1)->configs(resource);
}

Change set(std::string name, std::string value) {
  return {std::move(name), AlterConfigOp::set, std::move(value)};
}
Change remove(std::string name) {
  return {std::move(name), AlterConfigOp::remove, std::nullopt};
}
Change append(std::string name, std::string value) {
  return {std::move(name), AlterConfigOp::append, std::move(value)};
}
Change subtract(std::string name, std::string value) {
  return {std::move(name), AlterConfigOp::subtract, std::move(value)};
}

TEST(AlterConfigs, what_is_not_named_stays) {
  EXPECT_EQ(*alter(kTopic, {set("segment.bytes", "2000000"), remove("retention.ms")}),
            (ConfigMap{{"brand.new", "x"}, {"segment.bytes", "2000000"}}));
  EXPECT_EQ(*alter(kTopic, {remove("nothing")}),
            (ConfigMap{{"brand.new", "x"}, {"retention.ms", "5"}}));
}

TEST(AlterConfigs, replacing_takes_back_what_is_not_named) {
  EXPECT_EQ(*alter(kTopic, {set("segment.bytes", "2000000")}, AlterMode::replace),
            (ConfigMap{{"segment.bytes", "2000000"}}));
  EXPECT_EQ(*alter(kTopic, {}, AlterMode::replace), ConfigMap());
}

TEST(AlterConfigs, lists_grow_and_shrink_from_their_default) {
  EXPECT_EQ(alter(kTopic, {append("cleanup.policy", "compact")})->at("cleanup.policy"),
            "delete,compact");
  EXPECT_EQ(alter(kTopic, {append("cleanup.policy", "delete, delete")})->at("cleanup.policy"),
            "delete");
  EXPECT_EQ(alter(kTopic, {append("leader.replication.throttled.replicas", "0:1,1:1")})
                ->at("leader.replication.throttled.replicas"),
            "0:1,1:1");
  EXPECT_EQ(alter(kTopic, {subtract("leader.replication.throttled.replicas", "0:1")})
                ->at("leader.replication.throttled.replicas"),
            "");
}

TEST(AlterConfigs, only_what_changes_is_written) {
  const auto before = image();
  const std::vector<ConfigAlteration> same{{kTopic, {set("retention.ms", "5")}}};
  const auto decision = decide_alter_configs(same, AlterMode::incremental, *before, BrokerConfig());
  EXPECT_TRUE(decision.results.at(0).result);
  EXPECT_TRUE(decision.records.empty());
}

TEST(AlterConfigs, brokers_have_the_defaults_of_topics) {
  EXPECT_EQ(*alter(kBroker, {set("log.retention.ms", "7")}),
            (ConfigMap{{"log.retention.ms", "7"}}));
  EXPECT_EQ(*alter(kCluster, {append("log.cleanup.policy", "compact")}),
            (ConfigMap{{"log.cleanup.policy", "delete,compact"}}));
}

TEST(AlterConfigs, every_refusal_has_the_code_of_Kafka) {
  const struct {
    ConfigResource resource;
    Changes changes;
    ErrorCode code;
  } kRows[] = {
      {{ConfigResourceType::topic, "nothing"}, {}, ErrorCode::unknown_topic_or_partition},
      {{ConfigResourceType::topic, ""}, {}, ErrorCode::invalid_request},
      {{ConfigResourceType::broker, "2"}, {}, ErrorCode::invalid_request},
      {{ConfigResourceType::broker, "one"}, {}, ErrorCode::invalid_request},
      {{ConfigResourceType::broker_logger, "1"}, {}, ErrorCode::invalid_request},
      {{ConfigResourceType::unknown, "t"}, {}, ErrorCode::invalid_request},
      {{static_cast<ConfigResourceType>(-7), "t"}, {}, ErrorCode::invalid_request},
      {kTopic, {set("retentionms", "1")}, ErrorCode::invalid_config},
      {kTopic, {set("retention.ms", "x")}, ErrorCode::invalid_config},
      {kTopic, {set("cleanup.policy", std::string(40'000, 'x'))}, ErrorCode::invalid_config},
      {kTopic, {append("retention.ms", "1")}, ErrorCode::invalid_config},
      {kTopic, {append("cleanup.policy", "shred")}, ErrorCode::invalid_config},
      {kTopic, {append("not.there", "1")}, ErrorCode::invalid_config},
      {kTopic,
       {set("max.compaction.lag.ms", "1"), set("min.compaction.lag.ms", "2")},
       ErrorCode::invalid_config},
      {kTopic, {set("retention.ms", "1"), remove("retention.ms")}, ErrorCode::invalid_request},
      {kTopic, {{"retention.ms", AlterConfigOp::set, std::nullopt}}, ErrorCode::invalid_request},
      {kTopic, {{"retention.ms", static_cast<AlterConfigOp>(4), "1"}}, ErrorCode::invalid_request},
      {kTopic, {{"retention.ms", static_cast<AlterConfigOp>(-1), "1"}}, ErrorCode::invalid_request},
      {kBroker, {set("node.id", "4")}, ErrorCode::invalid_request},
      {kBroker, {set("log.retention.ms", "x")}, ErrorCode::invalid_request},
      {kBroker, {append("log.retention.ms", "1")}, ErrorCode::invalid_config},
      {kBroker, {append("log.cleaner.threads", "2")}, ErrorCode::invalid_config},
      {kCluster, {subtract("log.cleaner.threads", "2")}, ErrorCode::invalid_config},
      {kBroker, {set("log.cleaner.threads", "1000000")}, ErrorCode::invalid_request},
      {kBroker, {set("retention.ms", "4")}, ErrorCode::invalid_config},
  };
  for (const auto& row : kRows) {
    const auto altered = alter(row.resource, row.changes);
    ASSERT_FALSE(altered) << row.code;
    EXPECT_EQ(altered.error().code(), row.code) << altered.error();
  }
}

TEST(AlterConfigs, a_setting_that_is_known_nowhere_is_answered_with_the_nearest) {
  EXPECT_NE(alter(kTopic, {set("retention.m", "1")}).error().message().find("retention.ms"),
            std::string::npos);
  EXPECT_NE(alter(kBroker, {set("log.retention.m", "1")}).error().message().find("retention.ms"),
            std::string::npos);
}

TEST(AlterConfigs, a_resource_twice_changes_nothing_and_the_others_do_change) {
  const auto decision = decide_alter_configs(
      {{kTopic, {set("retention.ms", "1")}}, {kBroker, {}}, {kTopic, {set("retention.ms", "2")}}},
      AlterMode::incremental, *image(), BrokerConfig());
  ASSERT_EQ(decision.results.size(), 3U);
  EXPECT_EQ(decision.results[0].result.error().code(), ErrorCode::invalid_request);
  EXPECT_TRUE(decision.results[1].result);
  EXPECT_EQ(decision.results[2].result.error().code(), ErrorCode::invalid_request);
  EXPECT_TRUE(decision.records.empty());
}

class ControllerConfigs : public ControllerFixture {
 protected:
  std::vector<AlterConfigsResult> alter_all(std::vector<ConfigAlteration> alterations,
                                            bool validate_only = false) {
    std::vector<AlterConfigsResult> answer;
    controller->alter_configs(std::move(alterations), AlterMode::incremental, validate_only,
                              [&answer](auto results) { answer = std::move(results); });
    loop.run();
    return answer;
  }
};

TEST_F(ControllerConfigs, changes_are_durable_before_they_are_answered) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "t"}));
  ASSERT_TRUE(alter_all({{kTopic, {set("retention.ms", "9")}}}).at(0).result);
  EXPECT_EQ(controller->image()->topic_configs("t"), (ConfigMap{{"retention.ms", "9"}}));
  EXPECT_EQ(changes.back().changed_configs, std::vector<ConfigResource>{kTopic});
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->image->topic_configs("t"), (ConfigMap{{"retention.ms", "9"}}));
}

TEST_F(ControllerConfigs, validating_writes_nothing) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "t"}));
  const auto before = log_bytes();
  EXPECT_TRUE(alter_all({{kTopic, {set("retention.ms", "9")}}}, true).at(0).result);
  EXPECT_FALSE(alter_all({{kTopic, {set("retention.ms", "x")}}}, true).at(0).result);
  EXPECT_EQ(log_bytes(), before);
}

TEST_F(ControllerConfigs, is_no_controller_once_it_has_stopped) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(stop());
  EXPECT_EQ(alter_all({{kTopic, {}}}).at(0).result.error().code(), ErrorCode::not_controller);
}

}  // namespace
}  // namespace ottla::broker
