#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::CreateTopicsRequest;
using protocol::DeleteTopicsRequest;

using TopicHandlers = HandlerFixture;

TEST_F(TopicHandlers, malformed_creations_are_answered) {
  EXPECT_TRUE(call(CreateTopicsRequest{.timeout_ms = -1}).topics.empty());
  CreateTopicsRequest request;
  request.timeout_ms = 5000;
  for (const std::string_view name : {"", "twice", "twice", "..", "ok"}) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 1;
    topic.replication_factor = 1;
  }
  request.topics.back().configs.push_back({"retention.ms", std::nullopt});
  const auto response = call(request);
  ASSERT_EQ(response.topics.size(), 4U);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::invalid_topic_exception);
  EXPECT_EQ(response.topics[1].error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.topics[2].error_code, ErrorCode::invalid_topic_exception);
  EXPECT_EQ(response.topics[3].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[3].num_partitions, 1);
}

TEST_F(TopicHandlers, numbers_out_of_all_bounds_are_refused) {
  EXPECT_EQ(create_topic("t", 0), ErrorCode::invalid_partitions);
  EXPECT_EQ(create_topic("t", std::numeric_limits<std::int32_t>::min()),
            ErrorCode::invalid_partitions);
  EXPECT_EQ(create_topic("t", std::numeric_limits<std::int32_t>::max()),
            ErrorCode::policy_violation);
  CreateTopicsRequest assigned;
  auto& topic = assigned.topics.emplace_back();
  topic.name = "t";
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  topic.assignments.push_back({std::numeric_limits<std::int32_t>::min(), {BrokerId(1)}});
  assigned.timeout_ms = 5000;
  EXPECT_EQ(call(assigned).topics.at(0).error_code, ErrorCode::invalid_replica_assignment);
}

TEST_F(TopicHandlers, validating_makes_nothing) {
  CreateTopicsRequest request;
  request.timeout_ms = 5000;
  request.validate_only = true;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.num_partitions = 2;
  topic.replication_factor = 1;
  EXPECT_EQ(call(request).topics.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(create_topic("t"), ErrorCode::none);
}

TEST_F(TopicHandlers, malformed_deletions_are_answered) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_TRUE(call(DeleteTopicsRequest{}).responses.empty());
  DeleteTopicsRequest request;
  request.timeout_ms = -1;
  request.topics.push_back({std::nullopt, Uuid{}});
  request.topics.push_back({std::nullopt, Uuid{7, 7}});
  request.topics.push_back({"", Uuid{}});
  request.topics.push_back({"nothing", Uuid{}});
  request.topics.push_back({"t", topic_id("t")});
  const auto response = call(request);
  ASSERT_EQ(response.responses.size(), 5U);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.responses[1].error_code, ErrorCode::unknown_topic_id);
  EXPECT_EQ(response.responses[2].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(response.responses[3].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(response.responses[4].error_code, ErrorCode::invalid_request);
  EXPECT_EQ(create_topic("t"), ErrorCode::topic_already_exists);
}

TEST_F(TopicHandlers, older_deletions_are_by_name) {
  for (std::int16_t version = 1; version <= 5; ++version) {
    ASSERT_EQ(create_topic("t"), ErrorCode::none);
    const DeleteTopicsRequest request{.topic_names = {"t", "nothing"}, .timeout_ms = 5000};
    const auto response = call(request, version);
    ASSERT_EQ(response.responses.size(), 2U);
    EXPECT_EQ(response.responses[0].error_code, ErrorCode::none);
    EXPECT_EQ(response.responses[1].error_code, ErrorCode::unknown_topic_or_partition);
  }
}

}  // namespace
}  // namespace ottla::broker
