#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "base/time.h"
#include "client/producer/producer_batch.h"
#include "protocol/types.h"

namespace ottla::client {

// Where one partition stands in being sent. The Sender's; loop thread.
struct SendState {
  // What the network has, in the order of sending.
  std::vector<std::unique_ptr<ProducerBatch>> in_flight;
  std::uint64_t next_order = 1;

  // Where the partition is registered: a broker's list of those that can be sent now, or the list
  // of those without a leader.
  protocol::BrokerId ready_at = protocol::kNoBroker;
  bool leaderless = false;
  // The broker that its batches wait for behind those that are on their way.
  protocol::BrokerId blocked_at = protocol::kNoBroker;
  // Among those that wait before they are sent again, which another leader would end.
  bool pausing = false;
  // Among those whose batch takes more records until it is due, or leaves with what is.
  bool lingering = false;
  std::uint64_t draft = 0;  // the last one that took a batch: it takes no second one

  base::TimePoint timer = base::kNever;  // when to look at it again
  base::TimePoint retry_at = base::TimePoint::min();
  protocol::LeaderEpoch failed_epoch = protocol::kNoLeaderEpoch;  // of the leader that failed

  // Of transactions: the last one that the partition was looked at in (none yet), and the last one
  // that it was admitted to.
  std::uint64_t seen_in_transaction = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t admitted_in = 0;

  // Who writes: id and epoch that the sequences belong to.
  protocol::ProducerId producer_id = protocol::kNoProducerId;
  protocol::ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;
  protocol::Sequence next_sequence{0};
  // The broker has stored a batch of this epoch. Before that it knows no sequence and would take
  // the second batch though the first one failed.
  bool epoch_known = false;
  // A stamped batch was given up: what follows in this epoch may be out of sequence.
  bool gap = false;
  // The `order` from which on nothing of this epoch is stored: that of the first batch which
  // brokers have refused each time, so they refuse what comes behind it, too.
  BatchOrder missing_from = kNothingMissing;
  static constexpr BatchOrder kNothingMissing{std::numeric_limits<std::uint64_t>::max(), 0};
};

}  // namespace ottla::client
