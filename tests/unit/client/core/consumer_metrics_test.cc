#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/client/core/client_world.h"

// What a consumer tells of itself.
namespace ottla::client {
namespace {

const TopicPartition kFirst{"t", 0};
const TopicPartition kSecond{"t", 1};

class ConsumerMetricsTest : public testing::Test {
 protected:
  ConsumerMetricsTest() {
    world.cluster.create_topic("t", 2);
    config = world.consumer_config();
    config.client_id = "c";
    config.group_id = "g";
    config.max_poll_records = 10;
    config.partition_assignment_strategy = {range_assignor()};
    fill(kFirst, 30);
  }
  ~ConsumerMetricsTest() override {
    if (!core) return;
    const auto closed = world.await(core->close_async());
    EXPECT_TRUE(closed) << closed.error();
  }

  // Records in batches of ten.
  void fill(const TopicPartition& partition, int count) {
    const auto producer = world.start(world.producer_config());
    ASSERT_TRUE(world.await(producer->warm_up(partition.topic)));
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(producer->try_send({.topic = partition.topic,
                                      .value = std::string(100, 'v'),
                                      .partition = partition.partition}));
      if (i % 10 != 9) continue;
      ASSERT_TRUE(world.await(producer->flush_async()));
    }
    ASSERT_TRUE(world.await(producer->close_async(1min)));
  }
  void assign(const std::vector<TopicPartition>& partitions) {
    core = world.start(config);
    ASSERT_TRUE(core->assign(partitions));
  }
  void expect_ten() {
    const auto batch = world.await(core->next(), 1min);
    ASSERT_TRUE(batch) << batch.error();
    EXPECT_EQ(batch->size(), 10U);
  }
  double value(std::string_view name, const std::map<std::string, std::string>& tags = {}) {
    const auto found = core->metrics().value(name, tags);
    EXPECT_TRUE(found) << name;
    return found.value_or(-1);
  }

