#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/lifetime.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/replica/replica_manager.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// The partitions of an internal topic as the coordinator that keeps its state there needs them; on
// its loop.
class StateLog {
 public:
  virtual ~StateLog() = default;

  // What became of an append.
  struct Outcome {
    ErrorCode error = ErrorCode::none;  // none: it is durable
    bool refused = false;               // nothing was appended; otherwise nobody knows
  };

  // Appends a sealed batch. `done` is called in a later turn, in the order of the appends of a
  // partition.
  using OnAppended = base::UniqueFunction<void(const Outcome&)>;
  virtual void append(std::int32_t partition, std::string batch, OnAppended done) = 0;

  // Has a worker hand every batch of a partition to `on_batch`, from start to end, and waits until
  // what was read is durable; `done` is called in a later turn of the loop.
  using OnBatch = std::function<void(const protocol::RecordBatchView&)>;
  using OnRead = base::UniqueFunction<void(Result<void>)>;
  virtual void read(std::int32_t partition, OnBatch on_batch, OnRead done) = 0;
};

// What Kafka makes of state that could not be stored.
ErrorCode coordinator_error(ErrorCode append_error);

// StateLog on this broker's own partitions. Owned by the Broker, one loop.
class ReplicaStateLog final : public StateLog {
 public:
  // All outlive this.
  ReplicaStateLog(base::Loop& loop, ReplicaManager& replicas, std::string_view topic)
      : loop_(loop), replicas_(replicas), topic_(topic) {}

  void append(std::int32_t partition, std::string batch, OnAppended done) override;
  void read(std::int32_t partition, OnBatch on_batch, OnRead done) override;

  TopicPartition id(std::int32_t partition) const { return {topic_, partition}; }

 private:
  base::Loop& loop_;
  ReplicaManager& replicas_;
  const std::string topic_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
