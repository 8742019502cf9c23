#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla::broker {

// Labels as they stand between the braces: topic="a",partition="0".
using MetricLabel = std::pair<std::string_view, std::string_view>;
std::string metric_labels(std::initializer_list<MetricLabel> labels);

// One name with its figures.
class MetricFamily {
 public:
  enum class Type : std::uint8_t { counter, gauge, summary };

  MetricFamily(std::string name, Type type, std::string_view help)
      : name_(std::move(name)), type_(type), help_(help) {}

  // `labels` comes from metric_labels; `suffix` is what a summary's _sum and _count end in.
  void add(double value, std::string labels = {}, std::string_view suffix = {}) {
    samples_.push_back({std::move(labels), suffix, value});
  }

  const std::string& name() const { return name_; }
  void append_to(std::string& out) const;

 private:
  struct Sample {
    std::string labels;
    std::string_view suffix;
    double value = 0;
  };

  std::string name_;
  Type type_;
  std::string_view help_;
  std::vector<Sample> samples_;
};

// What a broker tells of itself at one moment: filled on its loop, rendered by whom it does not
// hold up. Names are those that Apache Kafka's metrics have in Prometheus by the exporter's usual
// rules (kafka.server:type=ReplicaManager,name=PartitionCount is
// kafka_server_replicamanager_partitioncount), so that what was made for it can be used.
class MetricsPage {
 public:
  // References stay valid. `help` is one line that outlives the page.
  MetricFamily& family(std::string name, MetricFamily::Type type, std::string_view help) {
    return families_.emplace_back(std::move(name), type, help);
  }
  MetricFamily& counters(std::string name, std::string_view help) {
    return family(std::move(name), MetricFamily::Type::counter, help);
  }
  MetricFamily& gauges(std::string name, std::string_view help) {
    return family(std::move(name), MetricFamily::Type::gauge, help);
  }
  void counter(std::string name, std::string_view help, double value) {
    counters(std::move(name), help).add(value);
  }
  void gauge(std::string name, std::string_view help, double value) {
    gauges(std::move(name), help).add(value);
  }

  const std::deque<MetricFamily>& families() const { return families_; }

  // The text that Prometheus reads (exposition format 0.0.4).
  std::string to_prometheus() const;

 private:
  std::deque<MetricFamily> families_;
};

}  // namespace ottla::broker
