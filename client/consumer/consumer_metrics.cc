#include "client/consumer/consumer_metrics.h"

#include <algorithm>
#include <utility>

#include "client/metrics/metrics_writer.h"

namespace ottla::client {
namespace {

constexpr const char* kFetchGroup = "consumer-fetch-manager-metrics";

// Before `entries` grow beyond `many`: a consumer may meet any number of topics in its life.
template <class Entries>
void forget_unused(Entries& entries, std::size_t& many, base::TimePoint now) {
  constexpr auto most_likely_over = std::chrono::hours(1);
  if (entries.size() < many) return;
  std::erase_if(entries,
                [&](const auto& entry) { return now - entry.second.used > most_likely_over; });
  many = std::max(many, 2 * entries.size());
}

void write_place(MetricsWriter& writer, const ConsumerMetrics::Place& place) {
  if (place.lag) writer.gauge("records-lag", static_cast<double>(*place.lag));
  if (place.lead) writer.gauge("records-lead", static_cast<double>(*place.lead));
  writer.gauge("preferred-read-replica", place.preferred_replica);
}

}  // namespace

ConsumerMetrics::ConsumerMetrics(const SamplingConfig& config)
    : config_(config),
      all_(config_),
      fetches_(config_),
      fetch_latency_(config_),
      throttle_time_(config_),
      lag_(config_),
      lead_(config_),
      not_fetched_(config_),
      between_polls_(config_),
      poll_idle_(config_) {}

ConsumerMetrics::Amounts& ConsumerMetrics::topic(std::string_view name, base::TimePoint now) {
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    forget_unused(topics_, many_topics_, now);
    found = topics_.try_emplace(std::string(name), config_).first;
  }
  found->second.used = now;
  return found->second;
}

void ConsumerMetrics::on_fetch(const FetchTally& tally, base::Duration latency,
                               base::Duration throttled, base::TimePoint now) {
  FetchTally::Amount all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, amount] : tally.topics) {
    all.bytes += amount.bytes;
    all.records += amount.records;
    auto& amounts = topic(name, now);
    amounts.fetch_size.record(static_cast<double>(amount.bytes), now);
    amounts.records_per_fetch.record(static_cast<double>(amount.records), now);
  }
  if (!tally.topics.empty()) {
    all_.fetch_size.record(static_cast<double>(all.bytes), now);
    all_.records_per_fetch.record(static_cast<double>(all.records), now);
  }
  fetches_.record(1, now);
  fetch_latency_.record(in_milliseconds(latency), now);
  throttle_time_.record(in_milliseconds(throttled), now);
}

void ConsumerMetrics::on_place(const TopicPartition& id, const Place& place, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto found = partitions_.find(id);
  if (found == partitions_.end()) {
    forget_unused(partitions_, many_partitions_, now);
    found = partitions_.try_emplace(id, config_).first;
  }
  auto& partition = found->second;
  partition.used = now;
  if (place.lag) {
    for (auto* each : {&lag_, &partition.lag}) each->record(static_cast<double>(*place.lag), now);
  }
  if (place.lead) {
    for (auto* each : {&lead_, &partition.lead}) {
      each->record(static_cast<double>(*place.lead), now);
    }
  }
}

void ConsumerMetrics::on_consumed(const std::string& name, std::size_t records, std::size_t bytes,
                                  base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (auto* amounts : {&all_, &topic(name, now)}) {
    amounts->records.record(static_cast<double>(records), now);
    amounts->bytes.record(static_cast<double>(bytes), now);
  }
}

void ConsumerMetrics::on_not_fetched(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  not_fetched_.record(1, now);
}

void ConsumerMetrics::on_poll_begin(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto before = std::exchange(poll_began_, now);
  if (before) between_polls_.record(in_milliseconds(now - *before), now);
}

// A poll is idle as long as it does not give the thread back to the application.
void ConsumerMetrics::on_poll_end(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto before = std::exchange(poll_ended_, now);
  if (!before || !poll_began_ || now <= *before) return;
  poll_idle_.record(in_milliseconds(now - *poll_began_) / in_milliseconds(now - *before), now);
}

void ConsumerMetrics::on_commit_call(base::Duration time) {
  const std::lock_guard lock(mutex_);
  commit_time_ += time;
}

void ConsumerMetrics::on_committed_call(base::Duration time) {
  const std::lock_guard lock(mutex_);
  committed_time_ += time;
}

void ConsumerMetrics::write(const std::string& client_id,
                            const std::map<TopicPartition, Place>& assigned, base::TimePoint now,
                            MetricsSnapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  std::erase_if(partitions_, [&](const auto& entry) { return !assigned.contains(entry.first); });
  write_polls(client_id, now, snapshot);
  write_all(client_id, now, snapshot);
  write_topics(client_id, now, snapshot);
  for (const auto& [id, place] : assigned) {
    MetricsWriter writer(snapshot, kFetchGroup,
                         {{"client-id", client_id},
                          {"topic", id.topic},
                          {"partition", std::to_string(id.partition)}},
                         now);
    write_place(writer, place);
    const auto found = partitions_.find(id);
    if (found == partitions_.end()) continue;
    writer.statistic("records-lag", found->second.lag);
    writer.average("records-lead", found->second.lead);
    writer.gauge("records-lead-min", found->second.lead.minimum(now));
  }
}

void ConsumerMetrics::write_polls(const std::string& client_id, base::TimePoint now,
                                  MetricsSnapshot& snapshot) const {
  MetricsWriter writer(snapshot, "consumer-metrics", {{"client-id", client_id}}, now);
  writer.statistic("time-between-poll", between_polls_);
  writer.average("poll-idle-ratio", poll_idle_);
  writer.gauge("last-poll-seconds-ago", seconds_since(poll_began_, now));
  writer.counter("commit-sync-time-ns-total", static_cast<double>(commit_time_.count()));
  writer.counter("committed-time-ns-total", static_cast<double>(committed_time_.count()));
}

void ConsumerMetrics::write_all(const std::string& client_id, base::TimePoint now,
                                MetricsSnapshot& snapshot) const {
  MetricsWriter writer(snapshot, kFetchGroup, {{"client-id", client_id}}, now);
  writer.meter("fetch", fetches_);
  writer.statistic("fetch-latency", fetch_latency_);
  writer.statistic("fetch-throttle-time", throttle_time_);
  writer.statistic("fetch-size", all_.fetch_size);
  writer.average("records-per-request", all_.records_per_fetch);
  writer.meter("records-consumed", all_.records);
  writer.meter("bytes-consumed", all_.bytes);
  writer.gauge("records-lag-max", lag_.maximum(now));
  writer.gauge("records-lead-min", lead_.minimum(now));
  writer.counter("partitions-not-fetched-total", not_fetched_.total());
}

void ConsumerMetrics::write_topics(const std::string& client_id, base::TimePoint now,
                                   MetricsSnapshot& snapshot) const {
  for (const auto& [name, amounts] : topics_) {
    MetricsWriter writer(snapshot, kFetchGroup, {{"client-id", client_id}, {"topic", name}}, now);
    writer.statistic("fetch-size", amounts.fetch_size);
    writer.average("records-per-request", amounts.records_per_fetch);
    writer.meter("records-consumed", amounts.records);
    writer.meter("bytes-consumed", amounts.bytes);
  }
}

}  // namespace ottla::client
