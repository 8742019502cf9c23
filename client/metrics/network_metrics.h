#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "client/metrics/sampled.h"
#include "ottla/metrics.h"

namespace ottla::client {

// What goes over the connections of one client, in all and by broker. Told on the loop, once a
// request; asked on any thread.
class NetworkMetrics {
 public:
  explicit NetworkMetrics(const SamplingConfig& config);
  NetworkMetrics(const NetworkMetrics&) = delete;
  NetworkMetrics& operator=(const NetworkMetrics&) = delete;

  void on_connected(base::TimePoint now);
  void on_disconnected(std::size_t unanswered, base::TimePoint now);
  void on_request(std::int32_t node, std::size_t bytes, bool has_response, base::TimePoint now);
  void on_response(std::int32_t node, std::size_t bytes, base::Duration latency,
                   base::TimePoint now);
  void on_metadata(base::TimePoint now);

  // Adds CLIENT-metrics and CLIENT-node-metrics; `client` is "producer" or its like.
  void write(const std::string& client, const std::string& client_id, base::TimePoint now,
             MetricsSnapshot& snapshot) const;

 private:
  struct Traffic {
    explicit Traffic(const SamplingConfig& config)
        : requests(config),
          responses(config),
          outgoing_bytes(config),
          incoming_bytes(config),
          request_size(config),
          request_latency(config) {}
    Meter requests;
    Meter responses;
    Meter outgoing_bytes;
    Meter incoming_bytes;
    Statistic request_size;
    Statistic request_latency;
  };
  Traffic& node(std::int32_t id);

  const SamplingConfig config_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Traffic all_;
  Meter network_io_;
  Meter connections_created_;
  Meter connections_closed_;
  std::size_t connections_ = 0;
  std::size_t in_flight_ = 0;
  base::TimePoint metadata_at_;
  std::map<std::int32_t, Traffic> nodes_;
};

}  // namespace ottla::client
