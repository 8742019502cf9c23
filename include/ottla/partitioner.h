#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ottla/record.h"

namespace ottla {

// A topic as a partitioner sees it; borrowed for the call.
struct TopicView {
  std::string_view name;
  std::int32_t partition_count = 0;         // at least 1; partitions are numbered from 0
  std::span<const std::int32_t> available;  // those with a leader, in their order; may be empty
};

// Chooses the partitions of records that name none. Each topic has an instance of its own, made
// when its first record is sent and destroyed with the producer.
//
//   class TenantPartitioner final : public ottla::Partitioner {
//    public:
//     std::optional<std::int32_t> partition(const ottla::RecordView& record,
//                                           const ottla::TopicView& topic) override {
//       const auto tenant = record.header("tenant");
//       if (!tenant) return std::nullopt;  // fall to the default
//       return ottla::partition_for_key(*tenant, topic.partition_count);
//     }
//   };
class Partitioner {
 public:
  virtual ~Partitioner() = default;

  // A number below `topic.partition_count`, or nullopt to decline: then the key decides, and
  // records without a key are spread, as if there were no partitioner. The record has no offset,
  // and partition -1. Called under this topic's lock on the thread that sends, so one call at a
  // time, and it must not send itself. If it throws, or answers another number, the record fails
  // with invalid_argument.
  virtual std::optional<std::int32_t> partition(const RecordView& record,
                                                const TopicView& topic) = 0;
};

// Makes a topic's partitioner, on the thread that sends; null: this topic has none.
using PartitionerFactory = std::function<std::unique_ptr<Partitioner>(std::string_view topic)>;

// Records go to the available partitions in turn, whatever their keys: Kafka's
// RoundRobinPartitioner.
PartitionerFactory round_robin_partitioner();

// The partition that Kafka's own clients choose for a key: murmur2 of its bytes, the sign bit
// cleared, modulo `partition_count`, which is at least 1. The same on every machine, for ever.
std::int32_t partition_for_key(BytesView key, std::int32_t partition_count);

}  // namespace ottla
