#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/core/client_world.h"

// What a producer tells of itself.
namespace ottla::client {
namespace {

class ProducerMetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    world_.cluster.create_topic("t", 2);
    config_ = world_.producer_config();
    config_.client_id = "p";
    config_.linger = 0ms;
  }
  void start() {
    producer_ = world_.start(config_);
    ASSERT_TRUE(world_.await(producer_->warm_up("t")));
  }
  void TearDown() override {
    if (producer_) {
      EXPECT_TRUE(world_.await(producer_->close_async(1min)));
    }
  }
  // Its outcome, which may be an error.
  Result<RecordMetadata> send(const std::string& value) {
    auto sent = producer_->try_send({.topic = "t", .value = value, .partition = 0});
    EXPECT_TRUE(sent) << sent.error();
    return world_.await(std::move(*sent));
  }
  double value(std::string_view name, const std::map<std::string, std::string>& tags = {}) {
    const auto found = producer_->metrics().value(name, tags);
    EXPECT_TRUE(found) << name;
    return found.value_or(-1);
  }

  ClientWorld world_{1, {.brokers = 1}};
  ProducerConfig config_;
  std::shared_ptr<ProducerCore> producer_;
};

TEST_F(ProducerMetricsTest, count_records_batches_and_requests) {
  start();
  EXPECT_EQ(value("record-send-total"), 0);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(std::string(100, 'v')));
  EXPECT_EQ(value("record-send-total"), 3);
  EXPECT_EQ(value("record-send-total", {{"topic", "t"}}), 3);
  EXPECT_EQ(value("records-per-request-avg"), 1);
  EXPECT_GT(value("batch-size-avg"), 160);
  EXPECT_EQ(value("batch-size-avg"), value("batch-size-max"));
  EXPECT_GT(value("record-size-max"), 100);
  EXPECT_LT(value("record-size-max"), 120);
  EXPECT_EQ(value("compression-rate-avg"), 1);
  EXPECT_GT(value("byte-total", {{"topic", "t"}}), 480);
  EXPECT_GE(value("record-queue-time-avg"), 0);
  EXPECT_GT(value("request-latency-avg"), 0);
  EXPECT_GT(value("request-latency-max", {{"node-id", "node-1"}}), 0);
  EXPECT_EQ(value("request-total"), value("response-total"));
  EXPECT_EQ(value("requests-in-flight"), 0);
  EXPECT_EQ(value("connection-count"), 1);
  EXPECT_EQ(value("buffer-total-bytes"), static_cast<double>(config_.buffer_memory));
  EXPECT_EQ(value("buffer-available-bytes"), static_cast<double>(config_.buffer_memory));
  EXPECT_EQ(value("waiting-threads"), 0);
  EXPECT_EQ(value("record-error-total"), 0);
  world_.sim.run_for(10s);
  EXPECT_NEAR(value("metadata-age"), 10, 2);
}

TEST_F(ProducerMetricsTest, count_what_went_wrong) {
  start();
  world_.cluster.play(
      {.trick = Trick::error, .api = ApiKey::produce, .error = ErrorCode::not_enough_replicas});
  ASSERT_TRUE(send("again"));
  EXPECT_EQ(value("record-retry-total"), 1);
  EXPECT_EQ(value("record-retry-total", {{"topic", "t"}}), 1);
  world_.cluster.play({.trick = Trick::error,
                       .api = ApiKey::produce,
                       .error = ErrorCode::topic_authorization_failed});
  ASSERT_FALSE(send("refused"));
  EXPECT_EQ(value("record-error-total"), 1);
  EXPECT_EQ(value("record-error-total", {{"topic", "t"}}), 1);
  ASSERT_FALSE(world_.await(producer_->send(
      {.topic = "t", .value = std::string(config_.max_request_size + 1, 'x'), .partition = 0})));
  EXPECT_EQ(value("record-error-total"), 2) << "one that was in no batch";
  (void)world_.await(producer_->flush_async());
}

TEST_F(ProducerMetricsTest, count_splits_and_lost_connections) {
  start();
  ASSERT_TRUE(send("first"));
  world_.cluster.partition({"t", 0}).max_batch_bytes = 100;
  std::vector<Future<RecordMetadata>> sent;
  for (int i = 0; i < 3; ++i) {
    auto one = producer_->try_send({.topic = "t", .value = std::string(20, 'v'), .partition = 0});
    ASSERT_TRUE(one);
    sent.push_back(std::move(*one));
  }
  for (auto& one : sent) ASSERT_TRUE(world_.await(std::move(one)));
  EXPECT_EQ(value("batch-split-total"), 1);
  world_.cluster.play({.trick = Trick::close_after, .api = ApiKey::produce});
  ASSERT_TRUE(send("again"));
  EXPECT_EQ(value("connection-close-total"), value("connection-creation-total") - 1);
  EXPECT_EQ(value("requests-in-flight"), 0);
}

TEST_F(ProducerMetricsTest, are_reported_at_the_interval) {
  std::vector<double> reported;
  config_.metrics_report_interval = 10s;
  config_.metrics_reporter = [&](const MetricsSnapshot& snapshot) {
    reported.push_back(snapshot.value("record-send-total").value_or(-1));
  };
  start();
  ASSERT_TRUE(send("v"));
  world_.sim.run_for(35s);
  EXPECT_EQ(reported, (std::vector<double>{1, 1, 1}));
}

TEST_F(ProducerMetricsTest, a_reporter_without_an_interval_is_a_mistake) {
  config_.metrics_reporter = [](const MetricsSnapshot&) {};
  const auto core = ProducerCore::start(world_.app.runtime(), config_);
  ASSERT_FALSE(core);
  EXPECT_NE(core.error().message().find("metrics_report_interval"), std::string::npos);
}

}  // namespace
}  // namespace ottla::client
