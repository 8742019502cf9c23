#pragma once

#include <utility>
#include <vector>

#include "broker/replica/purgatory.h"
#include "broker/replica/replica_manager.h"

namespace ottla::broker {

// A Produce with acks=all that waits until its batches lie below the high watermark.
class ReplicaManager::DelayedProduce final : public DelayedOperation {
 public:
  DelayedProduce(ReplicaManager& replicas, const std::vector<ProduceEntry>& entries,
                 std::vector<Result<AppendInfo>> results, OnProduced done);

  bool try_complete() override;
  void expire() override;

 private:
  // What became of an entry that was appended: nothing yet, or its end.
  enum class Outcome { waiting, durable, lost };
  Outcome look_at(std::size_t entry) const;

  ReplicaManager& replicas_;
  std::vector<TopicPartition> partitions_;
  std::vector<std::size_t> waiting_;  // entries whose answer is open
  std::vector<Result<AppendInfo>> results_;
  OnProduced done_;
};

}  // namespace ottla::broker
