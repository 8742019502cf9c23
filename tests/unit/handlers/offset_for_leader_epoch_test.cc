#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::OffsetForLeaderEpochRequest;
using Partition = protocol::OffsetForLeaderEpochResponse::Partition;

class OffsetForLeaderEpochHandler : public HandlerFixture {
 protected:
  Partition ask(std::string_view topic, std::int32_t partition, std::int32_t epoch,
                std::int32_t current = -1, std::int16_t version = 4) {
    const OffsetForLeaderEpochRequest request{
        .replica_id = OffsetForLeaderEpochRequest::kConsumer,
        .topics = {{topic, {{partition, LeaderEpoch(current), LeaderEpoch(epoch)}}}}};
    const auto response = call(request, version);
    EXPECT_EQ(response.topics.at(0).topic, topic);
    return response.topics.at(0).partitions.at(0);
  }

  static Partition end(std::int32_t epoch, std::int64_t offset) {
    return {ErrorCode::none, 0, LeaderEpoch(epoch), Offset(offset)};
  }
};

TEST_F(OffsetForLeaderEpochHandler, tells_where_each_epoch_ends) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);  // epoch 0
  produce("t", 0, 3);
  restart();  // the stop and the start each raise the epoch
  produce("t", 0, 4);
  restart();
  restart();
  produce("t", 0, 5);
  const auto first = ask("t", 0, 0);
  EXPECT_EQ(first, end(0, 3));
  const auto latest = ask("t", 0, 0, -1, 2);
  EXPECT_EQ(latest, first);
  std::int32_t current = 0;
  while (ask("t", 0, current).end_offset != Offset(12)) ASSERT_LT(++current, 100);
  EXPECT_EQ(ask("t", 0, current), end(current, 12));
  // Between two epochs with records: the greatest not above it.
  const auto below = ask("t", 0, current - 1);
  EXPECT_EQ(below.end_offset, Offset(7));
  EXPECT_LT(below.leader_epoch, LeaderEpoch(current - 1));
  EXPECT_EQ(ask("t", 0, current + 1), end(-1, -1));
  EXPECT_EQ(ask("t", 0, std::numeric_limits<std::int32_t>::max()), end(-1, -1));
  EXPECT_EQ(ask("t", 0, -1), end(-1, -1));
}

TEST_F(OffsetForLeaderEpochHandler, an_epoch_from_before_the_log_start_ends_where_the_next_begins) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  restart();
  produce("t", 0, 4);
  const protocol::DeleteRecordsRequest request{.topics = {{"t", {{0, Offset(5)}}}},
                                               .timeout_ms = 1000};
  ASSERT_EQ(call(request).topics.at(0).partitions.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(ask("t", 0, 0), end(0, 5));
}

TEST_F(OffsetForLeaderEpochHandler, an_empty_log_knows_the_epoch_of_its_leader_alone) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(ask("t", 0, 0), end(0, 0));
  EXPECT_EQ(ask("t", 0, 1), end(-1, -1));
}

TEST_F(OffsetForLeaderEpochHandler, the_epoch_of_a_leader_without_records_begins_at_the_log_end) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  restart();
  restart();
  std::int32_t current = 0;
  while (ask("t", 0, 0, current).error_code != ErrorCode::none) ASSERT_LT(++current, 100);
  EXPECT_EQ(ask("t", 0, current), end(current, 3));
  EXPECT_EQ(ask("t", 0, current - 1), end(0, 3));
  EXPECT_EQ(ask("t", 0, 0), end(0, 3));
  EXPECT_EQ(ask("t", 0, current + 1), end(-1, -1));
}

TEST_F(OffsetForLeaderEpochHandler, checks_which_leader_the_client_believes_in) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  restart();
  EXPECT_EQ(ask("t", 0, 0, 0).error_code, ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(ask("t", 0, 0, 99).error_code, ErrorCode::unknown_leader_epoch);
  EXPECT_EQ(ask("t", 0, 0, 99).end_offset, Offset(-1));
}

TEST_F(OffsetForLeaderEpochHandler, malformed_requests_are_answered) {
  EXPECT_EQ(ask("nothing", 0, 0).error_code, ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  EXPECT_EQ(ask("t", -1, 0).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(ask("t", std::numeric_limits<std::int32_t>::min(), 0).error_code,
            ErrorCode::unknown_topic_or_partition);
  EXPECT_TRUE(call(OffsetForLeaderEpochRequest{}).topics.empty());
  const OffsetForLeaderEpochRequest doubled{
      .topics = {{"t", {}}, {"t", {{0, {}, {}}, {0, {}, {}}}}}};
  const auto response = call(doubled, 3);
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[1].partitions.size(), 2U);
}

}  // namespace
}  // namespace ottla::broker
