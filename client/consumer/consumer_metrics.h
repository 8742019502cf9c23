#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "client/metrics/sampled.h"
#include "ottla/metrics.h"
#include "ottla/types.h"

namespace ottla::client {

// What one fetch brought, by topic: bytes as they came, and records as their batches count them.
struct FetchTally {
  struct Amount {
    std::size_t bytes = 0;
    std::size_t records = 0;
  };
  std::map<std::string, Amount, std::less<>> topics;
};

// What a consumer fetches and hands out, in all, by topic and by partition, and how often it is
// polled. Told once a fetch, a poll, or a partition of a poll, never for a record; any thread.
class ConsumerMetrics {
 public:
  explicit ConsumerMetrics(const SamplingConfig& config);
  ConsumerMetrics(const ConsumerMetrics&) = delete;
  ConsumerMetrics& operator=(const ConsumerMetrics&) = delete;

  void on_fetch(const FetchTally& tally, base::Duration latency, base::Duration throttled,
                base::TimePoint now);
  // How far the position is behind the end, and before the start. Unknown: none.
  struct Place {
    std::optional<std::int64_t> lag;
    std::optional<std::int64_t> lead;
    std::int32_t preferred_replica = -1;
  };
  void on_place(const TopicPartition& partition, const Place& place, base::TimePoint now);
  // A poll has taken these of one partition; `bytes` as they came.
  void on_consumed(const std::string& topic, std::size_t records, std::size_t bytes,
                   base::TimePoint now);
  // A partition that should be fetched has not been for long.
  void on_not_fetched(base::TimePoint now);

  void on_poll_begin(base::TimePoint now);
  void on_poll_end(base::TimePoint now);
  // The outcome of a commit, or of a question for commits, that the application asked for.
  void on_commit_call(base::Duration time);
  void on_committed_call(base::Duration time);

  // Adds consumer-metrics and consumer-fetch-manager-metrics; `assigned` are the partitions that
  // are read now, others are forgotten.
  void write(const std::string& client_id, const std::map<TopicPartition, Place>& assigned,
             base::TimePoint now, MetricsSnapshot& snapshot);

 private:
  static constexpr std::size_t kMany = 1024;

  // What is counted both for all and for each topic.
  struct Amounts {
    explicit Amounts(const SamplingConfig& config)
        : records(config), bytes(config), fetch_size(config), records_per_fetch(config) {}
    Meter records;
    Meter bytes;
    Statistic fetch_size;
    Statistic records_per_fetch;
    base::TimePoint used{};
  };
  struct Partition {
    explicit Partition(const SamplingConfig& config) : lag(config), lead(config) {}
    Statistic lag;
    Statistic lead;
    base::TimePoint used{};
  };
  Amounts& topic(std::string_view name, base::TimePoint now);
  void write_polls(const std::string& client_id, base::TimePoint now,
                   MetricsSnapshot& snapshot) const;
  void write_all(const std::string& client_id, base::TimePoint now,
                 MetricsSnapshot& snapshot) const;
  void write_topics(const std::string& client_id, base::TimePoint now,
                    MetricsSnapshot& snapshot) const;

  const SamplingConfig config_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Amounts all_;
  Meter fetches_;
  Statistic fetch_latency_;  // milliseconds, as the others
  Statistic throttle_time_;
  Statistic lag_;
  Statistic lead_;
  Meter not_fetched_;
  std::map<std::string, Amounts, std::less<>> topics_;
  std::map<TopicPartition, Partition> partitions_;
  // So many of either are looked through for those not used any more.
  std::size_t many_topics_ = kMany;
  std::size_t many_partitions_ = kMany;
  Statistic between_polls_;
  Statistic poll_idle_;
  std::optional<base::TimePoint> poll_began_;
  std::optional<base::TimePoint> poll_ended_;
  base::Duration commit_time_{};
  base::Duration committed_time_{};
};

}  // namespace ottla::client
