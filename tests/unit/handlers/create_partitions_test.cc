#include <gtest/gtest.h>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::CreatePartitionsRequest;

class CreatePartitionsHandler : public HandlerFixture {
 protected:
  std::size_t partitions_of(std::string_view topic) {
    protocol::MetadataRequest request;
    request.topics.emplace().push_back({.topic_id = {}, .name = topic});
    return call(request).topics.at(0).partitions.size();
  }

  static CreatePartitionsRequest request(std::string_view topic, std::int32_t count,
                                         bool validate_only = false) {
    return {.topics = {{topic, count, {}}}, .timeout_ms = 5000, .validate_only = validate_only};
  }
};

TEST_F(CreatePartitionsHandler, the_new_partitions_take_records_and_outlast_a_power_cut) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", 0, 3), 0);
  EXPECT_EQ(call(request("t", 3)).results.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(partitions_of("t"), 3U);
  EXPECT_EQ(produce("t", 2, 4), 0);
  cut_power_and_restart();
  EXPECT_EQ(partitions_of("t"), 3U);
  EXPECT_EQ(produce("t", 2, 1), 4);
  EXPECT_EQ(produce("t", 0, 1), 3);
}

TEST_F(CreatePartitionsHandler, every_version_answers_what_was_asked) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (std::int16_t version = 0; version <= 3; ++version) {
    const auto response = client().call(request("t", 2 + version), version);
    ASSERT_TRUE(response) << response.error();
    EXPECT_EQ(response->results.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(response->results.at(0).name, "t");
  }
  EXPECT_EQ(partitions_of("t"), 5U);
}

TEST_F(CreatePartitionsHandler, validating_makes_none) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(call(request("t", 3, true)).results.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(call(request("t", 1, true)).results.at(0).error_code, ErrorCode::invalid_partitions);
  EXPECT_EQ(partitions_of("t"), 1U);
}

TEST_F(CreatePartitionsHandler, malformed_requests_are_answered) {
  EXPECT_TRUE(call(CreatePartitionsRequest{.timeout_ms = -1}).results.empty());
  EXPECT_EQ(call(request("nothing", -5)).results.at(0).error_code,
            ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const CreatePartitionsRequest unknown_broker{.topics = {{"t", 2, {{{{BrokerId(-1)}}}}}},
                                               .timeout_ms = 0};
  EXPECT_EQ(call(unknown_broker).results.at(0).error_code, ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(partitions_of("t"), 1U);
}

}  // namespace
}  // namespace ottla::broker
