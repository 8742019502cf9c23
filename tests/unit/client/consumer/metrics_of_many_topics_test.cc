#include <gtest/gtest.h>

#include <string>

#include "client/consumer/consumer_metrics.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;

TEST(ConsumerMetrics, forgets_topics_that_have_not_been_read_for_long) {
  ConsumerMetrics metrics(SamplingConfig{.window = 30s, .samples = 2});
  base::TimePoint now{24h};
  for (int i = 0; i < 20'000; ++i, now += 10s) {
    const auto name = "t" + std::to_string(i);
    metrics.on_consumed(name, 1, 10, now);
    metrics.on_place({name, 0}, {.lag = 1}, now);
    metrics.on_consumed("always", 1, 10, now);
  }
  MetricsSnapshot snapshot;
  metrics.write("c", {{{"always", 0}, {}}}, now, snapshot);
  std::size_t of_topics = 0;
  for (const auto& metric : snapshot.metrics) {
    if (metric.name == "records-consumed-total" && metric.tags.contains("topic")) ++of_topics;
  }
  EXPECT_EQ(snapshot.value("records-consumed-total", {{"topic", "always"}}), 20'000);
  EXPECT_GT(of_topics, 0U);
  EXPECT_LT(of_topics, 2'000U);
}

}  // namespace
}  // namespace ottla::client
