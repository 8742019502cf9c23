#include "ottla/interceptors/metrics.h"

#include <gtest/gtest.h>

#include "tests/unit/interceptors/received.h"

namespace ottla::interceptors {
namespace {

void send(Metrics& metrics, const ProducerRecord& record, const Result<RecordMetadata>& result,
          std::chrono::nanoseconds elapsed) {
  MutableRecord changing(record);
  metrics.on_send(changing);
  metrics.on_outcome({result, record.topic, record.headers, elapsed});
}

bool has_line(const Metrics& metrics, const std::string& line) {
  return ('\n' + metrics.to_prometheus()).find('\n' + line + '\n') != std::string::npos;
}

TEST(MetricsInterceptor, counts_what_was_sent_by_time_and_size) {
  Metrics metrics;
  const RecordMetadata stored(nullptr, 0, 1, 0);
  send(metrics, {.topic = "t", .key = "kk", .value = std::string(98, 'v')}, stored,
       std::chrono::milliseconds(3));
  send(metrics, {.topic = "t", .value = "v"}, stored, std::chrono::seconds(200));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_bucket{topic=\"t\",le=\"0.0025\"} 0"));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_bucket{topic=\"t\",le=\"0.005\"} 1"));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_bucket{topic=\"t\",le=\"100\"} 1"));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_bucket{topic=\"t\",le=\"+Inf\"} 2"));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_count{topic=\"t\"} 2"));
  EXPECT_TRUE(has_line(metrics, "ottla_sent_bytes_bucket{topic=\"t\",le=\"64\"} 1"));
  EXPECT_TRUE(has_line(metrics, "ottla_sent_bytes_sum{topic=\"t\"} 101"));
  EXPECT_TRUE(has_line(metrics, "# TYPE ottla_send_seconds histogram"));
}

TEST(MetricsInterceptor, counts_failures_by_their_error) {
  Metrics metrics({.prefix = "shop"});
  send(metrics, {.topic = "t"}, Error(ErrorCode::timed_out), std::chrono::seconds(1));
  send(metrics, {.topic = "t"}, Error(ErrorCode::record_too_large), {});
  send(metrics, {.topic = "t"}, Error(ErrorCode::record_too_large), {});
  const auto name = std::string(describe(ErrorCode::record_too_large).name);
  EXPECT_TRUE(has_line(metrics, "shop_send_failures_total{topic=\"t\",error=\"" + name + "\"} 2"));
  EXPECT_TRUE(has_line(metrics, "shop_send_seconds_count{topic=\"t\"} 0"));
}

TEST(MetricsInterceptor, counts_what_was_received) {
  Metrics metrics;
  Received received;
  received.add({.topic = "t", .value = "12345"});
  MutableRecords records(received.poll());
  metrics.on_consume(records);
  EXPECT_TRUE(has_line(metrics, "ottla_received_bytes_sum{topic=\"t\"} 5"));
  EXPECT_TRUE(has_line(metrics, "ottla_delivery_seconds_count{topic=\"t\"} 1"));
}

TEST(MetricsInterceptor, too_many_topics_share_a_label) {
  Metrics metrics({.max_topics = 2});
  for (const auto* topic : {"a", "b", "c", "d"})
    send(metrics, {.topic = topic}, RecordMetadata(), {});
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_count{topic=\"a\"} 1"));
  EXPECT_TRUE(has_line(metrics, "ottla_send_seconds_count{topic=\"other\"} 2"));
  EXPECT_FALSE(has_line(metrics, "ottla_send_seconds_count{topic=\"c\"} 1"));
}

}  // namespace
}  // namespace ottla::interceptors
