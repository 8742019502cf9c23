#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using simulation::fetch_request;

class FetchHandler : public HandlerFixture {
 protected:
  // A fetch of partitions of topic "t" by name, within a session.
  static FetchRequest within(std::int32_t session, std::int32_t epoch,
                             const std::vector<std::int32_t>& partitions = {},
                             std::int64_t offset = 0) {
    FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    if (partitions.empty()) return request;
    auto& topic = request.topics.emplace_back();
    topic.topic = "t";
    for (const auto partition : partitions) {
      auto& wanted = topic.partitions.emplace_back();
      wanted.partition = partition;
      wanted.fetch_offset = Offset(offset);
      wanted.partition_max_bytes = 1 << 20;
    }
    return request;
  }

  static std::size_t partitions_in(const FetchResponse& response) {
    std::size_t count = 0;
    for (const auto& topic : response.responses) count += topic.partitions.size();
    return count;
  }
};

TEST_F(FetchHandler, a_session_brings_only_what_is_new) {
  ASSERT_EQ(create_topic("t", 3), ErrorCode::none);
  produce("t", 1, 2);
  const auto whole = call(within(0, 0, {0, 1, 2}), 12);
  const auto id = whole.session_id;
  EXPECT_NE(id, 0);
  EXPECT_EQ(partitions_in(whole), 3U);
  const auto nothing = call(within(id, 1, {1}, 2), 12);
  EXPECT_EQ(nothing.error_code, ErrorCode::none);
  EXPECT_EQ(nothing.session_id, id);
  EXPECT_EQ(partitions_in(nothing), 0U);
  produce("t", 2, 4);
  const auto news = call(within(id, 2), 12);
  ASSERT_EQ(partitions_in(news), 1U);
  const auto& partition = news.responses[0].partitions[0];
  EXPECT_EQ(news.responses[0].topic, "t");
  EXPECT_EQ(partition.partition_index, 2);
  EXPECT_EQ(partition.high_watermark, Offset(4));
  EXPECT_FALSE(partition.records->bytes.empty());
}

TEST_F(FetchHandler, a_session_goes_on_on_another_connection_and_waits_for_records) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto id = call(within(0, 0, {0}), 12).session_id;
  auto waiting = within(id, 1);
  waiting.max_wait_ms = 30'000;
  waiting.min_bytes = 1;
  client(1).send(waiting, 12);
  produce("t", 0, 1);
  const auto frame = client(1).receive();
  ASSERT_TRUE(frame);
  const auto body = protocol::read_response(*frame, FetchRequest::api, 12);
  const auto response = protocol::decode<FetchResponse>(*body, 12);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(partitions_in(*response), 1U);
}

TEST_F(FetchHandler, tells_who_has_fetched_another_log_where_the_two_part) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  restart();
  restart();
  produce("t", 0, 3);
  auto asked = within(0, 0, {0}, 3);
  FetchResponse response;
  const auto answer = [&](std::int32_t epoch, std::int64_t offset) {
    asked.topics[0].partitions[0].last_fetched_epoch = LeaderEpoch(epoch);
    asked.topics[0].partitions[0].fetch_offset = Offset(offset);
    asked.session_id = 0;
    asked.session_epoch = 0;
    response = call(asked, 12);
    return response.responses.at(0).partitions.at(0);
  };
  EXPECT_FALSE(answer(0, 3).records->bytes.empty());
  const auto parted = answer(0, 5);
  EXPECT_EQ(parted.error_code, ErrorCode::none);
  EXPECT_TRUE(parted.records->bytes.empty());
  EXPECT_EQ(parted.diverging_epoch, (FetchResponse::EpochEndOffset{LeaderEpoch(0), Offset(3)}));
  EXPECT_EQ(parted.high_watermark, Offset(6));
  // Of an epoch between the two the log has nothing, at whatever offset.
  EXPECT_EQ(answer(1, 3).diverging_epoch.end_offset, Offset(3));
  EXPECT_EQ(answer(99, 5).error_code, ErrorCode::offset_out_of_range);
  EXPECT_FALSE(answer(-1, 5).records->bytes.empty());
}

TEST_F(FetchHandler, a_session_tells_again_that_a_log_is_another) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  auto asked = within(0, 0, {0}, 3);
  const auto id = call(asked, 12).session_id;
  asked = within(id, 1, {0}, 5);
  asked.max_wait_ms = 30'000;
  asked.min_bytes = 1;
  asked.topics[0].partitions[0].last_fetched_epoch = LeaderEpoch(0);
  for (std::int32_t epoch = 1; epoch < 4; ++epoch) {
    asked.session_epoch = epoch;
    const auto response = call(asked, 12);
    ASSERT_EQ(partitions_in(response), 1U) << epoch;
    EXPECT_EQ(response.responses[0].partitions[0].diverging_epoch.end_offset, Offset(3));
  }
}

TEST_F(FetchHandler, session_errors_come_without_partitions) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto id = call(within(0, 0, {0}), 12).session_id;
  EXPECT_EQ(call(within(id, 9), 12).error_code, ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(call(within(id, 1), 13).error_code, ErrorCode::fetch_session_topic_id_error);
  const auto unknown = call(within(id ^ 1, 1, {0}), 12);
  EXPECT_EQ(unknown.error_code, ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(unknown.session_id, 0);
  EXPECT_EQ(partitions_in(unknown), 0U);
}

TEST_F(FetchHandler, a_topic_made_again_is_another_in_a_session_by_id) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  auto request = within(0, 0, {0});
  request.topics[0].topic = "";
  request.topics[0].topic_id = topic_id("t");
  const auto id = call(request).session_id;
  protocol::DeleteTopicsRequest deletion;
  deletion.timeout_ms = 5000;
  deletion.topics.push_back({"t", {}});
  ASSERT_EQ(call(deletion).responses.at(0).error_code, ErrorCode::none);
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto response = call(within(id, 1));
  ASSERT_EQ(partitions_in(response), 1U);
  EXPECT_EQ(response.responses[0].partitions[0].error_code, ErrorCode::unknown_topic_id);
}

