#include "client/admin/features.h"

#include <gtest/gtest.h>

#include "protocol/messages/api_versions.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::ApiVersionsResponse;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using protocol::UpgradeType;

using Features = std::map<std::string, FeatureDescription>;

TEST(DescribeFeatures, tells_what_a_broker_supports_and_the_cluster_has_finalized) {
  AdminWorld world(2);
  for (int id = 1; id <= 2; ++id) {
    auto& features = world.broker(id).features;
    features.supported_features = {{"group.version", 0, 1}, {"metadata.version", 7, 30}};
    features.finalized_features = {{"gone.version", 1, 1},
                                   {"metadata.version", static_cast<std::int16_t>(25 + id), 7}};
    features.finalized_features_epoch = 40 + id;
  }
  for (int id = 1; id <= 2; ++id) {
    const auto described = world.wait(world.admin().describe_features({.broker = id}));
    ASSERT_TRUE(described) << described.error();
    EXPECT_EQ(described->finalized_epoch, 40 + id);
    const auto level = static_cast<std::int16_t>(25 + id);
    EXPECT_EQ(
        described->features,
        (Features{{"gone.version", {.finalized = VersionRange{1, 1}}},
                  {"group.version", {.supported = VersionRange{0, 1}}},
                  {"metadata.version",
                   {.supported = VersionRange{7, 30}, .finalized = VersionRange{7, level}}}}));
  }
}

TEST(DescribeFeatures, a_broker_that_knows_of_none_has_none) {
  AdminWorld world(1);
  const auto described = world.wait(world.admin().describe_features({}));
  ASSERT_TRUE(described) << described.error();
  EXPECT_TRUE(described->features.empty());
  EXPECT_EQ(described->finalized_epoch, std::nullopt);
}

TEST(DescribeFeatures, no_broker_has_an_id_below_zero) {
  AdminWorld world(1);
  EXPECT_EQ(world.wait(world.admin().describe_features({.broker = -1})).error().code(),
            ErrorCode::invalid_argument);
}

// What the controller was asked for, by `newest` version at most.
struct UpdateWorld : AdminWorld {
  explicit UpdateWorld(const UpdateFeaturesResponse& response = {},
                       std::int16_t newest = UpdateFeaturesRequest::api.max)
      : AdminWorld(1) {
    broker(1).on<UpdateFeaturesRequest>(
        [this, response](const UpdateFeaturesRequest& request, std::int16_t version) {
          last_version = version;
          validate_only = request.validate_only;
          asked.clear();
          for (const auto& update : request.feature_updates) {
            asked.push_back(std::string(update.feature) + " " +
                            std::to_string(update.max_version_level) +
                            (update.allow_downgrade ? " down " : " ") +
                            std::to_string(static_cast<int>(update.upgrade_type)));
          }
          if (not_controller-- > 0) {
            UpdateFeaturesResponse refused;
            refused.error_code = ErrorCode::not_controller;
            return refused;
          }
          return response;
        },
        newest);
  }
  int not_controller = 0;
  std::int16_t last_version = -1;
  bool validate_only = false;
  std::vector<std::string> asked;
};

const FeatureUpdates kUpdates{{"a", {.level = 3}},
                              {"b", {.level = 0, .type = FeatureUpdateType::safe_downgrade}}};

TEST(UpdateFeatures, asks_the_controller_and_tells_what_became_of_each) {
  UpdateWorld world;
  world.not_controller = 1;
  const auto outcomes =
      world.wait(world.admin().update_features(kUpdates, {.validate_only = true})).value();
  EXPECT_EQ(outcomes, (FeatureOutcomes{{"a", std::nullopt}, {"b", std::nullopt}}));
  EXPECT_TRUE(world.validate_only);
  EXPECT_EQ(world.asked, (std::vector<std::string>{"a 3 1", "b 0 2"}));
  EXPECT_EQ(world.broker(1).requests(ApiKey::update_features), 2);
}

TEST(UpdateFeatures, an_error_for_all_is_that_of_each) {
  UpdateFeaturesResponse response;
  response.error_code = ErrorCode::invalid_update_version;
  response.error_message = "level 3 of a cannot be had";
  UpdateWorld world(response);
  const auto outcomes = world.wait(world.admin().update_features(kUpdates, {})).value();
  const Error error(ErrorCode::invalid_update_version, "level 3 of a cannot be had");
  EXPECT_EQ(outcomes, (FeatureOutcomes{{"a", error}, {"b", error}}));
}

TEST(UpdateFeatures, older_brokers_have_an_error_for_each_and_a_flag_for_downgrades) {
  UpdateFeaturesResponse response;
  response.results = {{"a", ErrorCode::none, std::nullopt},
                      {"b", ErrorCode::invalid_update_version, "no"},
                      {"c", ErrorCode::invalid_update_version, "nobody asked"}};
  UpdateWorld world(response, 0);
  const auto outcomes = world.wait(world.admin().update_features(kUpdates, {})).value();
  EXPECT_EQ(outcomes, (FeatureOutcomes{{"a", std::nullopt},
                                       {"b", Error(ErrorCode::invalid_update_version, "no")}}));
  EXPECT_EQ(world.asked, (std::vector<std::string>{"a 3 1", "b 0 down 1"}));
}

TEST(UpdateFeatures, asks_no_broker_that_would_take_it_for_something_else) {
  UpdateWorld world({}, 0);
  const auto checked = world.wait(world.admin().update_features(kUpdates, {.validate_only = true}));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::unsupported_version);
  const auto unsafe = world.wait(world.admin().update_features(
      {{"a", {.level = 1, .type = FeatureUpdateType::unsafe_downgrade}}}, {}));
  ASSERT_FALSE(unsafe);
  EXPECT_EQ(unsafe.error().code(), ErrorCode::unsupported_version);
  EXPECT_EQ(world.broker(1).requests(ApiKey::update_features), 0);
}

TEST(UpdateFeatures, sends_nothing_that_makes_no_sense) {
  UpdateWorld world;
  for (const auto& updates : {FeatureUpdates{{"a", {.level = -1}}}, FeatureUpdates{{"a", {}}},
                              FeatureUpdates{{"", {.level = 1}}}}) {
    const auto outcomes = world.wait(world.admin().update_features(updates, {}));
    ASSERT_FALSE(outcomes);
    EXPECT_EQ(outcomes.error().code(), ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(world.wait(world.admin().update_features({}, {})).value().empty());
  EXPECT_EQ(world.broker(1).requests(ApiKey::update_features), 0);
}

}  // namespace
}  // namespace ottla::client
