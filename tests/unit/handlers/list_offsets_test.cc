#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::ListOffsetsRequest;
using Answer = protocol::ListOffsetsResponse::Partition;

class ListOffsetsHandler : public HandlerFixture {
 protected:
  static ListOffsetsRequest request(std::string_view topic, std::int32_t partition,
                                    std::int64_t timestamp, std::int32_t epoch = -1) {
    ListOffsetsRequest request;
    request.topics.push_back({topic, {{partition, LeaderEpoch(epoch), timestamp}}});
    return request;
  }

  Answer ask(std::string_view topic, std::int32_t partition, std::int64_t timestamp,
             std::int16_t version = 11, std::int32_t epoch = -1) {
    return call(request(topic, partition, timestamp, epoch), version).topics.at(0).partitions.at(0);
  }
};

TEST_F(ListOffsetsHandler, special_timestamps_are_served_from_their_version_on) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  const struct {
    std::int64_t timestamp;
    std::int16_t since;
    std::int64_t offset;
  } kRows[] = {
      {ListOffsetsRequest::kLatest, 1, 3},
      {ListOffsetsRequest::kEarliest, 1, 0},
      {ListOffsetsRequest::kMaxTimestamp, 7, 2},
      {ListOffsetsRequest::kEarliestLocal, 8, 0},
      {ListOffsetsRequest::kLatestTiered, 9, -1},
      {ListOffsetsRequest::kEarliestPendingUpload, 11, -1},
  };
  for (const auto& row : kRows) {
    for (std::int16_t version = 1; version <= 11; ++version) {
      const auto answer = ask("t", 0, row.timestamp, version);
      const bool served = version >= row.since;
      EXPECT_EQ(answer.error_code, served ? ErrorCode::none : ErrorCode::unsupported_version)
          << row.timestamp << " v" << version;
      EXPECT_EQ(answer.offset, Offset(served ? row.offset : -1)) << row.timestamp;
    }
  }
}

TEST_F(ListOffsetsHandler, malformed_requests_are_answered) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  EXPECT_EQ(ask("t", 0, -7).error_code, ErrorCode::unsupported_version);
  EXPECT_EQ(ask("t", 0, std::numeric_limits<std::int64_t>::min()).error_code,
            ErrorCode::unsupported_version);
  EXPECT_EQ(ask("t", 0, std::numeric_limits<std::int64_t>::max()).offset, Offset(-1));
  EXPECT_EQ(ask("t", 9, -1).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(ask("t", -1, -1).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(ask("", 0, -1).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(ask("t", 0, -1, 11, 99).error_code, ErrorCode::unknown_leader_epoch);
  EXPECT_TRUE(call(ListOffsetsRequest{}).topics.empty());
  auto strange = request("t", 0, -1);
  strange.isolation_level = static_cast<protocol::IsolationLevel>(9);
  strange.replica_id = BrokerId(-77);
  EXPECT_EQ(call(strange).topics.at(0).partitions.at(0).offset, Offset(3));
}

TEST_F(ListOffsetsHandler, a_partition_asked_for_twice_is_refused_as_Kafka_does) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  auto twice = request("t", 0, -1);
  twice.topics.push_back({"t", {{0, LeaderEpoch(-1), -2}, {1, LeaderEpoch(-1), -1}}});
  const auto response = call(twice);
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].partitions.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.topics[1].partitions.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.topics[1].partitions.at(1).error_code, ErrorCode::none);
}

}  // namespace
}  // namespace ottla::broker
