#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "client/consumer/consumer_metrics.h"
#include "client/consumer/fetched_data.h"
#include "client/metadata/cluster.h"
#include "ottla/error.h"
#include "ottla/types.h"
#include "protocol/types.h"

namespace ottla::client {

// Stands for the time that lies as long ago as the configuration says.
inline constexpr std::int64_t kResetByDuration = std::numeric_limits<std::int64_t>::min();

// One partition that the consumer reads, and how far.
struct AssignedPartition {
  enum class State : std::uint8_t {
    awaiting_committed,  // it has no position: the group may have committed one
    awaiting_reset,      // it has none: one is looked up by `reset_timestamp`
    // It has one, which may lie behind what the partition's leader has (KIP-320).
    awaiting_validation,
    fetching,
  };

  TopicPartition id;
  std::shared_ptr<const std::string> topic;
  State state = State::awaiting_reset;
  bool paused = false;
  bool leaving = false;  // about to go to another member: nothing of it is fetched or given

  // Grows whenever the position is set from outside; answers to questions that were asked under
  // another generation are dropped.
  std::uint64_t generation = 0;

  // Where reading began since the group had committed nothing.
  std::optional<protocol::Offset> began;

  // As ListOffsets has it: -1 latest, -2 earliest; or kResetByDuration. None: somebody must seek.
  std::optional<std::int64_t> reset_timestamp;
  bool asked = false;  // the position is being looked up, or validated

  protocol::Offset position{0};  // of the next record that poll gives
  protocol::LeaderEpoch position_epoch = protocol::kNoLeaderEpoch;  // of the record before it
  protocol::Offset fetch_offset{0};                                 // where the next fetch begins
  protocol::LeaderEpoch fetch_epoch = protocol::kNoLeaderEpoch;     // of the record before it
  // Under whom the position is known to be right; none: nobody has looked yet.
  std::optional<Leader> leader;
  // That the position is of, as fetches have shown; zero: it is not known. Another one of that name
  // has epochs of its own.
  Uuid topic_id;

  // What the polls before the last one gave is processed up to here; and what the group knows.
  std::optional<protocol::Offset> processed;
  protocol::LeaderEpoch processed_epoch = protocol::kNoLeaderEpoch;
  std::optional<protocol::Offset> committed;
  // Of what can be read, as the last fetch told.
  std::optional<protocol::Offset> end;
  std::optional<protocol::Offset> log_start;

  // KIP-392: whom the leader of that epoch has told to read from instead, and until when.
  struct PreferredReplica {
    protocol::BrokerId broker;
    protocol::BrokerId leader;
    protocol::LeaderEpoch leader_epoch;
    base::TimePoint until{};
  };
  std::optional<PreferredReplica> preferred;

  std::deque<std::unique_ptr<FetchedData>> buffered;
  std::size_t buffered_bytes = 0;
  bool fetching = false;  // part of a fetch that is under way
  std::uint32_t failures = 0;
  base::TimePoint retry_at = base::TimePoint::min();
  std::optional<base::TimePoint> missing_since;  // the cluster does not know it
  std::optional<base::TimePoint> waits_since;    // to be fetched, or since that was told last
  std::optional<Error> error;                    // for the next poll

  bool ready_to_fetch(base::TimePoint now) const {
    return state == State::fetching && !paused && !leaving && !fetching && !error &&
           now >= retry_at && (buffered.empty() || !buffered.back()->broken());
  }
  // Nothing keeps it from being fetched but what the client does itself.
  bool wants_fetch() const {
    return !paused && !leaving && !fetching && !error && !is_lost() &&
           (buffered.empty() || !buffered.back()->broken());
  }
  // As far as it was read; whether that is still right or not.
  bool has_position() const {
    return state == State::fetching || state == State::awaiting_validation;
  }
  // Only a seek helps.
  bool is_lost() const {
    const bool truncated = error && error->code() == ErrorCode::log_truncated;
    return truncated || (state == State::awaiting_reset && !reset_timestamp);
  }
  ConsumerMetrics::Place place() const;
  bool has_records() const { return !paused && !leaving && !buffered.empty(); }
};

// Which partitions are read, from where, and what has been fetched of them. The order of the
// partitions changes with use, so that none waits for the others for ever. No locks of its own: the
// ConsumerCore's guards it.
class SubscriptionState {
 public:
  // Where partitions begin that have no position: with what the group has committed, if it has;
  // else at `reset_timestamp`; with an error for the next poll if that is none.
  struct Start {
    bool committed = false;
    std::optional<std::int64_t> reset_timestamp;
  };
  // Replaces the assignment; those that stay keep everything.
  void assign(const std::vector<TopicPartition>& partitions, const Start& start);
  void add(const std::vector<TopicPartition>& partitions, const Start& start);
  void remove(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> assignment() const;

  // Null if it is not assigned.
  AssignedPartition* find(const TopicPartition& partition);
  const AssignedPartition* find(const TopicPartition& partition) const;
  // The same, if it still has this generation.
  AssignedPartition* find(const TopicPartition& partition, std::uint64_t generation);

  // `epoch`: of the record before it, if it is known.
  void seek(AssignedPartition& partition, protocol::Offset offset,
            protocol::LeaderEpoch epoch = protocol::kNoLeaderEpoch);
  // Drops what was fetched: the position is to be validated, and may have to go back.
  void await_validation(AssignedPartition& partition);
  // It is right under this leader.
  void take_as_valid(AssignedPartition& partition, const Leader& leader);
  // Back to what the group has committed.
  void rewind(AssignedPartition& partition);
  // Drops what was fetched; the position is looked up.
  void reset(AssignedPartition& partition, std::optional<std::int64_t> timestamp);

  // What has been given of all partitions so far is processed: poll is called again.
  void note_processed();

  // In the order in which they are next.
  const std::vector<AssignedPartition*>& in_turn() const { return in_turn_; }
  // It had its turn.
  void move_to_end(AssignedPartition& partition);

  // There is something for poll: records or an error.
  bool has_something() const;
  // Of what can be handed out. What is buffered of partitions that are paused lies idle for as long
  // as the application likes, and is bounded by their number.
  std::size_t buffered_bytes() const;
  std::vector<std::string> topics() const;

 private:
  static void drop_buffer(AssignedPartition& partition);

  std::map<TopicPartition, std::unique_ptr<AssignedPartition>> partitions_;
  std::vector<AssignedPartition*> in_turn_;
  std::uint64_t next_generation_ = 1;
};

}  // namespace ottla::client
