#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "client/metrics/sampled.h"
#include "ottla/metrics.h"

namespace ottla::client {

// What being a member of its group costs a consumer. Told on the loop, and of the listener's calls
// on the thread that polls; asked on any thread.
class GroupMetrics {
 public:
  explicit GroupMetrics(const SamplingConfig& config);
  GroupMetrics(const GroupMetrics&) = delete;
  GroupMetrics& operator=(const GroupMetrics&) = delete;

  // Requests that were answered well, and how long that took.
  enum class Call : std::uint8_t { join, sync, commit };
  void on_answer(Call call, base::Duration latency, base::TimePoint now);
  void on_heartbeat_sent(base::TimePoint now);
  void on_heartbeat(base::Duration latency, base::TimePoint now);

  // A rebalance is through, from giving up partitions to taking up others; or an attempt at one
  // failed.
  void on_rebalance(base::Duration latency, base::TimePoint now);
  void on_rebalance_failed(base::TimePoint now);

  // A call of the listener.
  enum class Told : std::uint8_t { revoked, assigned, lost };
  void on_listener(Told what, base::Duration time, base::TimePoint now);

  // Adds consumer-coordinator-metrics.
  void write(const std::string& client_id, std::size_t assigned, base::TimePoint now,
             MetricsSnapshot& snapshot) const;

 private:
  struct Calls {
    explicit Calls(const SamplingConfig& config) : count(config), latency(config) {}
    Meter count;
    Statistic latency;  // milliseconds
  };

  const SamplingConfig config_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::array<Calls, 3> calls_;          // by Call
  std::array<Statistic, 3> listeners_;  // by Told
  Calls heartbeats_;
  Calls rebalances_;
  Meter failed_rebalances_;
  base::Duration rebalance_time_{};
  std::optional<base::TimePoint> heartbeat_at_;
  std::optional<base::TimePoint> rebalanced_at_;
};

}  // namespace ottla::client
