#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::ProduceRequest;
using simulation::batch_of;
using simulation::produce_request;

class ProduceHandler : public HandlerFixture {
 protected:
  ErrorCode code(const ProduceRequest& request, std::int16_t version = 9) {
    return call(request, version).responses.at(0).partition_responses.at(0).error_code;
  }

  ErrorCode code_of_bytes(const std::string& bytes, std::int16_t version = 9) {
    return code(produce_request("t", 0, bytes), version);
  }
};

TEST_F(ProduceHandler, malformed_requests_are_answered) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto batch = batch_of(2, "x");
  EXPECT_TRUE(call(ProduceRequest{.acks = -1}, 9).responses.empty());
  EXPECT_TRUE(call(ProduceRequest{.acks = -1, .topic_data = {{"t", {}, {}}}}, 9)
                  .responses.at(0)
                  .partition_responses.empty());
  EXPECT_EQ(code(produce_request("nothing", 0, batch)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(produce_request("", 0, batch)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(produce_request("t", -1, batch)), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(code(produce_request("t", std::numeric_limits<std::int32_t>::max(), batch)),
            ErrorCode::unknown_topic_or_partition);
  auto by_id = produce_request("", 0, batch);
  by_id.topic_data[0].topic_id = Uuid{7, 7};
  EXPECT_EQ(code(by_id, 13), ErrorCode::unknown_topic_id);
  for (const std::int16_t acks : {std::int16_t{2}, std::int16_t{-2}, std::int16_t{32767}}) {
    auto request = produce_request("t", 0, batch);
    request.acks = acks;
    EXPECT_EQ(code(request), ErrorCode::invalid_required_acks) << acks;
  }
  EXPECT_EQ(produce("t", 0, 1), 0);
}

TEST_F(ProduceHandler, bytes_that_are_no_batch_are_refused) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto batch = batch_of(2, "x");
  auto null_records = produce_request("t", 0, batch);
  null_records.topic_data[0].partition_data[0].records.reset();
  EXPECT_EQ(code(null_records), ErrorCode::invalid_record);
  EXPECT_EQ(code_of_bytes(""), ErrorCode::invalid_record);
  EXPECT_EQ(code_of_bytes(batch + batch), ErrorCode::invalid_record);
  EXPECT_NE(code_of_bytes("x"), ErrorCode::none);
  EXPECT_NE(code_of_bytes(batch.substr(0, batch.size() - 1)), ErrorCode::none);
  EXPECT_NE(code_of_bytes(std::string(61, '\0')), ErrorCode::none);
  EXPECT_NE(code_of_bytes(std::string(200, '\xff')), ErrorCode::none);
  auto flipped = batch;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(code_of_bytes(flipped), ErrorCode::corrupt_message);
  EXPECT_EQ(produce("t", 0, 1), 0);
}

TEST_F(ProduceHandler, a_partition_that_stands_twice_gets_both_batches) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto batch = batch_of(2, "x");
  auto request = produce_request("t", 0, batch);
  request.topic_data.push_back(request.topic_data[0]);
  const auto response = call(request, 9);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[0].partition_responses.at(0).base_offset, Offset(0));
  EXPECT_EQ(response.responses[1].partition_responses.at(0).base_offset, Offset(2));
}

TEST_F(ProduceHandler, no_time_to_wait_is_told_after_the_append) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto batch = batch_of(2, "x");
  auto request = produce_request("t", 0, batch);
  request.timeout_ms = -5;
  EXPECT_EQ(code(request), ErrorCode::request_timed_out);
  EXPECT_EQ(produce("t", 0, 1), 2);
}

TEST_F(ProduceHandler, what_cannot_be_answered_closes_the_connection) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const auto batch = batch_of(2, "x");
  auto to_nowhere = produce_request("nothing", 0, batch);
  to_nowhere.acks = 0;
  client(1).send(to_nowhere, 9);
  EXPECT_FALSE(client(1).receive());
  EXPECT_TRUE(client(1).closed);
  const auto in_no_transaction = batch_of(
      2, "x", {protocol::ProducerId(1), protocol::ProducerEpoch(0), protocol::Sequence(0)}, true);
  auto transactional = produce_request("t", 0, in_no_transaction);
  transactional.acks = 0;
  client(2).send(transactional, 9);
  EXPECT_FALSE(client(2).receive());
  EXPECT_TRUE(client(2).closed);
  EXPECT_EQ(produce("t", 0, 1), 0);
}

}  // namespace
}  // namespace ottla::broker
