#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "client/metrics/sampled.h"
#include "ottla/metrics.h"

namespace ottla::client {

// How long ago it was; -1 if it never was, as Kafka's clients say.
inline double seconds_since(std::optional<base::TimePoint> then, base::TimePoint now) {
  if (!then) return -1;
  return std::chrono::duration<double>(now - std::min(*then, now)).count();
}

// Puts the figures of one group and one set of tags into a snapshot, under Kafka's names.
class MetricsWriter {
 public:
  MetricsWriter(MetricsSnapshot& snapshot, std::string group,
                std::map<std::string, std::string> tags, base::TimePoint now)
      : snapshot_(snapshot), group_(std::move(group)), tags_(std::move(tags)), now_(now) {}

  void gauge(std::string name, double value) { add(std::move(name), MetricKind::gauge, value); }
  void counter(std::string name, double value) { add(std::move(name), MetricKind::counter, value); }

  // NAME-rate and NAME-total.
  void meter(std::string_view name, const Meter& meter) {
    gauge(std::string(name) + "-rate", meter.rate(now_));
    counter(std::string(name) + "-total", meter.total());
  }

  void average(std::string_view name, const Statistic& statistic) {
    gauge(std::string(name) + "-avg", statistic.average(now_));
  }

  // NAME-avg and NAME-max.
  void statistic(std::string_view name, const Statistic& statistic) {
    average(name, statistic);
    gauge(std::string(name) + "-max", statistic.maximum(now_));
  }

 private:
  void add(std::string name, MetricKind kind, double value) {
    snapshot_.metrics.push_back({group_, std::move(name), tags_, kind, value});
  }

  MetricsSnapshot& snapshot_;
  const std::string group_;
  const std::map<std::string, std::string> tags_;
  const base::TimePoint now_;
};

}  // namespace ottla::client
