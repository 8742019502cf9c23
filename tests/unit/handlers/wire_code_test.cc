#include "broker/handlers/wire_code.h"

#include <gtest/gtest.h>

#include "tests/simulation/sim_disk.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

TEST(WireCode, lets_kafkas_codes_through) {
  for (int code = -1; code <= 133; ++code) {
    EXPECT_EQ(wire_code(static_cast<ErrorCode>(code)), static_cast<ErrorCode>(code));
  }
}

TEST(WireCode, lets_none_of_our_own_codes_out) {
  for (int code = 10000; code < 10100; ++code) {
    EXPECT_LE(static_cast<int>(wire_code(static_cast<ErrorCode>(code))), 133) << code;
  }
}

TEST(WireCode, blames_the_disk_for_what_cannot_be_read) {
  for (const auto code : {ErrorCode::io_error, ErrorCode::closed, ErrorCode::not_found,
                          ErrorCode::corrupt_data, ErrorCode::no_space}) {
    EXPECT_EQ(wire_code(Error(code, "of a file")), ErrorCode::kafka_storage_error);
  }
  EXPECT_EQ(wire_code(ErrorCode::timed_out), ErrorCode::request_timed_out);
  EXPECT_EQ(wire_code(ErrorCode::invalid_argument), ErrorCode::unknown_server_error);
}

class UnreadableFile : public HandlerFixture {
 protected:
  // A topic whose segment cannot be opened any more.
  void SetUp() override {
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t"), ErrorCode::none);
    produce("t", 0, 3);
    restart();
    node_.disk().inject({.call = simulation::DiskCall::open, .path_contains = ".log"});
  }
};

TEST_F(UnreadableFile, is_kafka_storage_error_to_who_fetches) {
  protocol::FetchRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic = "t";
  auto& wanted = topic.partitions.emplace_back();
  wanted.fetch_offset = Offset(0);
  wanted.partition_max_bytes = 1 << 20;
  const auto response = call(request, 12);
  ASSERT_EQ(response.responses.size(), 1U);
  EXPECT_EQ(response.responses[0].partitions[0].error_code, ErrorCode::kafka_storage_error);
}

TEST_F(UnreadableFile, is_kafka_storage_error_to_who_asks_for_a_timestamp) {
  protocol::ListOffsetsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partitions.emplace_back().timestamp = 5;
  const auto response = call(request);
  ASSERT_EQ(response.topics.size(), 1U);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kafka_storage_error);
}

}  // namespace
}  // namespace ottla::broker
