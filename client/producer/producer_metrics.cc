#include "client/producer/producer_metrics.h"

#include "client/producer/sender.h"

namespace ottla::client {
namespace {

// In the order of TransactionCall.
constexpr const char* kTransactionTimes[] = {
    "txn-init-time-ns-total",   "txn-begin-time-ns-total", "txn-send-offsets-time-ns-total",
    "txn-commit-time-ns-total", "txn-abort-time-ns-total",
};

double nanoseconds(base::Duration duration) {
  return static_cast<double>(duration.count());
}

}  // namespace

ProducerMetrics::ProducerMetrics(const SamplingConfig& config)
    : config_(config),
      all_(config_),
      batch_size_(config_),
      queue_time_(config_),
      records_per_request_(config_),
      record_size_(config_),
      throttle_time_(config_),
      splits_(config_),
      buffer_exhausted_(config_),
      pool_wait_(config_) {}

ProducerMetrics::Records& ProducerMetrics::topic(const std::string& name) {
  const auto found = topics_.find(name);
  return found != topics_.end() ? found->second : topics_.try_emplace(name, config_).first->second;
}

void ProducerMetrics::on_request(const ProduceDraft& draft, base::TimePoint now) {
  double in_request = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& entry : draft.entries) {
    const auto& batch = *entry.batch;
    const auto records = static_cast<double>(batch.record_count());
    const auto bytes = static_cast<double>(batch.size_in_bytes());
    const auto whole = static_cast<double>(batch.uncompressed_size());
    in_request += records;
    for (auto* counts : {&all_, &topic(*entry.queue->topic.name())}) {
      counts->sent.record(records, now);
      counts->bytes.record(bytes, now);
      if (whole > 0) counts->compression.record(bytes / whole, now);
    }
    batch_size_.record(bytes, now);
    queue_time_.record(in_milliseconds(now - batch.created()), now);
    record_size_.record(static_cast<double>(batch.largest_record()), now);
  }
  records_per_request_.record(in_request, now);
}

void ProducerMetrics::on_throttle(base::Duration time, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  throttle_time_.record(in_milliseconds(time), now);
}

void ProducerMetrics::on_retry(const std::string& name, std::size_t records, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (auto* counts : {&all_, &topic(name)}) {
    counts->retried.record(static_cast<double>(records), now);
  }
}

void ProducerMetrics::on_error(const std::string& name, std::size_t records, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (auto* counts : {&all_, &topic(name)}) {
    counts->failed.record(static_cast<double>(records), now);
  }
}

void ProducerMetrics::on_split(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  splits_.record(1, now);
}

void ProducerMetrics::on_refused(base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  all_.failed.record(1, now);
}

void ProducerMetrics::on_pool_wait(base::Duration time, bool exhausted, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  pool_wait_.record(nanoseconds(time), now);
  if (exhausted) buffer_exhausted_.record(1, now);
}

void ProducerMetrics::on_metadata_wait(base::Duration time) {
  const std::lock_guard lock(mutex_);
  metadata_wait_ += time;
}

void ProducerMetrics::on_transaction_call(TransactionCall call, base::Duration time) {
  const std::lock_guard lock(mutex_);
  transaction_calls_[static_cast<std::size_t>(call)] += time;
}

void ProducerMetrics::write(const std::string& client_id, const Gauges& gauges, base::TimePoint now,
                            MetricsSnapshot& snapshot) const {
  const std::lock_guard lock(mutex_);
  MetricsWriter all(snapshot, "producer-metrics", {{"client-id", client_id}}, now);
  all.meter("record-send", all_.sent);
  all.meter("record-retry", all_.retried);
  all.meter("record-error", all_.failed);
  all.meter("batch-split", splits_);
  all.average("compression-rate", all_.compression);
  all.statistic("batch-size", batch_size_);
  all.statistic("record-queue-time", queue_time_);
  all.statistic("record-size", record_size_);
  all.average("records-per-request", records_per_request_);
  all.statistic("produce-throttle-time", throttle_time_);
  all.gauge("buffer-total-bytes", static_cast<double>(gauges.buffer_total_bytes));
  all.gauge("buffer-available-bytes", static_cast<double>(gauges.buffer_available_bytes));
  all.gauge("waiting-threads", static_cast<double>(gauges.waiting_threads));
  all.meter("buffer-exhausted", buffer_exhausted_);
  all.gauge("bufferpool-wait-ratio", pool_wait_.rate(now) / 1e9);
  all.counter("bufferpool-wait-time-ns-total", pool_wait_.total());
  all.counter("metadata-wait-time-ns-total", nanoseconds(metadata_wait_));
  all.counter("flush-time-ns-total", nanoseconds(gauges.flush_time));
  for (std::size_t call = 0; call < transaction_calls_.size(); ++call) {
    all.counter(kTransactionTimes[call], nanoseconds(transaction_calls_[call]));
  }
  for (const auto& [name, counts] : topics_) {
    MetricsWriter writer(snapshot, "producer-topic-metrics",
                         {{"client-id", client_id}, {"topic", name}}, now);
    writer.meter("record-send", counts.sent);
    writer.meter("byte", counts.bytes);
    writer.gauge("compression-rate", counts.compression.average(now));
    writer.meter("record-retry", counts.retried);
    writer.meter("record-error", counts.failed);
  }
}

}  // namespace ottla::client
