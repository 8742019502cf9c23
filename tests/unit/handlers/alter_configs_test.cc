#include <gtest/gtest.h>

#include "broker/handlers/services.h"
#include "broker/replica/replica_manager.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::AlterConfigsRequest;
using protocol::DescribeConfigsRequest;
using protocol::IncrementalAlterConfigsRequest;
using Op = protocol::AlterConfigOp;
using Type = protocol::ConfigResourceType;

class AlterConfigsHandler : public HandlerFixture {
 protected:
  ErrorCode set(Type type, std::string_view resource, std::string_view key,
                std::optional<std::string_view> value, bool validate_only = false) {
    const IncrementalAlterConfigsRequest request{
        .resources = {{type, resource, {{key, value ? Op::set : Op::remove, value}}}},
        .validate_only = validate_only};
    return call(request).responses.at(0).error_code;
  }

  // "value source" of a topic's setting.
  std::string described(std::string_view topic, std::string_view key) {
    const DescribeConfigsRequest request{.resources = {{Type::topic, topic, {{key}}}}};
    const auto response = call(request);
    const auto& configs = response.results.at(0).configs;
    if (configs.size() != 1) return "missing";
    return std::string(configs[0].value.value_or("null")) + " " +
           std::to_string(static_cast<int>(configs[0].config_source));
  }

  // How much of the topic a batch of 10 kB may be.
  ErrorCode produce_10_kB(std::string_view topic) {
    const auto batch = simulation::batch_of(1, std::string(10'000, 'x'));
    const auto response = call(simulation::produce_request(topic, 0, batch), 9);
    return response.responses.at(0).partition_responses.at(0).error_code;
  }
};

TEST_F(AlterConfigsHandler, a_change_takes_effect_on_the_running_log_and_outlasts_a_power_cut) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::none);
  EXPECT_EQ(set(Type::topic, "t", "max.message.bytes", "5000"), ErrorCode::none);
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::message_too_large);
  EXPECT_EQ(described("t", "max.message.bytes"), "5000 1");
  cut_power_and_restart();
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::message_too_large);
  EXPECT_EQ(set(Type::topic, "t", "max.message.bytes", std::nullopt), ErrorCode::none);
  EXPECT_EQ(described("t", "max.message.bytes"), "1048588 5");
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::none);
}

TEST_F(AlterConfigsHandler, a_brokers_setting_is_the_default_of_every_topic_without_its_own) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(create_topic("own", 1, {{"max.message.bytes", "20000"}}), ErrorCode::none);
  EXPECT_EQ(set(Type::broker, "", "message.max.bytes", "6000"), ErrorCode::none);
  EXPECT_EQ(described("t", "max.message.bytes"), "6000 3");
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::message_too_large);
  EXPECT_EQ(produce_10_kB("own"), ErrorCode::none);
  ASSERT_EQ(create_topic("later"), ErrorCode::none);
  EXPECT_EQ(produce_10_kB("later"), ErrorCode::message_too_large);
  restart();
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::message_too_large);
  EXPECT_EQ(set(Type::broker, "1", "message.max.bytes", "30000"), ErrorCode::none);
  EXPECT_EQ(described("t", "max.message.bytes"), "30000 2");
  EXPECT_EQ(produce_10_kB("t"), ErrorCode::none);
}

TEST_F(AlterConfigsHandler, threads_of_the_cleaner_change_while_the_broker_runs) {
  config_.log_cleaner_threads = 0;
  config_.log_cleaner_backoff_ms = 1000;
  restart();
  ASSERT_EQ(create_topic("t", 1,
                         {{"cleanup.policy", "compact"},
                          {"internal.segment.bytes", "200"},
                          {"min.cleanable.dirty.ratio", "0.1"}}),
            ErrorCode::none);
  for (int i = 0; i < 20; ++i) {
    auto builder = protocol::RecordBatchBuilder::growing();
    ASSERT_TRUE(builder.append(1'700'000'000'000 + i, BytesView("key"), BytesView("value")));
    const std::string batch(builder.close_sealed());
    const auto response = call(simulation::produce_request("t", 0, batch), 9);
    ASSERT_EQ(response.responses.at(0).partition_responses.at(0).error_code, ErrorCode::none);
  }
  const auto size = [this] {
    return broker_->services().replicas.find({"t", 0})->log().size_in_bytes();
  };
  const auto filled = size();
  const auto is_smaller = [&] { return size() < filled / 2; };
  EXPECT_FALSE(run_until(is_smaller));
  EXPECT_EQ(set(Type::broker, "", "log.cleaner.threads", "1"), ErrorCode::none);
  EXPECT_TRUE(run_until(is_smaller));
}

TEST_F(AlterConfigsHandler, validating_changes_nothing) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(set(Type::topic, "t", "retention.ms", "1", true), ErrorCode::none);
  EXPECT_EQ(set(Type::topic, "t", "retention.ms", "x", true), ErrorCode::invalid_config);
  EXPECT_EQ(described("t", "retention.ms"), "604800000 5");
}

TEST_F(AlterConfigsHandler, the_older_request_replaces_what_was_set) {
  ASSERT_EQ(create_topic("t", 1, {{"retention.ms", "7"}, {"segment.ms", "8"}}), ErrorCode::none);
  for (std::int16_t version = 0; version <= 2; ++version) {
    const AlterConfigsRequest request{.resources = {{Type::topic, "t", {{"segment.ms", "9"}}}}};
    const auto response = call(request, version);
    EXPECT_EQ(response.responses.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(response.responses.at(0).resource_name, "t");
  }
  EXPECT_EQ(described("t", "segment.ms"), "9 1");
  EXPECT_EQ(described("t", "retention.ms"), "604800000 5");
}

TEST_F(AlterConfigsHandler, one_bad_resource_does_not_hold_up_the_others) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const IncrementalAlterConfigsRequest request{
      .resources = {{Type::topic, "nothing", {{"retention.ms", Op::set, "1"}}},
                    {Type::topic, "t", {{"retention.ms", Op::set, "2"}}},
                    {static_cast<Type>(99), "t", {}}}};
  const auto response = call(request);
  ASSERT_EQ(response.responses.size(), 3U);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(response.responses[1].error_code, ErrorCode::none);
  EXPECT_EQ(response.responses[1].error_message, std::nullopt);
  EXPECT_EQ(response.responses[2].error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.responses[2].resource_type, static_cast<Type>(99));
  EXPECT_EQ(described("t", "retention.ms"), "2 1");
}

TEST_F(AlterConfigsHandler, an_empty_request_has_an_empty_answer) {
  EXPECT_TRUE(call(IncrementalAlterConfigsRequest{}).responses.empty());
  EXPECT_TRUE(call(AlterConfigsRequest{}, 0).responses.empty());
}

TEST_F(AlterConfigsHandler, what_is_set_for_all_brokers_is_described_alone) {
  EXPECT_EQ(set(Type::broker, "", "log.retention.ms", "5"), ErrorCode::none);
  const DescribeConfigsRequest request{.resources = {{Type::broker, "", {}}}};
  const auto response = call(request);
  ASSERT_EQ(response.results.at(0).configs.size(), 1U);
  EXPECT_EQ(response.results[0].configs[0].name, "log.retention.ms");
  EXPECT_EQ(response.results[0].configs[0].value, "5");
}

}  // namespace
}  // namespace ottla::broker