TEST_F(FetchHandler, malformed_requests_are_answered) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  EXPECT_TRUE(call(FetchRequest{.max_wait_ms = 1 << 30, .min_bytes = 1}).responses.empty());
  const auto code = [&](const FetchRequest& request) {
    return call(request, 12).responses.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(code(fetch_request("nothing", 0, 0)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(fetch_request("", 0, 0)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(fetch_request("t", -1, 0)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(fetch_request("t", 7, 0)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(fetch_request("t", 0, -1)), ErrorCode::offset_out_of_range);
  EXPECT_EQ(code(fetch_request("t", 0, 4)), ErrorCode::offset_out_of_range);
  EXPECT_EQ(code(fetch_request("t", 0, std::numeric_limits<std::int64_t>::max())),
            ErrorCode::offset_out_of_range);
  auto fenced = fetch_request("t", 0, 0);
  fenced.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(99);
  EXPECT_EQ(code(fenced), ErrorCode::unknown_leader_epoch);
  auto follower = fetch_request("t", 0, 0);
  follower.replica_id = BrokerId(5);
  EXPECT_EQ(code(follower), ErrorCode::not_leader_or_follower);
}

TEST_F(FetchHandler, does_not_wait_for_records_with_a_frame_that_is_beyond_the_budget) {
  config_.queued_max_request_bytes = 64 << 10;
  restart();
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  auto request = fetch_request("t", 0, 0, 5000);
  client().send(request, 12);
  EXPECT_FALSE(client().receive(std::chrono::seconds(1)));
  EXPECT_TRUE(client().receive(std::chrono::seconds(10)));
  request.forgotten_topics_data.emplace_back().partitions.resize(50'000);
  client().send(request, 12);
  EXPECT_TRUE(client().receive(std::chrono::seconds(1)));
}

TEST_F(FetchHandler, limits_out_of_all_bounds_still_bring_a_batch) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  for (const std::int32_t limit : {std::numeric_limits<std::int32_t>::min(), -1, 0, 1,
                                   std::numeric_limits<std::int32_t>::max()}) {
    auto request = fetch_request("t", 0, 0);
    request.max_bytes = limit;
    request.min_bytes = limit;
    request.topics[0].partitions[0].partition_max_bytes = limit;
    const auto response = call(request, 12);
    EXPECT_EQ(response.responses.at(0).partitions.at(0).error_code, ErrorCode::none);
    EXPECT_FALSE(response.responses[0].partitions[0].records->bytes.empty()) << limit;
  }
}

TEST_F(FetchHandler, what_the_next_batch_does_not_fit_into_is_not_waited_for) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (int i = 0; i < 4; ++i) produce("t", 0, 1, std::string(5000, 'x'));
  auto request = fetch_request("t", 0, 0, 30'000);
  request.min_bytes = 12'000;
  request.max_bytes = 14'000;
  const auto begun = simulation_.now();
  const auto response = call(request, 12);
  EXPECT_LT(simulation_.now() - begun, std::chrono::seconds(1));
  EXPECT_EQ(response.responses.at(0).partitions.at(0).records->bytes.size() / 5000, 2U);
}

TEST_F(FetchHandler, more_than_may_be_had_is_not_waited_for) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (int i = 0; i < 4; ++i) produce("t", 0, 1, std::string(5000, 'x'));
  auto request = fetch_request("t", 0, 0, 30'000);
  request.min_bytes = 1 << 20;
  request.max_bytes = 11'000;
  client(1).send(request, 12);
  EXPECT_TRUE(client(1).receive(std::chrono::seconds(1)));
}

TEST_F(FetchHandler, a_partition_at_its_limit_does_not_answer_for_the_others) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  for (int i = 0; i < 4; ++i) produce("t", 0, 1, std::string(5000, 'x'));
  auto request = fetch_request("t", 0, 0, 30'000);
  request.min_bytes = 10'000;
  request.topics[0].partitions[0].partition_max_bytes = 6000;
  request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
  request.topics[0].partitions[1].partition = 1;
  client(1).send(request, 12);
  EXPECT_FALSE(client(1).receive(std::chrono::seconds(1)));
  produce("t", 1, 1, std::string(5000, 'x'));
  EXPECT_TRUE(client(1).receive(std::chrono::seconds(1)));
}

TEST_F(FetchHandler, a_partition_asked_for_often_is_answered_once_as_it_was_asked_for_last) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  produce("t", 0, 3);
  auto request = fetch_request("t", 0, 0);
  request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
  request.topics.push_back(request.topics[0]);
  request.topics[1].partitions[1].fetch_offset = Offset(99);
  const auto response = call(request, 12);
  ASSERT_EQ(partitions_in(response), 1U);
  EXPECT_EQ(response.responses[0].partitions[0].error_code, ErrorCode::offset_out_of_range);
}

}  // namespace
}  // namespace ottla::broker
