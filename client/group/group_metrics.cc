#include "client/group/group_metrics.h"

#include "client/metrics/metrics_writer.h"

namespace ottla::client {

GroupMetrics::GroupMetrics(const SamplingConfig& config)
    : config_(config),
      calls_{Calls(config_), Calls(config_), Calls(config_)},
      listeners_{Statistic(config_), Statistic(config_), Statistic(config_)},
      heartbeats_(config_),
      rebalances_(config_),
      failed_rebalances_(config_) {}

void GroupMetrics::on_answer(Call call, base::Duration latency, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto& calls = calls_[static_cast<std::size_t>(call)];
  calls.count.record(1, now);
  calls.latency.record(in_milliseconds(latency), now);
}

void GroupMetrics::on_heartbeat_sent(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  heartbeat_at_ = now;
}

void GroupMetrics::on_heartbeat(base::Duration latency, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  heartbeats_.count.record(1, now);
  heartbeats_.latency.record(in_milliseconds(latency), now);
}

void GroupMetrics::on_rebalance(base::Duration latency, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  rebalances_.count.record(1, now);
  rebalances_.latency.record(in_milliseconds(latency), now);
  rebalance_time_ += latency;
  rebalanced_at_ = now;
}

void GroupMetrics::on_rebalance_failed(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  failed_rebalances_.record(1, now);
}

void GroupMetrics::on_listener(Told what, base::Duration time, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  listeners_[static_cast<std::size_t>(what)].record(in_milliseconds(time), now);
}

void GroupMetrics::write(const std::string& client_id, std::size_t assigned, base::TimePoint now,
                         MetricsSnapshot& snapshot) const {
  constexpr double kSecondsPerHour = 3600;
  MetricsWriter writer(snapshot, "consumer-coordinator-metrics", {{"client-id", client_id}}, now);
  const std::lock_guard lock(mutex_);
  writer.gauge("assigned-partitions", static_cast<double>(assigned));
  const auto& joins = calls_[static_cast<std::size_t>(Call::join)];
  writer.meter("join", joins.count);
  writer.statistic("join-time", joins.latency);
  const auto& syncs = calls_[static_cast<std::size_t>(Call::sync)];
  writer.meter("sync", syncs.count);
  writer.statistic("sync-time", syncs.latency);
  const auto& commits = calls_[static_cast<std::size_t>(Call::commit)];
  writer.meter("commit", commits.count);
  writer.statistic("commit-latency", commits.latency);
  writer.meter("heartbeat", heartbeats_.count);
  writer.gauge("heartbeat-response-time-max", heartbeats_.latency.maximum(now));
  writer.gauge("last-heartbeat-seconds-ago", seconds_since(heartbeat_at_, now));
  writer.statistic("rebalance-latency", rebalances_.latency);
  writer.counter("rebalance-latency-total", in_milliseconds(rebalance_time_));
  writer.gauge("rebalance-rate-per-hour", kSecondsPerHour * rebalances_.count.rate(now));
  writer.counter("rebalance-total", rebalances_.count.total());
  writer.gauge("failed-rebalance-rate-per-hour", kSecondsPerHour * failed_rebalances_.rate(now));
  writer.counter("failed-rebalance-total", failed_rebalances_.total());
  writer.gauge("last-rebalance-seconds-ago", seconds_since(rebalanced_at_, now));
  const auto told = [this](Told what) -> const Statistic& {
    return listeners_[static_cast<std::size_t>(what)];
  };
  writer.statistic("partition-revoked-latency", told(Told::revoked));
  writer.statistic("partition-assigned-latency", told(Told::assigned));
  writer.statistic("partition-lost-latency", told(Told::lost));
}

}  // namespace ottla::client
