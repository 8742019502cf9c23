#include <gtest/gtest.h>

#include <future>
#include <string>

#include "ottla/consumer.h"
#include "ottla/embedded_broker.h"
#include "ottla/producer.h"

// What a consumer tells of itself, with real threads and sockets.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

TEST(ConsumerMetrics, tell_of_fetches_lag_group_and_network_of_a_member) {
  auto broker = EmbeddedBroker::start({.topics = {{.name = "t", .partitions = 2}}}).value();
  auto producer = Producer::open({.bootstrap_servers = broker.address()}).value();
  for (int i = 0; i < 100; ++i) {
    producer.send({.topic = "t", .value = std::string(100, 'v'), .partition = 0}).forget();
  }
  ASSERT_TRUE(producer.flush().get());
  std::promise<MetricsSnapshot> reported;
  bool told = false;
  auto consumer = Consumer::open({.bootstrap_servers = broker.address(),
                                  .client_id = "c",
                                  .group_id = "g",
                                  .topics = {"t"},
                                  .enable_auto_commit = false,
                                  .auto_offset_reset = AutoOffsetReset::earliest,
                                  .max_poll_records = 40,
                                  .metrics_reporter =
                                      [&](const MetricsSnapshot& snapshot) {
                                        const auto consumed =
                                            snapshot.value("records-consumed-total");
                                        if (consumed.value_or(0) < 40 || told) return;
                                        told = true;
                                        reported.set_value(snapshot);
                                      },
                                  .metrics_report_interval = 10ms})
                      .value();
  const auto batch = consumer.poll(30s);
  ASSERT_TRUE(batch) << batch.error();
  ASSERT_EQ(batch->size(), 40U);
  ASSERT_TRUE(consumer.commit().get());
  const auto metrics = consumer.metrics();
  const auto value = [&](std::string_view name,
                         const std::map<std::string, std::string>& tags = {}) {
    const auto found = metrics.value(name, tags);
    EXPECT_TRUE(found) << name;
    return found.value_or(-1);
  };
  EXPECT_EQ(value("records-consumed-total", {{"topic", "t"}}), 40);
  EXPECT_EQ(value("records-lag", {{"partition", "0"}}), 60);
  EXPECT_EQ(consumer.current_lag({"t", 0}), 60);
  EXPECT_EQ(value("records-lag-max"), 100);
  EXPECT_GT(value("fetch-latency-max"), 0);
  EXPECT_EQ(value("assigned-partitions"), 2);
  EXPECT_EQ(value("rebalance-total"), 1);
  EXPECT_EQ(value("commit-total"), 1);
  EXPECT_GT(value("commit-latency-avg"), 0);
  EXPECT_EQ(value("partitions-not-fetched-total"), 0);
  EXPECT_GE(value("connection-count"), 2) << "the broker, and the same one as coordinator";
  EXPECT_GT(value("incoming-byte-total"), 10000);
  EXPECT_NE(to_prometheus(metrics).find("kafka_consumer_coordinator_metrics_rebalance_total"
                                        "{client_id=\"c\"} 1\n"),
            std::string::npos);
  const auto snapshot = reported.get_future().get();
  EXPECT_EQ(snapshot.value("records-consumed-total"), 40);
  EXPECT_TRUE(consumer.close());
}

}  // namespace
}  // namespace ottla::integration
