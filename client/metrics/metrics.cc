#include "ottla/metrics.h"

#include <algorithm>

#include "base/prometheus_text.h"

namespace ottla {
namespace {

void append_labels(std::string& out, const Metric& metric) {
  char separator = '{';
  for (const auto& [key, value] : metric.tags) {
    out += separator;
    base::append_prometheus_label(out, key, value);
    separator = ',';
  }
  if (!metric.tags.empty()) out += '}';
}

}  // namespace

std::optional<double> MetricsSnapshot::value(std::string_view name,
                                             const std::map<std::string, std::string>& tags) const {
  for (const auto& metric : metrics) {
    if (metric.name != name) continue;
    const bool same =
        std::includes(metric.tags.begin(), metric.tags.end(), tags.begin(), tags.end());
    if (same) return metric.value;
  }
  return std::nullopt;
}

std::string to_prometheus(const MetricsSnapshot& snapshot) {
  // The lines of one name stand together, under one TYPE.
  std::map<std::string, std::vector<const Metric*>> families;
  for (const auto& metric : snapshot.metrics) {
    std::string name = "kafka_";
    base::append_prometheus_name(name, metric.group);
    name += '_';
    base::append_prometheus_name(name, metric.name);
    families[std::move(name)].push_back(&metric);
  }
  std::string out;
  for (const auto& [name, metrics] : families) {
    out += "# TYPE " + name;
    out += metrics.front()->kind == MetricKind::counter ? " counter\n" : " gauge\n";
    for (const auto* metric : metrics) {
      out += name;
      append_labels(out, *metric);
      out += ' ';
      base::append_prometheus_value(out, metric->value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace ottla
