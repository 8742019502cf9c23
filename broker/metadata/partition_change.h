#pragma once

#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_records.h"
#include "ottla/result.h"

namespace ottla::broker {

// What stands for a directory, as Kafka numbers it: one that is not assigned yet, one that was
// lost, and one of a cluster that is on its way from ZooKeeper.
inline constexpr Uuid kUnassignedDirectory{.high = 0, .low = 0};
inline constexpr Uuid kLostDirectory{.high = 0, .low = 1};
inline constexpr Uuid kMigratingDirectory{.high = 0, .low = 2};

// The partition that a record describes. Errors: corrupt_data for numbers below zero, and if
// directories and replicas do not pair up.
Result<PartitionImage> partition_of(const PartitionRecord& record);

// Applies a change as every reader of the metadata log does: the partition epoch rises by one, and
// so does the leader epoch if the record names a leader, even the same one. Directories follow
// their replicas where the record has new replicas alone. Errors as above.
Result<void> change_partition(const PartitionChangeRecord& record, PartitionImage& partition);

}  // namespace ottla::broker
