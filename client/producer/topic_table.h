#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/spinning_mutex.h"
#include "client/producer/producer_batch.h"
#include "client/producer/send_state.h"
#include "client/producer/sticky_partition.h"
#include "client/producer/topic_partitioner.h"

namespace ottla::client {

class TopicEntry;

// How the records of topics find their partitions.
struct PartitioningConfig {
  StickyPartition::Options sticky;
  PartitionerFactory partitioner;  // the user's; may be empty
};

// The batches of one partition that wait to be sent, the oldest first. Lives as long as its table.
struct PartitionQueue {
  PartitionQueue(TopicEntry& of, std::int32_t number) : topic(of), partition(number) {}

  TopicEntry& topic;
  const std::int32_t partition;

  base::SpinningMutex mutex;
  // Guarded by mutex.
  std::deque<std::unique_ptr<ProducerBatch>> batches;
  std::size_t callback_bytes_of_last = 0;  // of the batch that took its last record before this one
  bool closed = false;

  PartitionLoad load;

  // In the accumulator's list of queues that the Sender should look at.
  std::atomic<bool> enlisted{false};
  // As many batches are on their way as may be: the Sender looks again when one is answered, and
  // need not be woken for what comes meanwhile.
  std::atomic<bool> window_full{false};

  SendState send;  // loop thread only
};

// One topic that records were sent to. Lives as long as its table.
class TopicEntry {
 public:
  // The partitions at one moment; older ones stay valid, partitions never go.
  struct Partitions {
    std::size_t count = 0;                // how many the topic has; not 0
    std::vector<PartitionQueue*> queues;  // of those and of all it ever had
  };

  TopicEntry(std::string_view name, const PartitioningConfig& config, std::uint64_t seed);

  const std::shared_ptr<const std::string>& name() const { return name_; }

  // Null until metadata is there. Any thread.
  const Partitions* partitions() const { return partitions_.load(std::memory_order_acquire); }

  // Loop thread. `has_leader` tells of each partition.
  void set_partitions(const std::vector<bool>& has_leader);

  StickyPartition& sticky() { return sticky_; }
  // Null if the user has none.
  TopicPartitioner* partitioner() const { return partitioner_.get(); }

  // How small compression makes this topic's records, as far as is known (KIP-126). Any thread.
  float compression_ratio() const { return ratio_.load(std::memory_order_relaxed); }
  void observe_compression(std::size_t before, std::size_t after);
  // Batches became too large by what was expected.
  void expect_no_compression();

 private:
  const std::shared_ptr<const std::string> name_;
  std::atomic<const Partitions*> partitions_{nullptr};
  std::atomic<float> ratio_{1.0F};
  StickyPartition sticky_;
  const std::unique_ptr<TopicPartitioner> partitioner_;
  // Loop thread only.
  std::vector<std::unique_ptr<PartitionQueue>> queues_;
  std::vector<std::unique_ptr<const Partitions>> versions_;
};

// Topics by name. Looking one up takes no lock; topics are only added, never removed. Any thread.
class TopicTable {
 public:
  TopicTable(PartitioningConfig config, std::uint64_t seed);
  ~TopicTable();
  TopicTable(const TopicTable&) = delete;
  TopicTable& operator=(const TopicTable&) = delete;

  TopicEntry* find(std::string_view name) const;
  // `added` tells whether it was new.
  TopicEntry& find_or_add(std::string_view name, bool& added);

  template <class F>
  void for_each(F f) const {
    for (const auto& bucket : buckets_) {
      for (auto* node = bucket.load(std::memory_order_acquire); node != nullptr; node = node->next)
        f(node->entry);
    }
  }

 private:
  struct Node {
    Node(std::string_view name, const PartitioningConfig& config, std::uint64_t seed, Node* after)
        : entry(name, config, seed), next(after) {}
    TopicEntry entry;
    Node* const next;
  };
  static constexpr std::size_t kBuckets = 1024;

  std::atomic<Node*>& bucket(std::string_view name) {
    return buckets_[std::hash<std::string_view>()(name) % kBuckets];
  }

  const std::uint64_t id_;  // never used again by another table
  const PartitioningConfig config_;
  std::uint64_t seed_;  // guarded by mutex_
  std::array<std::atomic<Node*>, kBuckets> buckets_{};
  std::mutex mutex_;  // held to add
};

}  // namespace ottla::client
