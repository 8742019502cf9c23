#pragma once

#include <cstdint>
#include <vector>

#include "base/task.h"
#include "ottla/error_code.h"
#include "ottla/types.h"
#include "protocol/types.h"

namespace ottla::broker {

// The end of one producer's transaction, as its coordinator decided.
struct TransactionEnd {
  protocol::ProducerId producer_id;
  protocol::ProducerEpoch producer_epoch;
  bool commit = false;
  // The leader epoch of the coordinator's partition: who was coordinator before is refused.
  std::int32_t coordinator_epoch = 0;
  // 2 and above: the epoch was raised for this end (KIP-890), so that it must be newer than what
  // the partition knows; a repeated one is taken if nothing is open (KIP-1228).
  std::int16_t transaction_version = 0;
};

// Ends transactions in partitions, with control batches. Used by the transaction coordinator and by
// WriteTxnMarkers; one loop.
class MarkerWriter {
 public:
  virtual ~MarkerWriter() = default;

  // Appends the marker to each partition, at once and in their order, and calls `done` in a later
  // turn, once, with an outcome for each: `none` if the marker is durable there, and the offsets
  // that the transaction committed in it, if it is one of __consumer_offsets, can be seen or are
  // forgotten. Writing a marker again does no harm.
  //
  // Errors, and nothing was appended: unknown_topic_or_partition, not_leader_or_follower (also a
  // group coordinator that is loading), invalid_producer_epoch, transaction_coordinator_fenced,
  // kafka_storage_error (a full disk, or a log that is offline). kafka_storage_error and
  // request_timed_out (the broker stops) leave open whether the marker is in the log.
  using OnWritten = base::UniqueFunction<void(std::vector<ErrorCode>)>;
  virtual void write(const TransactionEnd& end, std::vector<TopicPartition> partitions,
                     OnWritten done) = 0;
};

}  // namespace ottla::broker
