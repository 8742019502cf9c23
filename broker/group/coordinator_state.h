#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "broker/group/group_coordinator.h"
#include "broker/replica/state_shards.h"

// The parts of a GroupCoordinator, for its own .cc files.
namespace ottla::broker {

// A group, its offsets, and what is under way for it.
struct GroupCoordinator::Entry {
  Entry(std::int32_t partition_, Group group_) : partition(partition_), group(std::move(group_)) {}

  const std::int32_t partition;
  Group group;
  CommittedOffsets offsets;
  // Appends that are not durable; what must know all offsets waits for them.
  std::size_t appends = 0;
  std::deque<Waiting> waiting;
  std::size_t counted = 0;  // of the coordinator's memory
  base::TimePoint armed_at = base::kNever;
  base::TimerId timer = base::TimerId::none;
};

// One partition of __consumer_offsets.
struct GroupCoordinator::Shard : StateShard {
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> groups;
  PendingOffsets pending;
  std::int64_t next_order = 0;  // of what is appended: see CommittedOffset
  std::size_t counted = 0;      // of the coordinator's memory: what is pending
};

}  // namespace ottla::broker
