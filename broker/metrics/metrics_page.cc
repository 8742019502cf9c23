#include "broker/metrics/metrics_page.h"

#include "base/prometheus_text.h"

namespace ottla::broker {
namespace {

std::string_view name_of(MetricFamily::Type type) {
  switch (type) {
    case MetricFamily::Type::counter:
      return "counter";
    case MetricFamily::Type::gauge:
      return "gauge";
    case MetricFamily::Type::summary:
      return "summary";
  }
  return "untyped";
}

}  // namespace

std::string metric_labels(std::initializer_list<MetricLabel> labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    base::append_prometheus_label(out, name, value);
  }
  return out;
}

void MetricFamily::append_to(std::string& out) const {
  if (samples_.empty()) return;
  out.append("# HELP ").append(name_).append(" ").append(help_).append("\n");
  out.append("# TYPE ").append(name_).append(" ").append(name_of(type_)).append("\n");
  for (const auto& sample : samples_) {
    out.append(name_).append(sample.suffix);
    if (!sample.labels.empty()) out.append("{").append(sample.labels).append("}");
    out += ' ';
    base::append_prometheus_value(out, sample.value);
    out += '\n';
  }
}

std::string MetricsPage::to_prometheus() const {
  std::string out;
  for (const auto& family : families_) family.append_to(out);
  return out;
}

}  // namespace ottla::broker
