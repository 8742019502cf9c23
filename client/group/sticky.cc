#include "client/group/sticky.h"

#include <algorithm>

namespace ottla::client {
namespace {

AssignmentTask::Numbers all_members(const AssignmentTask& task) {
  return task.members_as_hashed();
}

}  // namespace

PreviousOwners::PreviousOwners(const AssignmentTask& task, const std::vector<StickyClaim>& claims)
    : owner(task.partition_count(), kNone),
      disputed(task.partition_count()),
      earlier(task.partition_count()) {
  AssignmentTask::Numbers last_claimant(task.partition_count(), kNone);
  std::int32_t newest = kNoGeneration;
  for (const auto member : task.members_as_hashed()) {
    const auto generation = claims[member].generation.value_or(kNoGeneration);
    newest = std::max(newest, generation);
    for (const auto partition : claims[member].partitions) {
      settle(task, member, partition, generation, last_claimant);
    }
  }
  for (const auto member : task.members_as_hashed()) {
    const auto generation = claims[member].generation.value_or(kNoGeneration);
    if (generation >= newest) continue;
    for (const auto partition : claims[member].partitions) {
      auto& known = earlier[partition];
      if (known.member == kNone || generation > known.generation) known = {member, generation};
    }
  }
}

// The generation of who claimed it before is the one in its subscription, also where claims come
// with user data: so the Java client has it.
void PreviousOwners::settle(const AssignmentTask& task, std::size_t member, std::size_t partition,
                            std::int32_t generation, AssignmentTask::Numbers& last_claimant) {
  auto& other = last_claimant[partition];
  if (other == kNone) {
    owner[partition] = other = member;
    return;
  }
  const auto other_generation =
      task.member(other).subscription.generation_id.value_or(kNoGeneration);
  if (generation < other_generation) return;
  const bool both = generation == other_generation;
  if (both) disputed[partition] = true;
  other = member;
  owner[partition] = both ? kNone : member;
}

StickyRacks::StickyRacks(const AssignmentTask& task)
    : task_(task), in_use_(use_rack_aware(task, all_members(task), 0, task.partition_count())) {}

}  // namespace ottla::client
