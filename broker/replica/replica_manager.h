#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/log/log_dirs.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metrics/topic_metrics.h"
#include "broker/replica/partition.h"
#include "broker/replica/purgatory.h"
#include "ottla/result.h"

namespace ottla::broker {

// What a Produce request brings for one partition. `batches` is changed in place.
struct ProduceEntry {
  TopicPartition partition;
  std::span<char> batches;
};

// `acks` as in the request: 0, 1 or -1 (all).
struct ProduceOptions {
  std::int16_t acks = -1;
  base::Duration timeout{};
  AppendOrigin origin = AppendOrigin::client;
};

struct FetchEntry {
  TopicPartition partition;
  Offset fetch_offset{0};
  std::size_t max_bytes = 0;
  LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
  LeaderEpoch last_fetched_epoch = protocol::kNoLeaderEpoch;  // -1: the client does not say
};

struct FetchOptions {
  base::Duration max_wait{};
  std::size_t min_bytes = 1;
  std::size_t max_bytes = 0;  // of the whole answer, unless its first batch alone is larger
  ReadBound bound = ReadBound::high_watermark;
};

struct DeleteRecordsEntry {
  TopicPartition partition;
  Offset offset{0};  // the first that stays; -1: the high watermark
};

struct DeleteRecordsResult {
  TopicPartition partition;
  Result<Offset> result;  // the log start offset from then on
};

struct FetchedPartition {
  ErrorCode error = ErrorCode::none;
  Offset high_watermark = protocol::kNoOffset;
  Offset last_stable_offset = protocol::kNoOffset;
  Offset log_start_offset = protocol::kNoOffset;
  EpochEndOffset diverging;  // what was fetched before is not in this log: where the two part
  LogRead data;
};

// The partitions of this broker, and the requests that wait for them. Above the logs, below the
// handlers; owned by the Broker, one loop.
class ReplicaManager {
 public:
  ReplicaManager(base::Loop& loop, LogDirs& logs, const BrokerConfig& config, base::Logger logger);
  ~ReplicaManager();

  // Follows the metadata: makes, updates and deletes partitions and their logs.
  void on_image(const std::shared_ptr<const MetadataImage>& image, const MetadataChanges& changes);

  // Null if this broker has no such partition, or cannot open its log.
  Partition* find(const TopicPartition& id);
  // What to answer where there is none: kafka_storage_error if the partition should be here, but
  // its log cannot be opened or is in a directory that is offline; else
  // unknown_topic_or_partition.
  Error why_missing(const TopicPartition& id) const;

  // Appends to each partition at once, in the order of the entries, then answers: with acks=1 right
  // away, with acks=-1 when the batches are durable, or, partition by partition, with
  // request_timed_out (what was appended stays). Results are in the order of the entries.
  using OnProduced = base::UniqueFunction<void(std::vector<Result<AppendInfo>>)>;
  void append_records(const std::vector<ProduceEntry>& entries, const ProduceOptions& options,
                      OnProduced done);

  // Answers when everything below `end` is durable. Error: kafka_storage_error.
  using OnDurable = base::UniqueFunction<void(Result<void>)>;
  void await_durable(const TopicPartition& id, Offset end, OnDurable done);

  // For what must not be given up: a year.
  static constexpr base::Duration kNoTimeout = std::chrono::hours(24 * 365);

  // Answers when there are min_bytes, when there is an error to tell, or after max_wait. What comes
  // first in the entries is read first.
  using OnFetched = base::UniqueFunction<void(std::vector<FetchedPartition>)>;
  // While it waits, `cancel_fetch` of what is returned ends it and `done` is not called; 0 if it
  // does not wait.
  std::uint64_t fetch(std::vector<FetchEntry> entries, const FetchOptions& options, OnFetched done);
  void cancel_fetch(std::uint64_t fetch) { fetches_.cancel(fetch); }

  // Hides the records below each entry's offset and answers once that outlasts a crash, or, after
  // `timeout`, with request_timed_out (it may come to be all the same). Results are in the order of
  // the entries. Errors: unknown_topic_or_partition,
  // not_leader_or_follower, policy_violation (a topic that is compacted only), offset_out_of_range
  // (above the high watermark), kafka_storage_error.
  using OnDeleted = base::UniqueFunction<void(std::vector<DeleteRecordsResult>)>;
  void delete_records(const std::vector<DeleteRecordsEntry>& entries,
                      std::chrono::milliseconds timeout, OnDeleted done);

  // --- Looking

  // In no order.
  const std::unordered_map<TopicPartition, std::unique_ptr<Partition>>& partitions() const {
    return partitions_;
  }
  // Partitions that should be here and whose log could not be opened.
  std::size_t partitions_without_log() const { return without_log_.size(); }
  std::size_t waiting_produces() const { return produces_.waiting(); }
  std::size_t waiting_fetches() const { return fetches_.waiting(); }
  const TopicMetrics& traffic() const { return traffic_; }

  // Answers every waiting request with what there is; for the shutdown.
  void answer_all_waiting();

 private:
  class DelayedProduce;
  class DelayedFetch;

  void apply_topic(const MetadataImage& image, const TopicImage& topic);
  Partition* make_partition(const TopicPartition& id, const Uuid& topic_id, const Uuid& directory,
                            const LogConfig& config);
  void delete_topic(const TopicImage& topic);
  Result<Offset> advance_log_start(const DeleteRecordsEntry& entry);
  void apply_broker_configs(const MetadataImage& image, const MetadataChanges& changes);
  void apply_topic_config(const MetadataImage& image, const TopicImage& topic);
  LogConfig log_config(const MetadataImage& image, const std::string& topic) const;
  void check_waiting(const TopicPartition& id);
  void count_append(Partition& partition, const ProduceEntry& entry,
                    const Result<AppendInfo>& result);
  void count_fetch(const FetchEntry& entry, const FetchedPartition& result);

  // Set at construction.
  base::Loop& loop_;
  LogDirs& logs_;
  const BrokerConfig& config_;
  base::Logger logger_;

  // Loop's thread only.
  BrokerConfig config_now_;  // with what was set while running
  std::unordered_map<TopicPartition, std::unique_ptr<Partition>> partitions_;
  std::unordered_set<TopicPartition> without_log_;  // partitions that should be here
  Purgatory produces_;
  Purgatory fetches_;
  TopicMetrics traffic_;
};

}  // namespace ottla::broker
