#include "ottla/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ottla {
namespace {

void append_name(std::string& out, std::string_view name) {
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '_';
  }
}

void append_labels(std::string& out, const Metric& metric) {
  char separator = '{';
  for (const auto& [key, value] : metric.tags) {
    out += separator;
    append_name(out, key);
    out += "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    out += '"';
    separator = ',';
  }
  if (!metric.tags.empty()) out += '}';
}

void append_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
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
    append_name(name, metric.group);
    name += '_';
    append_name(name, metric.name);
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
      append_value(out, metric->value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace ottla
