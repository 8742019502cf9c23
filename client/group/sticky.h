#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "client/group/assignment_task.h"

// What the sticky and the cooperative sticky assignor share.
namespace ottla::client {

// What a member says it had, and when it got it.
struct StickyClaim {
  AssignmentTask::Numbers partitions;  // those that exist
  std::optional<std::int32_t> generation;
};

// Who had what, where several claim it: the higher generation wins, and nobody of an equal one.
struct PreviousOwners {
  static constexpr auto kNone = AssignmentTask::kNone;
  static constexpr std::int32_t kNoGeneration = -1;
  struct Earlier {
    std::size_t member = kNone;
    std::int32_t generation = kNoGeneration;
  };

  // `claims` by member.
  PreviousOwners(const AssignmentTask& task, const std::vector<StickyClaim>& claims);

  AssignmentTask::Numbers owner;  // by partition; kNone: nobody
  std::vector<bool> disputed;     // claimed by two members of one generation
  std::vector<Earlier> earlier;   // by partition: the owner before the last generation, if known

 private:
  void settle(const AssignmentTask& task, std::size_t member, std::size_t partition,
              std::int32_t generation, AssignmentTask::Numbers& last_claimant);
};

struct StickyAnswer {
  NumberedAssignment assignment;
  // Assigned to another member than the one that had it. None: not known, which is for the one who
  // asks to find out.
  std::optional<std::vector<bool>> moving;  // by partition
};

// With equal subscriptions: everybody gets as many as everybody else, or one more.
StickyAnswer assign_evenly(const AssignmentTask& task, const PreviousOwners& previous);

// With different subscriptions: as even as they allow.
StickyAnswer assign_unevenly(const AssignmentTask& task, const PreviousOwners& previous);

// Racks, as the sticky assignors look at them: all or not at all.
class StickyRacks {
 public:
  explicit StickyRacks(const AssignmentTask& task);

  bool in_use() const { return in_use_; }
  // The member has a rack, and the partition no replica there.
  bool mismatch(std::size_t member, std::size_t partition) const {
    return in_use_ && !task_.rack_of(member).empty() && !near(member, partition);
  }
  // The member has a rack, with a replica of the partition.
  bool near(std::size_t member, std::size_t partition) const {
    const auto rack = task_.rack_of(member);
    return in_use_ && !rack.empty() && task_.rack_holds(rack, partition);
  }

 private:
  const AssignmentTask& task_;
  bool in_use_;
};

}  // namespace ottla::client
