#include "broker/metadata/cluster_requests.h"

#include <gtest/gtest.h>

#include "broker/metadata/metadata_delta.h"

namespace ottla::broker {
namespace {

using Levels = std::map<std::string, std::int16_t, std::less<>>;

constexpr auto kEligible = "eligible.leader.replicas.version";

// metadata.version 25, group.version 1; brokers 1 and 2, of which 2 has a setting of its own.
std::shared_ptr<const MetadataImage> image() {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  EXPECT_TRUE(delta.apply(FeatureLevelRecord{.name = "metadata.version", .feature_level = 25}));
  EXPECT_TRUE(delta.apply(FeatureLevelRecord{.name = "group.version", .feature_level = 1}));
  for (const std::int32_t id : {1, 2}) {
    RegisterBrokerRecord record;
    record.broker_id = BrokerId(id);
    record.broker_epoch = 40 + id;
    EXPECT_TRUE(delta.apply(record));
  }
  EXPECT_TRUE(delta.apply(ConfigRecord{
      .resource_type = 4, .resource_name = "2", .name = "min.insync.replicas", .value = "3"}));
  return delta.image(Offset(9), 1);
}

std::shared_ptr<const MetadataImage> after(const Decision<ClusterResult>& decision) {
  MetadataDelta delta(image());
  for (const auto& record : decision.records) EXPECT_TRUE(delta.apply(record));
  return delta.image(Offset(20), 1);
}

// The levels afterwards, or why nothing has changed.
Result<Levels> update(const std::vector<FeatureUpdate>& updates) {
  const auto before = image();
  const auto decision = decide_update_features(updates, *before, BrokerConfig());
  const auto& result = decision.results.at(0).result;
  if (result) return after(decision)->features();
  EXPECT_TRUE(decision.records.empty());
  return result.error();
}

TEST(UpdateFeatures, levels_go_up_and_back) {
  const auto levels = update({{"metadata.version", 29},
                              {"group.version", 0, UpgradeType::safe_downgrade},
                              {"transaction.version", 2}});
  ASSERT_TRUE(levels) << levels.error();
  EXPECT_EQ(*levels, (Levels{{"metadata.version", 29}, {"transaction.version", 2}}));
  EXPECT_EQ(update({{"metadata.version", 23, UpgradeType::safe_downgrade}})->at("metadata.version"),
            23);
}

TEST(UpdateFeatures, a_level_that_is_had_already_is_not_written_again) {
  const auto before = image();
  const auto decision = decide_update_features({{"metadata.version", 25}}, *before, {});
  EXPECT_TRUE(decision.results.at(0).result);
  EXPECT_TRUE(decision.records.empty());
}

TEST(UpdateFeatures, every_refusal_is_of_all_and_has_the_code_of_Kafka) {
  const FeatureUpdate kRows[] = {
      {"metadata.version", 24},
      {"metadata.version", 26, UpgradeType::safe_downgrade},
      {"metadata.version", 22, UpgradeType::safe_downgrade},
      {"metadata.version", 22, UpgradeType::unsafe_downgrade},
      {"metadata.version", 0, UpgradeType::unsafe_downgrade},
      {"metadata.version", 31},
      {"metadata.version", 16, UpgradeType::unsafe_downgrade},
      {"metadata.version", -1, UpgradeType::unsafe_downgrade},
      {"group.version", 2},
      {"kraft.version", 1},
      {"no.such.feature", 1},
      {"group.version", 1, UpgradeType::unknown},
      {"group.version", 1, static_cast<UpgradeType>(9)},
  };
  for (const auto& row : kRows) {
    const auto levels = update({{"share.version", 1}, row});
    ASSERT_FALSE(levels) << row.name << " " << row.level;
    EXPECT_EQ(levels.error().code(), ErrorCode::invalid_update_version) << row.name;
    EXPECT_NE(levels.error().message().find(row.name), std::string::npos);
  }
}

TEST(UpdateFeatures, eligible_leaders_make_one_setting_hold_for_all_brokers) {
  const auto before = image();
  BrokerConfig config;
  config.explicit_values = {{"min.insync.replicas", "2"}};
  const std::vector<FeatureUpdate> updates{{kEligible, 1}};
  const auto decision = decide_update_features(updates, *before, config);
  ASSERT_TRUE(decision.results.at(0).result) << decision.results[0].result.error();
  const auto made = after(decision);
  EXPECT_EQ(made->feature(kEligible), 1);
  EXPECT_EQ(made->configs({ConfigResourceType::broker, ""}),
            (ConfigMap{{"min.insync.replicas", "2"}}));
  EXPECT_EQ(made->configs({ConfigResourceType::broker, "2"}), ConfigMap());
}

TEST(UpdateFeatures, eligible_leaders_need_metadata_that_have_them) {
  MetadataDelta delta(MetadataImage::empty("cluster"));
  EXPECT_TRUE(delta.apply(FeatureLevelRecord{.name = "metadata.version", .feature_level = 20}));
  const auto old = delta.image(Offset(1), 1);
  EXPECT_FALSE(decide_update_features({{kEligible, 1}}, *old, {}).results.at(0).result);
  EXPECT_TRUE(decide_update_features({{kEligible, 1}, {"metadata.version", 23}}, *old, {})
                  .results.at(0)
                  .result);
}

TEST(UnregisterBroker, another_is_forgotten) {
  const auto before = image();
  const auto decision = decide_unregister_broker(BrokerId(2), *before, BrokerId(1));
  ASSERT_TRUE(decision.results.at(0).result);
  EXPECT_EQ(after(decision)->brokers().size(), 1U);
  EXPECT_EQ(decide_unregister_broker(BrokerId(3), *before, BrokerId(1))
                .results.at(0)
                .result.error()
                .code(),
            ErrorCode::broker_id_not_registered);
  EXPECT_EQ(decide_unregister_broker(BrokerId(1), *before, BrokerId(1))
                .results.at(0)
                .result.error()
                .code(),
            ErrorCode::invalid_request);
}

}  // namespace
}  // namespace ottla::broker
