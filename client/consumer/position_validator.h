#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "client/consumer/partition_leaders.h"
#include "client/network/backoff.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace ottla::client {

struct PositionValidatorConfig {
  Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  // As ListOffsets has it; none: poll gets log_truncated.
  std::optional<std::int64_t> reset_timestamp;
};

// Finds out whether what lies before a position was cut off (KIP-320): an election may have taken a
// leader that lacks records which were read from the one before. A position under a leader that it
// was not validated with is fetched from only after that leader has told where the epoch of the
// record before it ends: not before the position, or the log was truncated. Then reading goes on
// where the logs part; with `none` poll hears of it, and says so until somebody seeks.
//
// A request manager; the ConsumerCore's lock is held for every call. Loop thread.
class PositionValidator {
 public:
  PositionValidator(const PositionValidatorConfig& config, SubscriptionState& subscription,
                    PartitionLeaders& leaders, Metadata& metadata, std::uint64_t seed,
                    base::Logger log);

  // The partitions to ask one leader about.
  struct Draft {
    struct Entry {
      TopicPartition id;
      std::uint64_t generation = 0;
      Leader leader;
      protocol::LeaderEpoch epoch;  // of the record before the position
    };
    BrokerId broker;
    std::vector<Entry> entries;
  };
  struct Poll {
    std::vector<Draft> requests;
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now);

  // Every draft is answered once, by one of these.
  void on_response(const Draft& draft, const protocol::OffsetForLeaderEpochResponse& response,
                   base::TimePoint now);
  void on_failure(const Draft& draft, const Error& error, base::TimePoint now);

  // Leaders may have changed.
  void on_metadata_update() { metadata_changed_ = true; }

 private:
  using Answer = protocol::OffsetForLeaderEpochResponse::Partition;

  void look_at_leader(AssignedPartition& partition);
  void ask(AssignedPartition& partition, base::TimePoint now, Poll& poll);
  void on_answer(AssignedPartition& partition, const Draft::Entry& entry, const Answer& answer,
                 base::TimePoint now);
  void on_end(AssignedPartition& partition, const Draft::Entry& entry, const Answer& answer);
  void on_error(AssignedPartition& partition, const Error& error, base::TimePoint now);
  void retry(AssignedPartition& partition, base::TimePoint now);

  const PositionValidatorConfig config_;
  SubscriptionState& subscription_;
  PartitionLeaders& leaders_;
  Metadata& metadata_;
  base::Random random_;
  const base::Logger log_;
  bool metadata_changed_ = false;
};

}  // namespace ottla::client