  ClientWorld world{1, {.brokers = 1}};
  ConsumerConfig config;
  std::shared_ptr<ConsumerCore> core;
};

TEST_F(ConsumerMetricsTest, count_fetches_and_what_polls_took_of_them) {
  assign({kFirst});
  expect_ten();
  EXPECT_EQ(value("records-consumed-total"), 10);
  EXPECT_EQ(value("records-consumed-total", {{"topic", "t"}}), 10);
  EXPECT_GT(value("bytes-consumed-total"), 1000);
  EXPECT_LT(value("bytes-consumed-total"), 1500);
  EXPECT_GT(value("records-consumed-rate"), 0);
  EXPECT_EQ(value("records-per-request-avg"), 30) << "fetched, not all of them taken";
  EXPECT_EQ(value("records-per-request-avg", {{"topic", "t"}}), 30);
  EXPECT_GT(value("fetch-size-avg"), 3000);
  EXPECT_EQ(value("fetch-size-avg"), value("fetch-size-max", {{"topic", "t"}}));
  EXPECT_GE(value("fetch-total"), 1);
  EXPECT_GT(value("fetch-rate"), 0);
  EXPECT_GT(value("fetch-latency-avg"), 0);
  EXPECT_LE(value("fetch-latency-avg"), value("fetch-latency-max"));
  EXPECT_EQ(value("fetch-throttle-time-max"), 0);
  expect_ten();
  expect_ten();
  EXPECT_EQ(value("records-consumed-total"), 30);
  EXPECT_EQ(value("bytes-consumed-total"), value("bytes-consumed-total", {{"topic", "t"}}));
  EXPECT_GT(value("request-latency-avg"), 0);
  EXPECT_EQ(value("connection-count"), 2) << "the broker, and the same one as coordinator";
}

TEST_F(ConsumerMetricsTest, tell_how_far_each_partition_is_behind) {
  assign({kFirst, kSecond});
  EXPECT_EQ(core->current_lag(kFirst), std::nullopt);
  EXPECT_TRUE(std::isnan(value("records-lag-max")));
  expect_ten();
  const std::map<std::string, std::string> first{{"topic", "t"}, {"partition", "0"}};
  EXPECT_EQ(core->current_lag(kFirst), 20);
  EXPECT_EQ(value("records-lag", first), 20);
  EXPECT_EQ(value("records-lag-max", first), 30) << "when it was fetched";
  EXPECT_EQ(value("records-lag-avg", first), 25);
  EXPECT_EQ(value("records-lag-max"), 30);
  EXPECT_EQ(value("records-lead", first), 10);
  EXPECT_EQ(value("records-lead-min", first), 0);
  EXPECT_EQ(value("preferred-read-replica", first), -1);
  expect_ten();
  expect_ten();
  EXPECT_EQ(value("records-lag", first), 0);
  EXPECT_EQ(value("records-lead", first), 30);
  world.sim.run_for(10s);
  EXPECT_EQ(value("records-lag", {{"partition", "1"}}), 0);
  ASSERT_TRUE(core->assign({kSecond}));
  EXPECT_EQ(core->metrics().value("records-lag", first), std::nullopt);
  EXPECT_EQ(core->current_lag(kFirst), std::nullopt);
  ASSERT_TRUE(core->seek_to({kSecond}, -2));
  EXPECT_EQ(core->current_lag(kSecond), std::nullopt) << "its position is being looked up";
}

TEST_F(ConsumerMetricsTest, tell_how_often_the_application_polls) {
  assign({kFirst});
  EXPECT_EQ(value("last-poll-seconds-ago"), -1);
  expect_ten();
  world.sim.run_for(3s);
  EXPECT_NEAR(value("last-poll-seconds-ago"), 3, 0.5);
  expect_ten();
  world.sim.run_for(1s);
  expect_ten();
  EXPECT_NEAR(value("time-between-poll-max"), 3000, 300);
  EXPECT_NEAR(value("time-between-poll-avg"), 2000, 200);
  EXPECT_LT(value("poll-idle-ratio-avg"), 0.1) << "there were records all the time";
  const auto waiting = core->next();
  world.sim.run_for(20s);
  fill(kFirst, 10);
  world.sim.run_until([&] { return waiting.ready(); }, 1min);
  EXPECT_GT(value("poll-idle-ratio-avg"), 0.3) << "two polls did not wait, one did";
}

TEST_F(ConsumerMetricsTest, tell_what_the_group_costs) {
  core = world.start(config);
  ASSERT_TRUE(core->subscribe({"t"}, std::make_shared<ConsumerRebalanceListener>()));
  EXPECT_EQ(value("last-rebalance-seconds-ago"), -1);
  EXPECT_EQ(value("last-heartbeat-seconds-ago"), -1);
  EXPECT_EQ(value("assigned-partitions"), 0);
  expect_ten();
  EXPECT_EQ(value("assigned-partitions"), 2);
  EXPECT_EQ(value("rebalance-total"), 1);
  EXPECT_EQ(value("failed-rebalance-total"), 0);
  EXPECT_GT(value("rebalance-latency-avg"), 0);
  EXPECT_EQ(value("rebalance-latency-total"), value("rebalance-latency-max"));
  EXPECT_GT(value("rebalance-rate-per-hour"), 1);
  EXPECT_GE(value("join-total"), 1);
  EXPECT_GT(value("join-time-max"), 0);
  EXPECT_EQ(value("sync-total"), 1);
  EXPECT_GT(value("sync-time-avg"), 0);
  EXPECT_GE(value("partition-assigned-latency-avg"), 0);
  EXPECT_TRUE(std::isnan(value("partition-lost-latency-avg")));
  world.sim.run_for(10s);
  EXPECT_GE(value("heartbeat-total"), 3);
  EXPECT_GT(value("heartbeat-response-time-max"), 0);
  EXPECT_LE(value("last-heartbeat-seconds-ago"), 3);
  EXPECT_NEAR(value("last-rebalance-seconds-ago"), 10, 1);
}

TEST_F(ConsumerMetricsTest, count_each_rebalance_and_each_that_failed) {
  core = world.start(config);
  ASSERT_TRUE(core->subscribe({"t"}, nullptr));
  expect_ten();
  ASSERT_TRUE(core->enforce_rebalance("test"));
  world.sim.run_for(1s);
  expect_ten();
  EXPECT_EQ(value("rebalance-total"), 2);
  world.cluster.play({.trick = Trick::error,
                      .api = ApiKey::join_group,
                      .error = ErrorCode::coordinator_load_in_progress});
  ASSERT_TRUE(core->enforce_rebalance("test"));
  world.sim.run_for(1s);
  expect_ten();
  EXPECT_EQ(value("rebalance-total"), 3);
  EXPECT_EQ(value("failed-rebalance-total"), 1);
}

TEST_F(ConsumerMetricsTest, tell_how_long_commits_take) {
  assign({kFirst});
  expect_ten();
  EXPECT_EQ(value("commit-total"), 0);
  world.cluster.play({.trick = Trick::delay, .api = ApiKey::offset_commit, .delay = 2s});
  ASSERT_TRUE(world.await(core->commit_returned()));
  EXPECT_EQ(value("commit-total"), 1);
  EXPECT_NEAR(value("commit-latency-max"), 2000, 200);
  EXPECT_NEAR(value("commit-sync-time-ns-total"), 2e9, 2e8);
  EXPECT_EQ(value("committed-time-ns-total"), 0);
  ASSERT_TRUE(world.await(core->committed({kFirst})));
  EXPECT_GT(value("committed-time-ns-total"), 0);
}

TEST_F(ConsumerMetricsTest, count_a_partition_that_is_assigned_but_not_fetched) {
  world.cluster.play({.trick = Trick::error,
                      .api = ApiKey::offset_fetch,
                      .times = Rule::kAlways,
                      .error = ErrorCode::coordinator_load_in_progress});
  assign({kFirst});
  world.sim.run_for(25s);
  EXPECT_EQ(value("partitions-not-fetched-total"), 0);
  world.sim.run_for(10s);
  EXPECT_EQ(value("partitions-not-fetched-total"), 1);
  world.cluster.play_no_more();
  expect_ten();
  world.sim.run_for(5min);
  EXPECT_EQ(value("partitions-not-fetched-total"), 1);
}

TEST_F(ConsumerMetricsTest, are_reported_at_the_interval) {
  std::vector<double> reported;
  config.metrics_report_interval = 10s;
  config.metrics_reporter = [&](const MetricsSnapshot& snapshot) {
    reported.push_back(snapshot.value("records-consumed-total").value_or(-1));
  };
  assign({kFirst});
  expect_ten();
  world.sim.run_for(35s);
  EXPECT_EQ(reported, (std::vector<double>{10, 10, 10}));
  EXPECT_TRUE(world.await(core->close_async()));
}

TEST_F(ConsumerMetricsTest, are_text_for_prometheus) {
  assign({kFirst});
  expect_ten();
  const auto text = to_prometheus(core->metrics());
  EXPECT_NE(text.find("# TYPE kafka_consumer_fetch_manager_metrics_records_consumed_total counter\n"
                      "kafka_consumer_fetch_manager_metrics_records_consumed_total{client_id=\"c\"}"
                      " 10\n"),
            std::string::npos);
  EXPECT_NE(text.find("kafka_consumer_fetch_manager_metrics_records_lag{client_id=\"c\","
                      "partition=\"0\",topic=\"t\"} 20\n"),
            std::string::npos);
}

}  // namespace
}  // namespace ottla::client
