#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/record.h"

namespace ottla {

enum class MetricKind : std::uint8_t {
  counter,  // only grows
  gauge,    // how it is now, or was over the last windows
};

// One figure, under the names that Apache Kafka's clients give it.
struct Metric {
  std::string group{};                        // "producer-metrics", "producer-topic-metrics"
  std::string name{};                         // "record-send-rate"
  std::map<std::string, std::string> tags{};  // "client-id", and "topic" or "node-id"
  MetricKind kind = MetricKind::gauge;
  double value = 0;  // NaN if nothing was measured in the last windows
};

// The figures of one client at one moment, by group and tags.
struct MetricsSnapshot {
  Timestamp taken_at{};
  std::vector<Metric> metrics{};

  // Of the figures with this name the first that has these tags, and perhaps others; those of the
  // client as a whole come first.
  std::optional<double> value(std::string_view name,
                              const std::map<std::string, std::string>& tags = {}) const;
};

// What a client calls with its figures now and then, on its callback thread.
using MetricsReporter = std::function<void(const MetricsSnapshot&)>;

// The text that Prometheus reads (exposition format 0.0.4): record-send-total of producer-metrics
// is kafka_producer_metrics_record_send_total, tags are labels.
std::string to_prometheus(const MetricsSnapshot& snapshot);

}  // namespace ottla
