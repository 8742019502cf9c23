#include "broker/metadata/partition_change.h"

#include <limits>
#include <string>

namespace ottla::broker {
namespace {

constexpr BrokerId kNoLeaderChange{-2};

Error corrupt(std::string_view record, std::int32_t partition, std::string_view why) {
  return {ErrorCode::corrupt_data, std::string(record) + " for partition " +
                                       std::to_string(partition) + " " + std::string(why)};
}

bool pair_up(const PartitionImage& partition) {
  return partition.directories.empty() || partition.directories.size() == partition.replicas.size();
}

// The directories of `replicas`, each where it was.
std::vector<Uuid> follow_replicas(const PartitionImage& before,
                                  const std::vector<BrokerId>& replicas) {
  std::vector<Uuid> directories(replicas.size(), kUnassignedDirectory);
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    for (std::size_t j = 0; j < before.directories.size(); ++j) {
      if (before.replicas[j] == replicas[i]) directories[i] = before.directories[j];
    }
  }
  return directories;
}

template <class T>
void assign_if(const std::optional<T>& change, T& to) {
  if (change) to = *change;
}

}  // namespace

Result<PartitionImage> partition_of(const PartitionRecord& record) {
  PartitionImage partition;
  partition.replicas = record.replicas;
  partition.directories = record.directories;
  partition.in_sync_replicas = record.isr;
  partition.removing_replicas = record.removing_replicas;
  partition.adding_replicas = record.adding_replicas;
  assign_if(record.eligible_leader_replicas, partition.eligible_leader_replicas);
  assign_if(record.last_known_elr, partition.last_known_eligible_leader_replicas);
  partition.leader = record.leader;
  partition.leader_epoch = record.leader_epoch;
  partition.partition_epoch = record.partition_epoch;
  partition.recovering_from_unclean_election = record.leader_recovery_state == 1;
  const auto fail = [&](std::string_view why) {
    return corrupt(record.api.name, record.partition_id, why);
  };
  if (record.partition_id < 0) return fail("has a number below zero");
  if (record.leader_epoch.value < 0 || record.partition_epoch < 0) {
    return fail("has an epoch below zero");
  }
  if (!pair_up(partition)) return fail("has another number of directories than of replicas");
  return partition;
}

Result<void> change_partition(const PartitionChangeRecord& record, PartitionImage& partition) {
  const auto fail = [&](std::string_view why) {
    return corrupt(record.api.name, record.partition_id, why);
  };
  constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
  if (partition.partition_epoch == kMost || partition.leader_epoch.value == kMost) {
    return fail("would raise an epoch that can rise no further");
  }
  if (record.directories) {
    partition.directories = *record.directories;
  } else if (record.replicas) {
    partition.directories = follow_replicas(partition, *record.replicas);
  }
  assign_if(record.replicas, partition.replicas);
  assign_if(record.isr, partition.in_sync_replicas);
  assign_if(record.removing_replicas, partition.removing_replicas);
  assign_if(record.adding_replicas, partition.adding_replicas);
  assign_if(record.eligible_leader_replicas, partition.eligible_leader_replicas);
  assign_if(record.last_known_elr, partition.last_known_eligible_leader_replicas);
  if (!pair_up(partition)) return fail("has another number of directories than of replicas");
  if (record.leader != kNoLeaderChange) {
    partition.leader = record.leader;
    ++partition.leader_epoch;
  }
  if (record.leader_recovery_state >= 0) {
    partition.recovering_from_unclean_election = record.leader_recovery_state == 1;
  }
  ++partition.partition_epoch;
  return {};
}

}  // namespace ottla::broker
