#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "base/time.h"
#include "broker/metrics/duration_summary.h"
#include "broker/metrics/metrics_page.h"
#include "ottla/api_key.h"

namespace ottla::broker {

// When a request came to each step of its way.
struct RequestTimes {
  base::TimePoint received{};    // its last byte was read
  base::TimePoint handed_out{};  // its handler was called
  base::TimePoint handled{};     // the handler returned, with the answer or waiting for something
  base::TimePoint answered{};    // the answer was there
  base::TimePoint sent{};        // and went to the socket, behind those before it
};

// A request whose answer has been sent.
struct FinishedRequest {
  ApiKey api{};
  std::int16_t version = 0;
  std::size_t request_bytes = 0;
  std::size_t response_bytes = 0;
  RequestTimes times;
  base::Duration throttled{};  // how long the client is not listened to afterwards

  base::Duration queued() const { return times.handed_out - times.received; }
  base::Duration local() const { return times.handled - times.handed_out; }
  base::Duration remote() const { return times.answered - times.handled; }
  base::Duration response_queued() const { return times.sent - times.answered; }
  base::Duration total() const { return times.sent - times.received; }
};

// Kafka's RequestMetrics: how many requests of each API and version, their sizes, and where their
// time went. Costs a tenth of a microsecond a request,
// with the looks at the clock that it takes; on one loop.
class RequestMetrics {
 public:
  void add(const FinishedRequest& request);

  // Under the names kafka_network_requestmetrics_...; times in milliseconds.
  void collect(MetricsPage& page, base::TimePoint now) const;

 private:
  enum Part : std::size_t { queued, local, remote, response_queued, total, throttle, kParts };

  struct Api {
    std::map<std::int16_t, std::uint64_t> requests;  // by version
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::array<DurationSummary, kParts> parts;
  };

  std::map<ApiKey, std::unique_ptr<Api>> apis_;
};

}  // namespace ottla::broker
