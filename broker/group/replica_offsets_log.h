#pragma once

#include <cstdint>
#include <string>

#include "base/logger.h"
#include "base/loop.h"
#include "broker/group/offsets_log.h"
#include "broker/replica/replica_manager.h"

namespace ottla::broker {

// OffsetsLog on this broker's own partitions. Owned by the Broker, one loop.
class ReplicaOffsetsLog final : public OffsetsLog {
 public:
  // All outlive this.
  ReplicaOffsetsLog(base::Loop& loop, ReplicaManager& replicas, base::Logger logger)
      : log_(loop, replicas, kOffsetsTopic), logger_(std::move(logger)) {}

  void append(std::int32_t partition, std::string batch, OnAppended done) override;
  void load(std::int32_t partition, OnLoaded done) override;

 private:
  ReplicaStateLog log_;
  const base::Logger logger_;
};

}  // namespace ottla::broker
