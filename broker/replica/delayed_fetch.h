#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "broker/replica/purgatory.h"
#include "broker/replica/replica_manager.h"

namespace ottla::broker {

// A Fetch that waits for min_bytes. Each try reads all partitions anew: reading only finds places
// in the logs, bytes are not touched.
class ReplicaManager::DelayedFetch final : public DelayedOperation {
 public:
  DelayedFetch(ReplicaManager& replicas, std::vector<FetchEntry> entries,
               const FetchOptions& options, OnFetched done)
      : replicas_(replicas), work_{std::move(entries), options, {}, {}, 0, std::move(done)} {}

  bool try_complete() override;
  void expire() override;

 private:
  // The state of one try, which outlives the operation if it has to wait for the disk.
  struct Work {
    std::vector<FetchEntry> entries;
    FetchOptions options;
    std::vector<FetchedPartition> results;
    std::vector<std::size_t> cold;  // entries whose place only the disk knows
    std::size_t size = 0;
    OnFetched done;

    std::size_t room() const { return options.max_bytes > size ? options.max_bytes - size : 0; }
    std::size_t limit_of(const FetchEntry& entry) const;
    ReadRequest request_for(const FetchEntry& entry, Offset bound, bool first) const;
  };

  // True if there is something to tell that does not wait.
  bool read_all();
  bool read(std::size_t entry);
  static bool diverges(const FetchEntry& wanted, const Partition& partition,
                       FetchedPartition& result);
  void finish();
  static void answer(ReplicaManager& replicas, Work& work);
  static void read_cold(ReplicaManager& replicas, std::shared_ptr<Work> work);

  ReplicaManager& replicas_;
  Work work_;
  // Of the last try: what was read, and the room that the next batch of a partition was too large
  // for, which no wait fills.
  std::size_t available_ = 0;
};

}  // namespace ottla::broker
