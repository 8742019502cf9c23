#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "broker/replica/state_shards.h"
#include "broker/transaction/transaction_coordinator.h"

// The parts of a TransactionCoordinator, for its own .cc files.
namespace ottla::broker {

// A writer that waits for its turn.
struct TransactionCoordinator::Waiting {
  Admission admission;
  OnAdmitted done;
};

// A transactional id, and what is under way for it.
struct TransactionCoordinator::Entry {
  Entry(std::string id_, std::int32_t partition_, std::uint64_t shard_epoch_, Transaction made)
      : id(std::move(id_)),
        partition(partition_),
        shard_epoch(shard_epoch_),
        transaction(std::move(made)) {}

  const std::string id;
  const std::int32_t partition;
  const std::uint64_t shard_epoch;
  Transaction transaction;
  std::set<TopicPartition> unmarked;        // while it is ending: who has no marker yet
  base::TimePoint deadline = base::kNever;  // of an open transaction
  std::deque<Waiting> waiting;              // in their order
  base::TimerId wait_timer = base::TimerId::none;
  std::size_t counted = 0;  // of the coordinator's memory
};

// One partition of __transaction_state.
struct TransactionCoordinator::Shard : StateShard {
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries;
};

}  // namespace ottla::broker
