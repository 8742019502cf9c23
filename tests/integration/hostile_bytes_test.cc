#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/endian.h"
#include "ottla/embedded_broker.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/wire/frame.h"
#include "tests/integration/log_lines.h"
#include "tests/integration/raw_client.h"

namespace ottla::integration {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::MetadataRequest;

class HostileBytes : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "there"}},
                                          .properties = {{"socket.request.max.bytes", "1000000"},
                                                         {"queued.max.request.bytes", "1500000"},
                                                         {"connections.max.idle.ms", "600000"}},
                                          .log_sink = lines_.sink()});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  template <class M>
  static std::string request(const M& message, std::int16_t version) {
    const auto frame = protocol::encode_request(message, version, 7, "test");
    return std::string(frame.value().bytes.view());
  }

  // The broker serves somebody else as if nothing had happened.
  void expect_served(RawClient& bystander) {
    ASSERT_TRUE(bystander.send(request(
        ApiVersionsRequest{.client_software_name = "test", .client_software_version = "1"}, 3)));
    EXPECT_FALSE(bystander.receive_frame().empty());
  }

  void expect_closed(const std::string& bytes, const std::string& reason) {
    RawClient bystander(broker_->address());
    expect_served(bystander);
    const auto before = lines_.count(reason);
    RawClient client(broker_->address());
    ASSERT_TRUE(client.connected());
    client.send(bytes);
    EXPECT_TRUE(client.closed_by_peer());
    expect_served(bystander);
    EXPECT_EQ(lines_.count(reason), before + 1) << reason;
  }

  LogLines lines_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(HostileBytes, a_frame_too_large_is_refused) {
  std::string size(4, '\0');
  base::store_be(size.data(), std::int32_t{1'000'001});
  expect_closed(size, "socket.request.max.bytes is 1000000");
}

TEST_F(HostileBytes, a_negative_size_is_refused) {
  expect_closed("\xff\xff\xff\xfe", "negative size -2");
}

TEST_F(HostileBytes, http_is_told_apart) {
  expect_closed("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "looks like HTTP");
}

TEST_F(HostileBytes, tls_is_told_apart) {
  expect_closed(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
                "looks like a TLS handshake");
}

TEST_F(HostileBytes, an_unknown_api_is_refused) {
  auto bytes = request(MetadataRequest{}, 1);
  base::store_be(bytes.data() + 4, std::int16_t{999});
  expect_closed(bytes, "999");
}

TEST_F(HostileBytes, an_unknown_version_is_refused) {
  auto bytes = request(MetadataRequest{}, 12);
  base::store_be(bytes.data() + 6, std::int16_t{99});
  expect_closed(bytes, "Metadata version 99 is not served; versions 0 to 13 are");
}

TEST_F(HostileBytes, produce_below_version_3_is_refused) {
  auto bytes = request(protocol::ProduceRequest{.acks = 1}, 3);
  base::store_be(bytes.data() + 6, std::int16_t{2});
  expect_closed(bytes, "Produce version 2 is not served");
}

TEST_F(HostileBytes, a_lying_count_is_refused_without_allocating_for_it) {
  auto bytes = request(MetadataRequest{.topics = std::vector<MetadataRequest::Topic>{}}, 1);
  base::store_be(bytes.data() + bytes.size() - 4, std::numeric_limits<std::int32_t>::max());
  expect_closed(bytes, "Metadata");
}

TEST_F(HostileBytes, bytes_after_the_message_are_refused) {
  auto bytes = request(MetadataRequest{.topics = std::vector<MetadataRequest::Topic>{}}, 1) + "x";
  base::store_be(bytes.data(), static_cast<std::int32_t>(bytes.size() - 4));
  expect_closed(bytes, "Metadata");
}

TEST_F(HostileBytes, frames_that_are_announced_and_do_not_come_hold_nobody_back) {
  RawClient bystander(broker_->address());
  std::string size(4, '\0');
  base::store_be(size.data(), std::int32_t{1'000'000});
  RawClient silent[] = {RawClient(broker_->address()), RawClient(broker_->address()),
                        RawClient(broker_->address())};
  for (auto& client : silent) ASSERT_TRUE(client.send(size));
  expect_served(bystander);
  expect_served(bystander);
}

TEST_F(HostileBytes, half_a_request_and_a_hang_up_disturb_nobody) {
  RawClient bystander(broker_->address());
  {
    RawClient client(broker_->address());
    const auto bytes = request(MetadataRequest{}, 1);
    ASSERT_TRUE(client.send(bytes.substr(0, bytes.size() / 2)));
    client.finish_sending();
    EXPECT_TRUE(client.closed_by_peer());
  }
  expect_served(bystander);
}

TEST_F(HostileBytes, api_versions_from_the_future_are_answered_in_version_0) {
  RawClient client(broker_->address());
  auto bytes = request(
      ApiVersionsRequest{.client_software_name = "test", .client_software_version = "1"}, 3);
  base::store_be(bytes.data() + 6, std::int16_t{9});
  ASSERT_TRUE(client.send(bytes));
  const auto frame = client.receive_frame();
  ASSERT_GT(frame.size(), 4U);
  const auto response = protocol::decode<ApiVersionsResponse>(BytesView(frame).substr(4), 0);
  ASSERT_TRUE(response.has_value()) << response.error();
  EXPECT_EQ(response->error_code, ErrorCode::unsupported_version);
  ASSERT_EQ(response->api_keys.size(), 1U);
  EXPECT_EQ(response->api_keys[0].api_key, ApiKey::api_versions);
  EXPECT_EQ(response->api_keys[0].max_version, 4);
}

TEST_F(HostileBytes, produce_is_announced_from_version_0) {
  RawClient client(broker_->address());
  ASSERT_TRUE(client.send(request(ApiVersionsRequest{}, 0)));
  const auto frame = client.receive_frame();
  ASSERT_GT(frame.size(), 4U);
  const auto response = protocol::decode<ApiVersionsResponse>(BytesView(frame).substr(4), 0);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->api_keys.at(0).api_key, ApiKey::produce);
  EXPECT_EQ(response->api_keys.at(0).min_version, 0);
  EXPECT_EQ(response->api_keys.at(0).max_version, 13);
}

TEST_F(HostileBytes, answers_leave_in_the_order_of_the_requests) {
  RawClient client(broker_->address());
  std::string bytes;
  constexpr std::int32_t kRequests = 100;
  for (std::int32_t i = 0; i < kRequests; ++i) {
    const auto frame = protocol::encode_request(MetadataRequest{}, 1, i, "test");
    bytes += frame.value().bytes.view();
  }
  ASSERT_TRUE(client.send(bytes));
  for (std::int32_t i = 0; i < kRequests; ++i) {
    const auto frame = client.receive_frame();
    ASSERT_EQ(protocol::read_correlation_id(frame).value(), i);
  }
}

TEST_F(HostileBytes, a_client_beyond_the_limit_is_turned_away) {
  auto small =
      EmbeddedBroker::start({.properties = {{"max.connections", "2"}}, .log_sink = lines_.sink()});
  ASSERT_TRUE(small.has_value()) << small.error();
  RawClient first(small->address());
  RawClient second(small->address());
  expect_served(first);
  expect_served(second);
  RawClient third(small->address());
  EXPECT_TRUE(third.closed_by_peer());
  expect_served(first);
  EXPECT_EQ(lines_.count("there are max.connections=2"), 1U);
}

}  // namespace
}  // namespace ottla::integration
