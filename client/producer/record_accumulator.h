#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "client/callback_executor.h"
#include "client/producer/buffer_pool.h"
#include "client/producer/flush_tracker.h"
#include "client/producer/producer_metrics.h"
#include "client/producer/topic_table.h"
#include "ottla/producer_config.h"

namespace ottla::client {

struct AccumulatorConfig {
  std::size_t batch_size = 16384;
  std::size_t buffer_memory = 32 << 20;
  std::size_t max_request_size = 1 << 20;
  Compression compression = Compression::none;
  int compression_level = 0;
  base::Duration max_block = std::chrono::minutes(1);
  bool adaptive_partitioning = true;
  PartitionerFactory partitioner;
  SamplingConfig sampling;  // of the metrics
};

// Where records wait: appends them to their partitions' open batches on the caller's thread, under
// that partition's lock, and keeps the list of queues that changed for the Sender. Any thread,
// unless said otherwise.
class RecordAccumulator {
 public:
  // `on_ready` is called, on any thread, when the list of changed queues has become non-empty.
  RecordAccumulator(const AccumulatorConfig& config, const base::Clock& clock,
                    std::shared_ptr<CallbackExecutor> executor, std::uint64_t seed,
                    base::Task on_ready);

  TopicTable& topics() { return topics_; }
  FlushTracker& flushes() { return flushes_; }
  BufferPool& pool() { return pool_; }
  ProducerMetrics& metrics() { return metrics_; }

  // Appends to `partition`, or where the topic's keyless records go for -1; the topic's partitions
  // are known and the number is one of them. Waits for memory for `max_block` if it `may_wait` and
  // this thread may. Errors: those of BufferPool::allocate, with the topic.
  Result<void> append(TopicEntry& topic, std::int32_t partition, RecordToAppend& record,
                      bool may_wait);

  // All batches that wait are to be looked at: a flush began, or memory is short.
  void enlist_all();

  // The calls below are the Sender's, on the loop thread.

  // Queues that changed since the last call.
  std::vector<PartitionQueue*> take_enlisted();

  // What the oldest batch of a queue is like.
  struct Head {
    base::TimePoint created;
    bool sealing = false;
    bool complete = false;  // takes no more records, or could take none
    std::size_t size = 0;   // in bytes, before compression if it is open; not known while sealing
    const ProducerBatch::Sending* sending = nullptr;
    bool stamped = false;
  };
  std::optional<Head> head(PartitionQueue& queue);

  // Takes the oldest batch, sealed. Null if somebody who found it full is sealing it, perhaps since
  // `head` was asked: then the queue is enlisted once that is done.
  std::unique_ptr<ProducerBatch> take_head(PartitionQueue& queue);

  // Back to its place among the batches that were sent before.
  void put_back(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch);

  // Cuts a batch that brokers find too large into several, which take its place and its sequences
  // (KIP-126). Their memory is beyond `buffer_memory`. False if it cannot be cut: nothing is done.
  bool split(PartitionQueue& queue, ProducerBatch& batch);

  // Takes the stamps off all batches of the queue.
  void clear_stamps(PartitionQueue& queue);

  // Tells a batch's outcome: its memory goes back first (unless the network holds it), then futures
  // are ready, callbacks run, and flushes learn of it.
  void complete(ProducerBatch& batch, std::int64_t base_offset, std::int64_t log_append_time_ms);
  void fail(ProducerBatch& batch, const Error& error, BatchResult::RecordErrors details = {});

  // Fails every batch in every queue, and every record that comes later.
  void close(const Error& error);

 private:
  void enlist(PartitionQueue& queue);
  void seal(PartitionQueue& queue, ProducerBatch& batch);
  void open_batch(PartitionQueue& queue, std::shared_ptr<BatchMemory> memory);
  Result<std::shared_ptr<BatchMemory>> allocate(const TopicEntry& topic,
                                                const RecordToAppend& record, bool may_wait);
  std::size_t memory_for(const TopicEntry& topic, const RecordToAppend& record) const;
  void deliver(ProducerBatch& batch, const Error* error);

  const AccumulatorConfig config_;
  const base::Clock& clock_;
  const std::shared_ptr<CallbackExecutor> executor_;
  base::Task on_ready_;
  ProducerMetrics metrics_;
  BufferPool pool_;
  TopicTable topics_;
  FlushTracker flushes_;

  std::mutex enlisted_mutex_;
  std::vector<PartitionQueue*> enlisted_;  // guarded by enlisted_mutex_
};

}  // namespace ottla::client
