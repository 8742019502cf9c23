#include "client/metrics/network_metrics.h"

#include <algorithm>

#include "client/metrics/metrics_writer.h"

namespace ottla::client {

NetworkMetrics::NetworkMetrics(const SamplingConfig& config)
    : config_(config),
      all_(config_),
      network_io_(config_),
      connections_created_(config_),
      connections_closed_(config_) {}

void NetworkMetrics::on_connected(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  connections_created_.record(1, now);
  ++connections_;
}

void NetworkMetrics::on_disconnected(std::size_t unanswered, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  connections_closed_.record(1, now);
  --connections_;
  in_flight_ -= unanswered;
}

void NetworkMetrics::on_request(std::int32_t id, std::size_t bytes, bool has_response,
                                base::TimePoint now) {
  const auto size = static_cast<double>(bytes);
  const std::lock_guard lock(mutex_);
  network_io_.record(1, now);
  if (has_response) ++in_flight_;
  for (auto* traffic : {&all_, &node(id)}) {
    traffic->requests.record(1, now);
    traffic->outgoing_bytes.record(size, now);
    traffic->request_size.record(size, now);
  }
}

void NetworkMetrics::on_response(std::int32_t id, std::size_t bytes, base::Duration latency,
                                 base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  network_io_.record(1, now);
  --in_flight_;
  for (auto* traffic : {&all_, &node(id)}) {
    traffic->responses.record(1, now);
    traffic->incoming_bytes.record(static_cast<double>(bytes), now);
    traffic->request_latency.record(in_milliseconds(latency), now);
  }
}

void NetworkMetrics::on_metadata(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  metadata_at_ = now;
}

NetworkMetrics::Traffic& NetworkMetrics::node(std::int32_t id) {
  return nodes_.try_emplace(id, config_).first->second;
}

void NetworkMetrics::write(const std::string& client, const std::string& client_id,
                           base::TimePoint now, MetricsSnapshot& snapshot) const {
  const std::lock_guard lock(mutex_);
  const auto write_traffic = [](MetricsWriter& writer, const Traffic& traffic) {
    writer.meter("request", traffic.requests);
    writer.meter("response", traffic.responses);
    writer.meter("outgoing-byte", traffic.outgoing_bytes);
    writer.meter("incoming-byte", traffic.incoming_bytes);
    writer.statistic("request-size", traffic.request_size);
    writer.statistic("request-latency", traffic.request_latency);
  };
  MetricsWriter all(snapshot, client + "-metrics", {{"client-id", client_id}}, now);
  write_traffic(all, all_);
  all.meter("network-io", network_io_);
  all.meter("connection-creation", connections_created_);
  all.meter("connection-close", connections_closed_);
  all.gauge("connection-count", static_cast<double>(connections_));
  all.gauge("requests-in-flight", static_cast<double>(in_flight_));
  all.gauge("metadata-age", in_milliseconds(now - std::min(metadata_at_, now)) / 1000);
  for (const auto& [id, traffic] : nodes_) {
    MetricsWriter writer(snapshot, client + "-node-metrics",
                         {{"client-id", client_id}, {"node-id", "node-" + std::to_string(id)}},
                         now);
    write_traffic(writer, traffic);
  }
}

}  // namespace ottla::client
