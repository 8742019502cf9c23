#include "client/admin/configs.h"

#include <gtest/gtest.h>

#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using WireType = protocol::ConfigResourceType;

const auto kTopic = ConfigResource::topic("t");
const auto kBroker = ConfigResource::broker(2);

IncrementalAlterConfigsResponse all_with(ErrorCode code,
                                         const IncrementalAlterConfigsRequest& request) {
  IncrementalAlterConfigsResponse response;
  for (const auto& resource : request.resources) {
    response.responses.push_back(
        {code, std::nullopt, resource.resource_type, resource.resource_name});
  }
  return response;
}

DescribeConfigsResponse::Resource described(WireType type, std::string_view name) {
  DescribeConfigsResponse::Resource resource;
  resource.resource_type = type;
  resource.resource_name = name;
  return resource;
}

TEST(AlterConfigs, asks_each_broker_for_its_own_and_any_for_the_rest) {
  AdminWorld world;
  std::vector<std::string> seen;
  for (const int id : {1, 2}) {
    world.broker(id).on<IncrementalAlterConfigsRequest>(
        [&seen, id](const IncrementalAlterConfigsRequest& request, std::int16_t) {
          EXPECT_TRUE(request.validate_only);
          for (const auto& resource : request.resources) {
            const bool own = resource.resource_type == WireType::broker;
            seen.push_back((own ? std::to_string(id) + " " : "any ") +
                           std::string(resource.resource_name));
          }
          return all_with(ErrorCode::none, request);
        });
  }
  const auto outcomes = world.wait(world.admin().incremental_alter_configs(
      {{kTopic, {{"retention.ms", "1"}}},
       {ConfigResource::topic("u"), {{"retention.ms", "2"}}},
       {kBroker, {{"log.retention.ms", "3"}}}},
      {.validate_only = true}));
  EXPECT_EQ(outcomes.value(), (ConfigOutcomes{{kTopic, std::nullopt},
                                              {ConfigResource::topic("u"), std::nullopt},
                                              {kBroker, std::nullopt}}));
  EXPECT_EQ(seen, (std::vector<std::string>{"any t", "any u", "2 2"}));
}

TEST(AlterConfigs, says_what_is_to_be_done_with_each_setting) {
  AdminWorld world(1);
  world.broker(1).on<IncrementalAlterConfigsRequest>(
      [](const IncrementalAlterConfigsRequest& request, std::int16_t) {
        const auto& configs = request.resources.at(0).configs;
        EXPECT_EQ(configs.size(), 3U);
        EXPECT_EQ(configs[0].config_operation, protocol::AlterConfigOp::set);
        EXPECT_EQ(configs[0].value, "1");
        EXPECT_EQ(configs[1].config_operation, protocol::AlterConfigOp::remove);
        EXPECT_EQ(configs[1].value, std::nullopt);
        EXPECT_EQ(configs[2].config_operation, protocol::AlterConfigOp::append);
        EXPECT_EQ(configs[2].value, "compact");
        return all_with(ErrorCode::none, request);
      });
  const ConfigChanges changes{
      {kTopic,
       {{"a", "1"}, {.name = "b", .op = ConfigOp::remove}, {"c", "compact", ConfigOp::append}}}};
  EXPECT_TRUE(world.wait(world.admin().incremental_alter_configs(changes, {})));
}

TEST(AlterConfigs, tells_each_resource_its_own_error_and_asks_again_where_that_helps) {
  AdminWorld world(1);
  int asked = 0;
  world.broker(1).on<IncrementalAlterConfigsRequest>(
      [&asked](const IncrementalAlterConfigsRequest& request, std::int16_t) {
        auto response = all_with(ErrorCode::none, request);
        if (++asked == 1) {
          EXPECT_EQ(request.resources.size(), 2U);
          response.responses[0].error_code = ErrorCode::coordinator_load_in_progress;
          response.responses[1].error_code = ErrorCode::invalid_config;
          response.responses[1].error_message = "no such setting";
        } else {
          EXPECT_EQ(request.resources.size(), 1U);
        }
        return response;
      });
  const auto outcomes = world
                            .wait(world.admin().incremental_alter_configs(
                                {{kTopic, {{"a", "1"}}}, {ConfigResource::topic("u"), {}}}, {}))
                            .value();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(outcomes.at(kTopic), std::nullopt);
  const auto& error = outcomes.at(ConfigResource::topic("u"));
  EXPECT_EQ(error, Error(ErrorCode::invalid_config, "no such setting"));
  EXPECT_EQ(error->context().topic, "u");
}

