#include <gtest/gtest.h>

#include <string>

#include "base/endian.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/wire/frame.h"
#include "tests/protocol/hex.h"

namespace ottla::protocol {
namespace {

using namespace std::string_literals;

// Checks the size field and takes it off.
BytesView without_size(const EncodedFrame& frame) {
  const BytesView bytes = frame.bytes.view();
  EXPECT_EQ(base::load_be<std::int32_t>(bytes.data()), static_cast<int>(bytes.size()) - 4);
  return bytes.substr(4);
}

TEST(Frames, a_request_is_read_back_with_its_header) {
  ProduceRequest request;
  request.timeout_ms = 1500;
  for (const std::int16_t version : {std::int16_t{3}, std::int16_t{9}}) {
    const auto frame = encode_request(request, version, 77, "me");
    ASSERT_TRUE(frame) << frame.error();
    const auto read = read_request(without_size(*frame));
    ASSERT_TRUE(read) << read.error();
    const RequestHeader expected{ApiKey::produce, version, 77, "me"};
    EXPECT_EQ(read->header, expected);
    EXPECT_EQ(read->api->name, "Produce");
    EXPECT_EQ(decode<ProduceRequest>(read->body, version).value(), request);
  }
}

TEST(Frames, a_request_without_a_client_id_has_none) {
  const auto frame = encode_request(ApiVersionsRequest{}, 0, 1, std::nullopt);
  const auto read = read_request(without_size(*frame));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->header.client_id, std::nullopt);
}

TEST(Frames, a_response_is_read_back_with_its_header) {
  FetchResponse response;
  response.session_id = 12;
  for (const std::int16_t version : {std::int16_t{7}, std::int16_t{12}}) {
    const auto frame = encode_response(response, version, 78);
    ASSERT_TRUE(frame) << frame.error();
    const BytesView bytes = without_size(*frame);
    EXPECT_EQ(read_correlation_id(bytes).value(), 78);
    const auto body = read_response(bytes, FetchResponse::api, version);
    ASSERT_TRUE(body) << body.error();
    EXPECT_EQ(decode<FetchResponse>(*body, version).value(), response);
  }
}

TEST(Frames, the_answer_to_api_versions_has_the_oldest_header) {
  const auto frame = encode_response(ApiVersionsResponse{}, 3, 5);
  EXPECT_EQ(to_hex(without_size(*frame)), "000000050000010000000000");
}

TEST(Frames, the_header_of_a_version_from_the_future_is_read) {
  const std::string frame = "\0\x12\0\x63\0\0\0\7\0\2me\0rest"s;
  const auto read = read_request(frame);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->header.api_version, 99);
  EXPECT_EQ(read->header.correlation_id, 7);
  EXPECT_EQ(read->body, "rest");
}

TEST(Frames, unknown_tags_in_a_header_are_skipped) {
  const std::string frame = "\0\x12\0\3\0\0\0\7\0\2me\1\5\3abcrest"s;
  const auto read = read_request(frame);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->body, "rest");
}

TEST(Frames, an_unknown_api_is_refused_with_its_key) {
  for (const auto& key : {"\x03\xe8"s, "\xff\xff"s, "\x80\0"s}) {
    const auto read = read_request(key + "\0\1\0\0\0\1\xff\xff"s);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::unsupported_version);
    EXPECT_NE(read.error().message().find("unknown API key"), std::string::npos);
  }
}

TEST(Frames, headers_that_are_cut_short_or_lie_are_refused) {
  const std::string whole = "\0\x12\0\3\0\0\0\7\0\2me\0"s;
  ASSERT_TRUE(read_request(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_request(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_request("\0\x12\0\3\0\0\0\7\xff\xfe\0"s)) << "a length of -2";
  EXPECT_FALSE(read_request("\0\x12\0\3\0\0\0\7\x7f\xff\0"s)) << "a length past the end";
  EXPECT_FALSE(read_request("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(read_correlation_id("abc"));
  EXPECT_FALSE(read_response("\0\0\0\1"s, FetchResponse::api, 12)) << "no tag section";
}

FetchResponse two_partitions(std::uint64_t first, std::uint64_t second) {
  FetchResponse response;
  response.responses.resize(1);
  response.responses[0].topic = "t";
  response.responses[0].partitions.resize(2);
  response.responses[0].partitions[0].records = Records{"in memory,", first};
  response.responses[0].partitions[1].records = Records{"", second};
  return response;
}

TEST(ExternalRecords, have_their_places_noted_and_their_sizes_counted) {
  for (std::int16_t version = FetchResponse::api.min; version <= 18; ++version) {
    SCOPED_TRACE(version);
    const auto frame = encode_response(two_partitions(5, 300), version, 1);
    ASSERT_TRUE(frame) << frame.error();
    ASSERT_EQ(frame->external.size(), 2U);
    EXPECT_EQ(frame->external[0].size, 5U);
    EXPECT_EQ(frame->external[1].size, 300U);

    std::string sent(frame->bytes.view());
    const std::string second(300, 'z');
    sent.insert(frame->external[1].position, second);
    sent.insert(frame->external[0].position, "afile");
    EXPECT_EQ(base::load_be<std::int32_t>(sent.data()), static_cast<int>(sent.size()) - 4);
    const auto body = read_response(BytesView(sent).substr(4), FetchResponse::api, version);
    const auto decoded = decode<FetchResponse>(body.value(), version);
    ASSERT_TRUE(decoded) << decoded.error();
    const auto& partitions = decoded->responses[0].partitions;
    EXPECT_EQ(partitions[0].records->bytes, "in memory,afile");
    EXPECT_EQ(partitions[1].records->bytes, second);
  }
}

TEST(ExternalRecords, larger_than_a_frame_can_be_are_refused) {
  constexpr std::uint64_t kGiB = 1ULL << 30;
  const auto one = encode_response(two_partitions(3 * kGiB, 1), 12, 1);
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code(), ErrorCode::message_too_large);
  const auto both = encode_response(two_partitions(kGiB, kGiB), 12, 1);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code(), ErrorCode::message_too_large);
}

}  // namespace
}  // namespace ottla::protocol
