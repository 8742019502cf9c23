#include <gtest/gtest.h>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a client that has used more than its quota hears, and when it is heard again. The clients
// of the fixture call themselves "test".
class Throttling : public HandlerFixture {
 protected:
  void set(std::string_view key, double value) {
    protocol::AlterClientQuotasRequest request;
    request.entries.push_back({{{"client-id", "test"}}, {{key, value, false}}});
    ASSERT_EQ(call(request).entries.at(0).error_code, ErrorCode::none);
  }

  protocol::ProduceResponse send_bytes(std::size_t bytes) {
    const auto batch = simulation::batch_of(1, std::string(bytes, 'x'));
    return call(simulation::produce_request("t", 0, batch), 9);
  }

  protocol::FetchResponse fetch(std::int64_t offset = 0) {
    protocol::FetchRequest request;
    request.max_bytes = 1 << 20;
    request.topics.emplace_back().topic = "t";
    auto& partition = request.topics[0].partitions.emplace_back();
    partition.fetch_offset = Offset(offset);
    partition.partition_max_bytes = 1 << 20;
    return call(request, 12);
  }

  // How long the next question takes.
  base::Duration time_of_a_question() {
    const auto begun = simulation_.now();
    call(protocol::ApiVersionsRequest{.client_software_name = "test",
                                      .client_software_version = "1"});
    return simulation_.now() - begun;
  }
};

TEST_F(Throttling, records_beyond_the_quota_are_taken_and_the_next_request_waits) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  set("producer_byte_rate", 1000);
  EXPECT_EQ(send_bytes(5000).throttle_time_ms, 0);
  EXPECT_LT(time_of_a_question(), seconds(1));
  const auto beyond = send_bytes(7000);
  EXPECT_EQ(beyond.responses.at(0).partition_responses.at(0).error_code, ErrorCode::none);
  EXPECT_NEAR(beyond.throttle_time_ms, 2'200, 300);
  const auto waited = time_of_a_question();
  // The answer was on its way for a moment of that.
  EXPECT_GE(waited, milliseconds(beyond.throttle_time_ms - 10));
  EXPECT_LT(waited, milliseconds(beyond.throttle_time_ms + 500));
}

TEST_F(Throttling, a_producer_that_wants_no_answer_waits_too) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  set("producer_byte_rate", 1000);
  const auto batch = simulation::batch_of(1, std::string(13'000, 'x'));
  auto request = simulation::produce_request("t", 0, batch);
  request.acks = 0;
  client().send(request, 9);
  const auto waited = time_of_a_question();
  EXPECT_GT(waited, seconds(2));
  EXPECT_LT(waited, seconds(4));
}

TEST_F(Throttling, a_fetch_beyond_the_quota_is_empty_and_costs_nothing) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(produce("t", 0, 1, std::string(5000, 'x')), i);
  set("consumer_byte_rate", 1000);
  const auto first = fetch(0);
  EXPECT_EQ(first.throttle_time_ms, 0);
  EXPECT_EQ(first.responses.at(0).partitions.at(0).records->bytes.size() / 5000, 1U);
  const auto second = fetch(2);
  EXPECT_GT(second.throttle_time_ms, 0);
  EXPECT_TRUE(second.responses.empty());
  const auto third = fetch(2);
  EXPECT_EQ(third.throttle_time_ms, 0);
  EXPECT_FALSE(third.responses.empty());
}

TEST_F(Throttling, a_batch_that_no_quota_allows_at_once_is_had_all_the_same) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", 0, 1, std::string(12'000, 'x')), 0);
  set("consumer_byte_rate", 1000);
  const auto answer = fetch(0);
  EXPECT_GT(answer.throttle_time_ms, 0);
  ASSERT_EQ(answer.responses.size(), 1U);
  EXPECT_GT(answer.responses[0].partitions.at(0).records->bytes.size(), 12'000U);
  EXPECT_GE(time_of_a_question(), milliseconds(answer.throttle_time_ms - 10));
}

TEST_F(Throttling, a_fetch_that_wants_more_than_the_quota_gives_at_once_waits_for_that_alone) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(produce("t", 0, 1, std::string(5000, 'x')), i);
  set("consumer_byte_rate", 1000);
  const auto begun = simulation_.now();
  protocol::FetchRequest request;
  request.max_wait_ms = 30'000;
  request.min_bytes = 15'000;
  request.max_bytes = 1 << 20;
  request.topics.emplace_back().topic = "t";
  request.topics[0].partitions.emplace_back().partition_max_bytes = 1 << 20;
  const auto answer = call(request, 12);
  EXPECT_FALSE(answer.responses.empty());
  EXPECT_LT(simulation_.now() - begun, seconds(5));
}

