#include <gtest/gtest.h>

#include <string>

#include "broker/metrics/duration_summary.h"
#include "broker/metrics/metrics_page.h"
#include "broker/metrics/request_metrics.h"
#include "broker/metrics/topic_metrics.h"

namespace ottla::broker {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

const base::TimePoint kStart{seconds(1000)};

TEST(DurationSummaryTest, tells_count_sum_and_quantiles) {
  DurationSummary summary;
  EXPECT_EQ(summary.quantile(0.5, kStart), base::Duration::zero());
  for (int i = 1; i <= 1000; ++i) summary.record(microseconds(i), kStart);
  EXPECT_EQ(summary.count(), 1000U);
  EXPECT_EQ(summary.sum(), microseconds(500'500));
  const auto near = [&](double q, double us) {
    const auto got = std::chrono::duration<double, std::micro>(summary.quantile(q, kStart)).count();
    EXPECT_NEAR(got, us, us / 8) << q;
  };
  near(0.5, 500);
  near(0.99, 990);
  near(1, 1000);
  near(0, 1);
}

TEST(DurationSummaryTest, takes_nothing_and_very_much) {
  DurationSummary summary;
  summary.record(base::Duration::zero(), kStart);
  summary.record(base::Duration(-5), kStart);
  EXPECT_EQ(summary.quantile(1, kStart), base::Duration::zero());
  for (int ns = 1; ns < 9; ++ns) summary.record(base::Duration(ns), kStart);
  summary.record(std::chrono::hours(100'000), kStart);
  EXPECT_GT(summary.quantile(1, kStart), std::chrono::minutes(5));
}

TEST(DurationSummaryTest, forgets_quantiles_after_two_minutes_and_never_the_count) {
  DurationSummary summary;
  summary.record(seconds(1), kStart);
  EXPECT_GT(summary.quantile(0.5, kStart + seconds(119)), base::Duration::zero());
  EXPECT_EQ(summary.quantile(0.5, kStart + seconds(121)), base::Duration::zero());
  summary.record(microseconds(1), kStart + seconds(121));
  EXPECT_LT(summary.quantile(1, kStart + seconds(121)), microseconds(2));
  EXPECT_EQ(summary.count(), 2U);
}

TEST(MetricsPageTest, is_what_prometheus_reads) {
  MetricsPage page;
  page.gauge("connections", "Connections.", 3);
  page.counters("empty_total", "Of nothing.");
  auto& sizes = page.gauges("size", "Bytes.");
  sizes.add(1.5, metric_labels({{"topic", "a\"b\\c"}, {"partition", "0"}}));
  EXPECT_EQ(page.to_prometheus(),
            "# HELP connections Connections.\n"
            "# TYPE connections gauge\n"
            "connections 3\n"
            "# HELP size Bytes.\n"
            "# TYPE size gauge\n"
            "size{topic=\"a\\\"b\\\\c\",partition=\"0\"} 1.5\n");
}

TEST(RequestMetricsTest, tell_where_the_time_of_requests_went) {
  RequestMetrics metrics;
  FinishedRequest request{.api = ApiKey::produce,
                          .version = 12,
                          .request_bytes = 100,
                          .response_bytes = 40,
                          .times = {.received = kStart,
                                    .handed_out = kStart + microseconds(1'000),
                                    .handled = kStart + microseconds(3'000),
                                    .answered = kStart + microseconds(7'000),
                                    .sent = kStart + microseconds(15'000)},
                          .throttled = microseconds(16'000)};
  metrics.add(request);
  request.api = ApiKey::fetch;
  metrics.add(request);
  MetricsPage page;
  metrics.collect(page, kStart);
  const auto text = page.to_prometheus();
  const auto has = [&](const std::string& line) {
    EXPECT_NE(text.find("\nkafka_network_requestmetrics_" + line + "\n"), std::string::npos)
        << line << "\nis not in\n"
        << text;
  };
  has("requests_total{request=\"Produce\",version=\"12\"} 1");
  has("requests_total{request=\"FetchConsumer\",version=\"12\"} 1");
  has("requestbytes_total{request=\"Produce\"} 100");
  has("responsebytes_total{request=\"Produce\"} 40");
  has("requestqueuetimems_sum{request=\"Produce\"} 1");
  has("localtimems_sum{request=\"Produce\"} 2");
  has("remotetimems_sum{request=\"Produce\"} 4");
  has("responsequeuetimems_sum{request=\"Produce\"} 8");
  has("totaltimems_sum{request=\"Produce\"} 15");
  has("totaltimems_count{request=\"FetchConsumer\"} 1");
  has("throttletimems_sum{request=\"Produce\"} 16");
}

TEST(TopicMetricsTest, count_for_a_topic_while_it_is_there_and_for_all_for_good) {
  TopicMetrics metrics;
  const auto topic = metrics.of("t");
  EXPECT_EQ(metrics.of("t"), topic);
  metrics.add(topic.get(), {.messages_in = 2, .bytes_in = 50});
  metrics.add(nullptr, {.failed_fetch_requests = 1});
  MetricsPage page;
  metrics.collect(page);
  EXPECT_NE(page.to_prometheus().find("messagesin_total{topic=\"t\"} 2\n"), std::string::npos);
  metrics.forget("t");
  metrics.add(topic.get(), {.messages_in = 1});
  MetricsPage after;
  metrics.collect(after);
  const auto text = after.to_prometheus();
  EXPECT_EQ(text.find("topic="), std::string::npos);
  EXPECT_NE(text.find("messagesin_total 3\n"), std::string::npos);
  EXPECT_NE(text.find("failedfetchrequests_total 1\n"), std::string::npos);
}

}  // namespace
}  // namespace ottla::broker
