#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "client/metrics/metrics_writer.h"
#include "client/metrics/sampled.h"
#include "ottla/metrics.h"

namespace ottla::client {

class TopicEntry;
struct ProduceDraft;

// The calls of transactions that take time.
enum class TransactionCall : std::uint8_t { init, begin, send_offsets, commit, abort };

// What a producer does, in all and by topic. Told once a batch or a request, never for a record
// that goes well; any thread.
class ProducerMetrics {
 public:
  explicit ProducerMetrics(const SamplingConfig& config);
  ProducerMetrics(const ProducerMetrics&) = delete;
  ProducerMetrics& operator=(const ProducerMetrics&) = delete;

  // Its batches are on their way.
  void on_request(const ProduceDraft& draft, base::TimePoint now);
  void on_throttle(base::Duration time, base::TimePoint now);
  void on_retry(const std::string& topic, std::size_t records, base::TimePoint now);
  void on_error(const std::string& topic, std::size_t records, base::TimePoint now);
  void on_split(base::TimePoint now);

  // A record that never was in a batch.
  void on_refused(base::TimePoint now);

  // A caller waited for memory, perhaps in vain.
  void on_pool_wait(base::Duration time, bool exhausted, base::TimePoint now);
  // A caller waited for a topic's metadata.
  void on_metadata_wait(base::Duration time);
  // A call of the application is through, well or not.
  void on_transaction_call(TransactionCall call, base::Duration time);

  // What others know.
  struct Gauges {
    std::size_t buffer_total_bytes = 0;
    std::size_t buffer_available_bytes = 0;
    std::size_t waiting_threads = 0;
    base::Duration flush_time{};
  };
  // Adds producer-metrics and producer-topic-metrics.
  void write(const std::string& client_id, const Gauges& gauges, base::TimePoint now,
             MetricsSnapshot& snapshot) const;

 private:
  // What is counted both for all and for each topic.
  struct Records {
    explicit Records(const SamplingConfig& config)
        : sent(config), bytes(config), retried(config), failed(config), compression(config) {}
    Meter sent;
    Meter bytes;
    Meter retried;
    Meter failed;
    Statistic compression;
  };
  Records& topic(const std::string& name);

  const SamplingConfig config_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Records all_;
  Statistic batch_size_;
  Statistic queue_time_;
  Statistic records_per_request_;
  Statistic record_size_;
  Statistic throttle_time_;
  Meter splits_;
  Meter buffer_exhausted_;
  Meter pool_wait_;  // nanoseconds
  base::Duration metadata_wait_{};
  std::array<base::Duration, 5> transaction_calls_{};  // by TransactionCall
  std::map<std::string, Records> topics_;
};

}  // namespace ottla::client
