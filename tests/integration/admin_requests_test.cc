#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "ottla/embedded_broker.h"
#include "protocol/messages/all.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/frame.h"
#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"

// Changes of what is there, over a real socket and on a real disk.
namespace ottla::integration {
namespace {

using protocol::Offset;

class AdminRequests : public testing::Test {
 protected:
  void SetUp() override { start({{.name = "lines"}}); }

  void start(std::vector<EmbeddedTopic> topics = {}) {
    client_.reset();
    auto started = EmbeddedBroker::start({.topics = std::move(topics),
                                          .data_directory = data_.path(),
                                          .properties = {},
                                          .log_sink = {}});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    client_ = std::make_unique<RawClient>(broker_->address());
  }

  void restart() {
    ASSERT_TRUE(broker_->close());
    start();
  }

  // The response borrows from the fixture until the next call.
  template <class M>
  typename M::Response call(const M& message, std::int16_t version = M::api.max) {
    const auto frame = protocol::encode_request(message, version, 7, "test");
    EXPECT_TRUE(client_->send(std::string(frame.value().bytes.view())));
    answer_ = client_->receive_frame();
    const auto body = protocol::read_response(answer_, M::api, version);
    EXPECT_TRUE(body) << body.error();
    auto response = protocol::decode<typename M::Response>(body.value_or(BytesView()), version);
    EXPECT_TRUE(response) << response.error();
    return response ? *std::move(response) : typename M::Response();
  }

  ErrorCode produce(std::int32_t partition, int records) {
    auto builder = protocol::RecordBatchBuilder::growing();
    for (int i = 0; i < records; ++i) EXPECT_TRUE(builder.append(1'700'000'000'000, "k", "v"));
    const std::string batch(builder.close_sealed({}));
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 10'000;
    request.topic_data.push_back({"lines", {}, {{partition, protocol::Records{batch}}}});
    return call(request, 9).responses.at(0).partition_responses.at(0).error_code;
  }

  Offset earliest() {
    protocol::ListOffsetsRequest request;
    request.topics.push_back({"lines", {{0, {}, protocol::ListOffsetsRequest::kEarliest}}});
    request.topics[0].partitions[0].current_leader_epoch = protocol::kNoLeaderEpoch;
    return call(request).topics.at(0).partitions.at(0).offset;
  }

  TemporaryDirectory data_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<RawClient> client_;
  std::string answer_;
};

TEST_F(AdminRequests, settings_hold_at_once_and_after_a_restart) {
  protocol::IncrementalAlterConfigsRequest request;
  request.resources.push_back({protocol::ConfigResourceType::topic, "lines", {}});
  request.resources[0].configs.push_back(
      {"max.message.bytes", protocol::AlterConfigOp::set, "100"});
  EXPECT_EQ(call(request).responses.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(produce(0, 1), ErrorCode::none);
  EXPECT_EQ(produce(0, 100), ErrorCode::message_too_large);
  restart();
  EXPECT_EQ(produce(0, 100), ErrorCode::message_too_large);
}

TEST_F(AdminRequests, added_partitions_take_records_also_after_a_restart) {
  const protocol::CreatePartitionsRequest request{.topics = {{"lines", 3, {}}},
                                                  .timeout_ms = 10'000};
  EXPECT_EQ(produce(2, 1), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(call(request).results.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(produce(2, 1), ErrorCode::none);
  restart();
  EXPECT_EQ(produce(2, 1), ErrorCode::none);
}

TEST_F(AdminRequests, deleted_records_stay_deleted_and_epochs_keep_their_ends) {
  EXPECT_EQ(produce(0, 5), ErrorCode::none);
  EXPECT_EQ(produce(0, 5), ErrorCode::none);
  const protocol::DeleteRecordsRequest request{.topics = {{"lines", {{0, Offset(5)}}}},
                                               .timeout_ms = 10'000};
  const auto deleted = call(request).topics.at(0).partitions.at(0);
  EXPECT_EQ(deleted.error_code, ErrorCode::none);
  EXPECT_EQ(deleted.low_watermark, Offset(5));
  restart();
  EXPECT_EQ(earliest(), Offset(5));
  EXPECT_EQ(produce(0, 1), ErrorCode::none);
  protocol::OffsetForLeaderEpochRequest asked;
  asked.topics.push_back({"lines", {{0, protocol::kNoLeaderEpoch, protocol::LeaderEpoch(0)}}});
  const auto end = call(asked).topics.at(0).partitions.at(0);
  EXPECT_EQ(end.error_code, ErrorCode::none);
  EXPECT_EQ(end.leader_epoch, protocol::LeaderEpoch(0));
  EXPECT_EQ(end.end_offset, Offset(10));
}

TEST_F(AdminRequests, the_sdk_changes_and_sees_the_same) {
  auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
  const auto lines = ConfigResource::topic("lines");
  auto altered = admin.incremental_alter_configs(
      {{lines, {{"retention.ms", "777000"}}}, {ConfigResource::broker(9), {}}},
      {.timeout = std::chrono::seconds(2)});
  EXPECT_FALSE(altered.get().value().at(lines));
  const auto described = admin.describe_configs({lines}).get().value().at(lines).value();
  const auto retention = std::find_if(described.begin(), described.end(), [](const auto& entry) {
    return entry.name == "retention.ms";
  });
  ASSERT_NE(retention, described.end());
  EXPECT_EQ(retention->value, "777000");
  EXPECT_EQ(retention->source, ConfigSource::topic);
  EXPECT_FALSE(admin.create_partitions({{.topic = "lines", .count = 2}}).get().value().at("lines"));
  EXPECT_EQ(produce(1, 4), ErrorCode::none);
  const auto deleted =
      admin.delete_records({{{"lines", 0}, 1}, {{"lines", 1}, kAllRecords}}).get().value();
  EXPECT_EQ(deleted.at({"lines", 0}).error().code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(deleted.at({"lines", 1}).value(), 4);
}

}  // namespace
}  // namespace ottla::integration
