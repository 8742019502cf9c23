#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/record/record_batch.h"
#include "protocol/types.h"

namespace ottla::simulation {

struct Leadership {
  protocol::BrokerId leader = protocol::kNoBroker;
  protocol::LeaderEpoch epoch;

  bool operator==(const Leadership&) const = default;
};

// One partition, in memory and common to all its replicas: nothing that was appended is lost by a
// change of leaders. Strict about sequences: an idempotent producer that skips or repeats without
// need is refused.
class ScriptedPartition {
 public:
  struct Batch {
    protocol::Offset base_offset;
    protocol::Offset last_offset;
    protocol::LeaderEpoch leader_epoch;
    std::int64_t max_timestamp;
    std::string bytes;
  };
  struct Appended {
    ErrorCode error = ErrorCode::none;
    protocol::Offset base_offset = protocol::kNoOffset;
    bool duplicate = false;
  };

  // What a leader does with the records of one Produce request.
  Appended append(BytesView records);

  // The end of a producer's transaction; its epoch from now on is that of the marker.
  void append_marker(protocol::ProducerId producer, protocol::ProducerEpoch epoch, bool committed);

  // Whole batches from the one that holds `from`, below the high watermark: at least one if there
  // is one, at most `max_bytes` otherwise.
  std::string read(protocol::Offset from, std::size_t max_bytes) const;

  // The first record's batch at or after `timestamp`; null if there is none.
  const Batch* find_timestamp(std::int64_t timestamp) const;

  // Forgets what lies at `end` and after it, as an unclean election does.
  void truncate(protocol::Offset end);
  // Forgets what lies before `start`, as retention does.
  void delete_records_before(protocol::Offset start);
  // Forgets producers, as their expiry does; their next sequence may be any.
  void forget_producers() { producers_.clear(); }
  // Forgets all but the last batch of each producer, as brokers do that start from a snapshot.
  void forget_windows();

  const std::vector<Batch>& batches() const { return batches_; }
  protocol::Offset log_start_offset() const { return log_start_offset_; }
  protocol::Offset log_end_offset() const { return log_end_offset_; }
  protocol::Offset high_watermark() const;

  // The end offset of the newest epoch that is not above `epoch`, and that epoch; -1 both if the
  // leader's is below it.
  std::pair<protocol::LeaderEpoch, protocol::Offset> end_of_epoch(
      protocol::LeaderEpoch epoch) const;

  Leadership actual;     // who leads
  Leadership published;  // who leads according to Metadata
  std::vector<protocol::BrokerId> replicas;
  std::vector<protocol::BrokerId> in_sync_replicas;
  // Where the leader sends consumers that tell their rack; none: nowhere.
  protocol::BrokerId preferred_read_replica = protocol::kNoBroker;
  // Larger batches are refused (max.message.bytes).
  std::size_t max_batch_bytes = std::numeric_limits<std::size_t>::max();
  // What consumers do not see yet, counted back from the end.
  std::int64_t records_above_high_watermark = 0;

 private:
  struct Written {
    protocol::Sequence first;
    protocol::Sequence last;
    protocol::Offset base_offset;
  };
  struct Producer {
    protocol::ProducerEpoch epoch;
    std::deque<Written> last_batches;  // at most five
  };
  ErrorCode check_sequence(const protocol::RecordBatchView& batch, Appended& duplicate) const;
  void remember(const protocol::RecordBatchView& batch, protocol::Offset base_offset);

  std::vector<Batch> batches_;
  protocol::Offset log_start_offset_{0};
  protocol::Offset log_end_offset_{0};
  std::map<protocol::ProducerId, Producer> producers_;
};

}  // namespace ottla::simulation
