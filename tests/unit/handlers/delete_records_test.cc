#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::DeleteRecordsRequest;

class DeleteRecordsHandler : public HandlerFixture {
 protected:
  static DeleteRecordsRequest request(std::string_view topic, std::int64_t offset,
                                      std::int32_t partition = 0) {
    return {.topics = {{topic, {{partition, Offset(offset)}}}}, .timeout_ms = 5000};
  }

  // The error code, and the low watermark.
  std::pair<ErrorCode, std::int64_t> delete_records(std::string_view topic, std::int64_t offset,
                                                    std::int32_t partition = 0) {
    const auto response = call(request(topic, offset, partition));
    const auto& answer = response.topics.at(0).partitions.at(0);
    return {answer.error_code, answer.low_watermark.value};
  }

  std::int64_t earliest(std::string_view topic) {
    protocol::ListOffsetsRequest asked;
    asked.topics.push_back(
        {topic, {{0, LeaderEpoch(-1), protocol::ListOffsetsRequest::kEarliest}}});
    return call(asked).topics.at(0).partitions.at(0).offset.value;
  }

  ErrorCode fetch_error(std::string_view topic, std::int64_t offset) {
    const auto response = call(simulation::fetch_request(topic, 0, offset), 12);
    return response.responses.at(0).partitions.at(0).error_code;
  }
};

using Answer = std::pair<ErrorCode, std::int64_t>;

TEST_F(DeleteRecordsHandler, what_is_deleted_stays_deleted_over_a_power_cut) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (int i = 0; i < 5; ++i) produce("t", 0, 2);
  EXPECT_EQ(delete_records("t", 4), Answer(ErrorCode::none, 4));
  EXPECT_EQ(earliest("t"), 4);
  EXPECT_EQ(fetch_error("t", 3), ErrorCode::offset_out_of_range);
  EXPECT_EQ(fetch_error("t", 4), ErrorCode::none);
  cut_power_and_restart();
  EXPECT_EQ(earliest("t"), 4);
  EXPECT_EQ(fetch_error("t", 3), ErrorCode::offset_out_of_range);
  EXPECT_EQ(produce("t", 0, 1), 10);
}

TEST_F(DeleteRecordsHandler, minus_one_stands_for_the_high_watermark) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(delete_records("t", -1), Answer(ErrorCode::none, 0));
  produce("t", 0, 7);
  EXPECT_EQ(delete_records("t", -1), Answer(ErrorCode::none, 7));
  EXPECT_EQ(earliest("t"), 7);
  cut_power_and_restart();
  EXPECT_EQ(earliest("t"), 7);
}

TEST_F(DeleteRecordsHandler, the_log_start_never_goes_back) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 7);
  EXPECT_EQ(delete_records("t", 5), Answer(ErrorCode::none, 5));
  EXPECT_EQ(delete_records("t", 2), Answer(ErrorCode::none, 5));
}

TEST_F(DeleteRecordsHandler, every_refusal_has_the_code_of_Kafka) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(create_topic("keyed", 1, {{"cleanup.policy", "compact"}}), ErrorCode::none);
  ASSERT_EQ(create_topic("both", 1, {{"cleanup.policy", "compact,delete"}}), ErrorCode::none);
  produce("t", 0, 3);
  EXPECT_EQ(delete_records("t", 4), Answer(ErrorCode::offset_out_of_range, -1));
  EXPECT_EQ(delete_records("t", -2), Answer(ErrorCode::offset_out_of_range, -1));
  EXPECT_EQ(delete_records("t", std::numeric_limits<std::int64_t>::max()),
            Answer(ErrorCode::offset_out_of_range, -1));
  EXPECT_EQ(delete_records("t", 0, 1), Answer(ErrorCode::unknown_topic_or_partition, -1));
  EXPECT_EQ(delete_records("t", 0, -1), Answer(ErrorCode::unknown_topic_or_partition, -1));
  EXPECT_EQ(delete_records("nothing", 0), Answer(ErrorCode::unknown_topic_or_partition, -1));
  EXPECT_EQ(delete_records("", 0), Answer(ErrorCode::unknown_topic_or_partition, -1));
  EXPECT_EQ(delete_records("keyed", -1), Answer(ErrorCode::policy_violation, -1));
  EXPECT_EQ(delete_records("both", -1), Answer(ErrorCode::none, 0));
  EXPECT_EQ(delete_records("__consumer_offsets", -1),
            Answer(ErrorCode::invalid_topic_exception, -1));
  EXPECT_EQ(earliest("t"), 0);
}

TEST_F(DeleteRecordsHandler, each_partition_is_answered_on_its_own) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  const DeleteRecordsRequest mixed{
      .topics = {{"__consumer_offsets", {{0, Offset(0)}}},
                 {"t", {{0, Offset(1)}, {7, Offset(1)}, {0, Offset(2)}}},
                 {"t", {}}},
      .timeout_ms = -1};
  for (std::int16_t version = 0; version <= 2; ++version) {
    const auto response = call(mixed, version);
    ASSERT_EQ(response.topics.size(), 3U);
    EXPECT_EQ(response.topics[0].partitions.at(0).error_code, ErrorCode::invalid_topic_exception);
    const auto& partitions = response.topics[1].partitions;
    ASSERT_EQ(partitions.size(), 3U);
    EXPECT_EQ(partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_TRUE(response.topics[2].partitions.empty());
  }
  EXPECT_EQ(earliest("t"), 2);
  EXPECT_TRUE(call(DeleteRecordsRequest{}).topics.empty());
}

}  // namespace
}  // namespace ottla::broker
