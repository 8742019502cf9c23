#include "broker/metrics/request_metrics.h"

#include <string>

#include "protocol/wire/api.h"

namespace ottla::broker {
namespace {

struct Quantile {
  double q;
  std::string_view label;
};
constexpr std::array kQuantiles = {Quantile{0.5, "0.5"}, Quantile{0.75, "0.75"},
                                   Quantile{0.95, "0.95"}, Quantile{0.99, "0.99"},
                                   Quantile{0.999, "0.999"}};

double milliseconds_of(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// All fetches here are those of consumers: nobody follows.
std::string_view request_name(ApiKey key) {
  if (key == ApiKey::fetch) return "FetchConsumer";
  const auto* api = protocol::find_api(key);
  return api == nullptr ? "Unknown" : api->name;
}

void add_summary(MetricFamily& family, std::string_view request, const DurationSummary& summary,
                 base::TimePoint now) {
  for (const auto& [q, label] : kQuantiles) {
    family.add(milliseconds_of(summary.quantile(q, now)),
               metric_labels({{"request", request}, {"quantile", label}}));
  }
  const auto labels = metric_labels({{"request", request}});
  family.add(milliseconds_of(summary.sum()), labels, "_sum");
  family.add(static_cast<double>(summary.count()), labels, "_count");
}

}  // namespace

void RequestMetrics::add(const FinishedRequest& request) {
  auto& api = apis_[request.api];
  if (api == nullptr) api = std::make_unique<Api>();
  ++api->requests[request.version];
  api->request_bytes += request.request_bytes;
  api->response_bytes += request.response_bytes;
  const auto now = request.times.sent;
  api->parts[queued].record(request.queued(), now);
  api->parts[local].record(request.local(), now);
  api->parts[remote].record(request.remote(), now);
  api->parts[response_queued].record(request.response_queued(), now);
  api->parts[total].record(request.total(), now);
  api->parts[throttle].record(request.throttled, now);
}

void RequestMetrics::collect(MetricsPage& page, base::TimePoint now) const {
  struct PartName {
    std::string_view name;
    std::string_view help;
  };
  constexpr std::array<PartName, kParts> names = {
      PartName{"requestqueuetimems", "From a request's last byte to its handler."},
      PartName{"localtimems", "In the handler."},
      PartName{"remotetimems", "Waiting: for a sync, for records, for members of a group."},
      PartName{"responsequeuetimems", "An answer waiting for those before it."},
      PartName{"totaltimems", "From a request's last byte until its answer goes to the socket."},
      PartName{"throttletimems", "What clients have to wait for a quota, after the answer."}};
  const std::string prefix = "kafka_network_requestmetrics_";
  auto& requests = page.counters(prefix + "requests_total", "Requests answered.");
  auto& in = page.counters(prefix + "requestbytes_total", "Bytes of requests.");
  auto& out = page.counters(prefix + "responsebytes_total", "Bytes of answers.");
  for (const auto& [key, api] : apis_) {
    const auto name = request_name(key);
    for (const auto& [version, count] : api->requests) {
      requests.add(static_cast<double>(count),
                   metric_labels({{"request", name}, {"version", std::to_string(version)}}));
    }
    in.add(static_cast<double>(api->request_bytes), metric_labels({{"request", name}}));
    out.add(static_cast<double>(api->response_bytes), metric_labels({{"request", name}}));
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    auto& family = page.family(prefix + std::string(names[part].name), MetricFamily::Type::summary,
                               names[part].help);
    for (const auto& [key, api] : apis_) {
      add_summary(family, request_name(key), api->parts[part], now);
    }
  }
}

}  // namespace ottla::broker