TEST_F(Throttling, topics_beyond_the_mutation_rate_are_refused_one_by_one_since_version_6) {
  set("controller_mutation_rate", 1);
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 5000;
  for (const auto* name : {"a", "b", "c"}) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 10;
    topic.replication_factor = 1;
  }
  const auto response = call(request);
  ASSERT_EQ(response.topics.size(), 3U);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[1].error_code, ErrorCode::none);
  EXPECT_EQ(response.topics[2].error_code, ErrorCode::throttling_quota_exceeded);
  EXPECT_EQ(response.throttle_time_ms, 9'000);
  // Once heard again, it may: older versions are carried out and wait afterwards.
  request.topics.erase(request.topics.begin(), request.topics.begin() + 2);
  const auto older = call(request, 5);
  EXPECT_EQ(older.topics.at(0).error_code, ErrorCode::none);
  EXPECT_GT(older.throttle_time_ms, 0);
}

TEST_F(Throttling, topics_that_metadata_makes_count_as_mutations) {
  config_.num_partitions = 10;
  restart();
  set("controller_mutation_rate", 1);
  protocol::MetadataRequest request;
  request.allow_auto_topic_creation = true;
  for (const auto* name : {"a", "b", "c"}) {
    auto& topics = request.topics ? *request.topics : request.topics.emplace();
    topics.push_back({.topic_id = {}, .name = name});
  }
  const auto first = call(request);
  ASSERT_EQ(first.topics.size(), 3U);
  EXPECT_EQ(first.topics[0].error_code, ErrorCode::none);
  EXPECT_EQ(first.topics[1].error_code, ErrorCode::none);
  EXPECT_EQ(first.topics[2].error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_NEAR(first.throttle_time_ms, 9'000, 100);
  // Once heard again, it may.
  const auto second = call(request);
  EXPECT_EQ(second.topics.at(2).error_code, ErrorCode::none);
  EXPECT_EQ(second.throttle_time_ms, 0);
}

TEST_F(Throttling, partitions_and_deletions_count_as_mutations) {
  ASSERT_EQ(create_topic("t", 20), ErrorCode::none);
  set("controller_mutation_rate", 1);
  protocol::CreatePartitionsRequest more;
  more.timeout_ms = 5000;
  more.topics.emplace_back().name = "t";
  more.topics[0].count = 32;
  EXPECT_EQ(call(more).results.at(0).error_code, ErrorCode::none);
  more.topics[0].count = 33;
  const auto refused = call(more);
  EXPECT_EQ(refused.results.at(0).error_code, ErrorCode::throttling_quota_exceeded);
  EXPECT_NEAR(refused.throttle_time_ms, 1'000, 100);
  protocol::DeleteTopicsRequest remove;
  remove.timeout_ms = 5000;
  remove.topics.emplace_back().name = "t";
  EXPECT_EQ(call(remove).responses.at(0).error_code, ErrorCode::none);
  remove.topics[0].name = "missing";
  EXPECT_EQ(call(remove).responses.at(0).error_code, ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(create_topic("u"), ErrorCode::throttling_quota_exceeded);
}

TEST_F(Throttling, time_of_the_loop_is_waited_for_a_window_at_most) {
  set("request_percentage", 1e-9);
  // The first is not known to have cost anything yet; the second hears of it, and is answered.
  EXPECT_LT(time_of_a_question(), milliseconds(500));
  EXPECT_LT(time_of_a_question(), milliseconds(500));
  EXPECT_GE(time_of_a_question(), milliseconds(900));
  EXPECT_LT(time_of_a_question(), milliseconds(1'500));
}

TEST_F(Throttling, connections_of_an_address_are_served_one_by_one) {
  protocol::AlterClientQuotasRequest request;
  request.entries.push_back({{{"ip", {}}}, {{"connection_creation_rate", 1, false}}});
  ASSERT_EQ(call(request).entries.at(0).error_code, ErrorCode::none);
  for (std::size_t i = 1; i <= 10; ++i) client(i);
  const auto begun = simulation_.now();
  auto answered = client(11).call(
      protocol::ApiVersionsRequest{.client_software_name = "x", .client_software_version = "1"}, 3);
  EXPECT_TRUE(answered) << answered.error();
  EXPECT_GE(simulation_.now() - begun, milliseconds(900));
}

}  // namespace
}  // namespace ottla::broker
