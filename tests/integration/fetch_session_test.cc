#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ottla/embedded_broker.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/frame.h"
#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"

// Incremental fetches over real sockets, records by sendfile.
namespace ottla::integration {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::Offset;

constexpr std::int16_t kVersion = 12;

class FetchSessionOverSockets : public testing::Test {
 protected:
  void SetUp() override { start({{.name = "lines", .partitions = 2}}); }

  void start(std::vector<EmbeddedTopic> topics = {}) {
    auto started = EmbeddedBroker::start({.topics = std::move(topics),
                                          .data_directory = data_.path(),
                                          .properties = {},
                                          .log_sink = {}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  template <class M>
  static void send(RawClient& client, const M& message, std::int16_t version) {
    const auto frame = protocol::encode_request(message, version, 7, "test");
    EXPECT_TRUE(client.send(std::string(frame.value().bytes.view())));
  }

  FetchResponse receive(RawClient& client) {
    answer_ = client.receive_frame();
    const auto body = protocol::read_response(answer_, FetchRequest::api, kVersion);
    EXPECT_TRUE(body) << body.error();
    auto response = protocol::decode<FetchResponse>(body.value_or(BytesView()), kVersion);
    EXPECT_TRUE(response) << response.error();
    return response ? *std::move(response) : FetchResponse();
  }

  std::string produce(std::int32_t partition, const std::string& value) {
    auto builder = protocol::RecordBatchBuilder::growing();
    EXPECT_TRUE(builder.append(1'700'000'000'000, std::nullopt, value));
    const std::string batch(builder.close_sealed({}));
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 10'000;
    request.topic_data.push_back({"lines", {}, {{partition, protocol::Records{batch}}}});
    RawClient client(broker_->address());
    send(client, request, 9);
    EXPECT_FALSE(client.receive_frame().empty());
    return batch;
  }

  static FetchRequest whole() {
    FetchRequest request;
    request.session_epoch = 0;
    request.topics.push_back({"lines", {}, {{.partition = 0}, {.partition = 1}}});
    for (auto& partition : request.topics[0].partitions) partition.partition_max_bytes = 1 << 20;
    return request;
  }

  static FetchRequest next(std::int32_t session, std::int32_t epoch) {
    FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    request.max_wait_ms = 20'000;
    request.min_bytes = 1;
    return request;
  }

  TemporaryDirectory data_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::string answer_;
};

TEST_F(FetchSessionOverSockets, brings_what_is_appended_while_it_waits_and_nothing_else) {
  RawClient client(broker_->address());
  send(client, whole(), kVersion);
  const auto opened = receive(client);
  ASSERT_NE(opened.session_id, 0);
  EXPECT_EQ(opened.responses.at(0).partitions.size(), 2U);
  send(client, next(opened.session_id, 1), kVersion);
  // Large enough to go by sendfile.
  const auto batch = produce(1, std::string(200'000, 'x'));
  const auto news = receive(client);
  EXPECT_EQ(news.error_code, ErrorCode::none);
  EXPECT_EQ(news.session_id, opened.session_id);
  ASSERT_EQ(news.responses.size(), 1U);
  ASSERT_EQ(news.responses[0].partitions.size(), 1U);
  EXPECT_EQ(news.responses[0].partitions[0].partition_index, 1);
  EXPECT_EQ(news.responses[0].partitions[0].records->bytes.size(), batch.size());
}

TEST_F(FetchSessionOverSockets, outlives_its_connection_but_not_its_broker) {
  std::int32_t id = 0;
  {
    RawClient client(broker_->address());
    send(client, whole(), kVersion);
    id = receive(client).session_id;
  }
  produce(0, "x");
  RawClient other(broker_->address());
  send(other, next(id, 1), kVersion);
  EXPECT_EQ(receive(other).responses.at(0).partitions.size(), 1U);
  ASSERT_TRUE(broker_->close());
  start();
  RawClient later(broker_->address());
  send(later, next(id, 2), kVersion);
  const auto unknown = receive(later);
  EXPECT_EQ(unknown.error_code, ErrorCode::fetch_session_id_not_found);
  EXPECT_TRUE(unknown.responses.empty());
}

}  // namespace
}  // namespace ottla::integration
