#include "ottla/metrics.h"

#include <gtest/gtest.h>

#include <limits>

namespace ottla {
namespace {

MetricsSnapshot some() {
  MetricsSnapshot snapshot;
  snapshot.metrics = {
      {"producer-metrics", "record-send-total", {{"client-id", "p"}}, MetricKind::counter, 12},
      {"producer-metrics",
       "batch-size-avg",
       {{"client-id", "p"}},
       MetricKind::gauge,
       std::numeric_limits<double>::quiet_NaN()},
      {"producer-topic-metrics",
       "record-send-total",
       {{"client-id", "p"}, {"topic", "a"}},
       MetricKind::counter,
       5},
      {"producer-topic-metrics",
       "record-send-total",
       {{"client-id", "p"}, {"topic", "q\"\\\n"}},
       MetricKind::counter,
       1.5},
  };
  return snapshot;
}

TEST(MetricsSnapshot, finds_a_figure_by_its_name_and_tags) {
  const auto snapshot = some();
  EXPECT_EQ(snapshot.value("record-send-total"), 12);
  EXPECT_EQ(snapshot.value("record-send-total", {{"topic", "a"}}), 5);
  EXPECT_EQ(snapshot.value("record-send-total", {{"topic", "nobody's"}}), std::nullopt);
  EXPECT_EQ(snapshot.value("nothing"), std::nullopt);
}

TEST(Prometheus, has_one_type_for_each_name_and_tags_as_labels) {
  EXPECT_EQ(
      to_prometheus(some()),
      "# TYPE kafka_producer_metrics_batch_size_avg gauge\n"
      "kafka_producer_metrics_batch_size_avg{client_id=\"p\"} NaN\n"
      "# TYPE kafka_producer_metrics_record_send_total counter\n"
      "kafka_producer_metrics_record_send_total{client_id=\"p\"} 12\n"
      "# TYPE kafka_producer_topic_metrics_record_send_total counter\n"
      "kafka_producer_topic_metrics_record_send_total{client_id=\"p\",topic=\"a\"} 5\n"
      "kafka_producer_topic_metrics_record_send_total{client_id=\"p\",topic=\"q\\\"\\\\\\n\"} "
      "1.5\n");
}

}  // namespace
}  // namespace ottla