TEST(AlterConfigs, what_no_broker_can_be_asked_for_is_refused_at_once) {
  AdminWorld world(1);
  const auto outcomes =
      world
          .wait(world.admin().incremental_alter_configs({{ConfigResource::topic(""), {}},
                                                         {{ConfigResourceType::broker, "one"}, {}},
                                                         {{ConfigResourceType::broker, "-1"}, {}}},
                                                        {}))
          .value();
  EXPECT_EQ(outcomes.size(), 3U);
  for (const auto& [resource, error] : outcomes) EXPECT_TRUE(error) << to_string(resource);
  EXPECT_EQ(world.wait(world.admin().incremental_alter_configs({}, {})).value().size(), 0U);
}

TEST(AlterConfigs, an_answer_that_leaves_a_resource_out_is_no_answer_to_it) {
  AdminWorld world(1);
  world.broker(1).on<IncrementalAlterConfigsRequest>(
      [](const IncrementalAlterConfigsRequest&, std::int16_t) {
        return IncrementalAlterConfigsResponse();
      });
  const auto outcomes =
      world.wait(world.admin().incremental_alter_configs({{kTopic, {{"a", "1"}}}}, {})).value();
  EXPECT_EQ(outcomes.at(kTopic)->code(), ErrorCode::unknown_server_error);
  EXPECT_NE(outcomes.at(kTopic)->message().find("leaves the resource out"), std::string::npos);
}

TEST(DescribeConfigs, tells_values_with_where_they_come_from) {
  AdminWorld world(2);
  world.broker(2).on<DescribeConfigsRequest>(
      [](const DescribeConfigsRequest& request, std::int16_t) {
        EXPECT_TRUE(request.include_synonyms);
        EXPECT_EQ(request.resources.at(0).configuration_keys, std::nullopt);
        DescribeConfigsResponse response;
        auto& resource = response.results.emplace_back(described(WireType::broker, "2"));
        auto& later = resource.configs.emplace_back();
        later.name = "z.password";
        later.is_sensitive = true;
        later.config_source = static_cast<protocol::ConfigSource>(99);
        auto& first = resource.configs.emplace_back();
        first.name = "log.retention.ms";
        first.value = "5";
        first.read_only = true;
        first.config_source = protocol::ConfigSource::static_broker;
        first.synonyms.push_back({"log.retention.ms", "5", protocol::ConfigSource::static_broker});
        return response;
      });
  const auto entries =
      world.wait(world.admin().describe_configs({kBroker}, {.include_synonyms = true}))
          .value()
          .at(kBroker)
          .value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "log.retention.ms");
  EXPECT_EQ(entries[0].value, "5");
  EXPECT_TRUE(entries[0].read_only);
  EXPECT_EQ(entries[0].source, ConfigSource::static_broker);
  EXPECT_EQ(entries[0].synonyms,
            (std::vector<ConfigSynonym>{{"log.retention.ms", "5", ConfigSource::static_broker}}));
  EXPECT_TRUE(entries[1].sensitive);
  EXPECT_EQ(entries[1].value, std::nullopt);
  EXPECT_EQ(entries[1].source, ConfigSource::unknown);
}

TEST(DescribeConfigs, a_resource_named_twice_is_asked_for_once) {
  AdminWorld world(1);
  world.broker(1).on<DescribeConfigsRequest>(
      [](const DescribeConfigsRequest& request, std::int16_t) {
        EXPECT_EQ(request.resources.size(), 1U);
        DescribeConfigsResponse response;
        auto& resource = response.results.emplace_back(described(WireType::topic, "t"));
        resource.error_code = ErrorCode::unknown_topic_or_partition;
        return response;
      });
  const auto answer = world.wait(world.admin().describe_configs({kTopic, kTopic}, {})).value();
  EXPECT_EQ(answer.at(kTopic).error().code(), ErrorCode::unknown_topic_or_partition);
}

TEST(DescribeConfigs, resources_have_names_for_people) {
  EXPECT_EQ(to_string(kTopic), "topic t");
  EXPECT_EQ(to_string(kBroker), "broker 2");
  EXPECT_EQ(to_string(ConfigResource::all_brokers()), "all brokers");
}

}  // namespace
}  // namespace ottla::client
