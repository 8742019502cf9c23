#pragma once

#include <memory>
#include <vector>

#include "base/lifetime.h"
#include "base/loop.h"
#include "broker/group/group_coordinator.h"
#include "broker/replica/replica_manager.h"
#include "broker/transaction/marker_writer.h"

namespace ottla::broker {

// MarkerWriter on this broker's own partitions. Owned by the Broker, one loop.
class ReplicaMarkerWriter final : public MarkerWriter {
 public:
  // All outlive this.
  ReplicaMarkerWriter(base::Loop& loop, ReplicaManager& replicas, GroupCoordinator& groups)
      : loop_(loop), replicas_(replicas), groups_(groups) {}

  void write(const TransactionEnd& end, std::vector<TopicPartition> partitions,
             OnWritten done) override;

 private:
  struct Writing;

  ErrorCode check(const TransactionEnd& end, const TopicPartition& id);
  void append(const std::shared_ptr<Writing>& writing, std::size_t at, std::string batch);
  void settle(const std::shared_ptr<Writing>& writing, std::size_t at, ErrorCode outcome);

  base::Loop& loop_;
  ReplicaManager& replicas_;
  GroupCoordinator& groups_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
