#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/log/batch_scan.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// One batch that a producer appended.
struct AppendedBatch {
  Sequence last_sequence;
  Offset last_offset;
  std::int32_t offset_delta = 0;
  WallMillis timestamp = kNoTimestamp;

  Offset first_offset() const { return last_offset - offset_delta; }
  Sequence first_sequence() const;
  bool operator==(const AppendedBatch&) const = default;
};

// What is known of one idempotent producer in one partition.
struct ProducerStateEntry {
  ProducerId producer_id;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  std::int32_t coordinator_epoch = -1;
  WallMillis last_timestamp = kNoTimestamp;
  base::TimePoint last_append{};                // or when this process learnt of the producer
  Offset current_txn_first_offset = kNoOffset;  // -1: no transaction is open

  // The last batches, oldest first; at most five.
  static constexpr std::size_t kWindow = 5;
  std::array<AppendedBatch, kWindow> batches;
  std::uint8_t batch_count = 0;

  Sequence last_sequence() const;
  Offset last_offset() const;
  void add(const AppendedBatch& batch);
  bool operator==(const ProducerStateEntry&) const = default;
};

// The end of a transaction that a control batch says; none if it is another control batch, or
// cannot be read.
std::optional<protocol::EndTransactionMarker> read_marker(const protocol::RecordBatchView& batch);

// Finds duplicates, gaps and fenced producers among the batches of one partition (kafka-facts
// 5.2), and knows which transactions are open. A value; what it holds can be rebuilt from the log,
// and is kept in `.snapshot` files. Those that Apache Kafka made hold the last batch of each
// producer only: what was sent before it is then not known again.
class ProducerStateManager {
 public:
  // Bounds memory, and a snapshot to 60 MB.
  static constexpr std::size_t kMostProducers = 256 << 10;

  // The batch was appended before: then these are its offsets.
  std::optional<AppendedBatch> find_duplicate(const protocol::RecordBatchView& batch) const;

  // Whether a client's batch, no duplicate, may be appended. Errors: invalid_producer_epoch,
  // out_of_order_sequence_number, invalid_txn_state.
  Result<void> check(const protocol::RecordBatchView& batch) const;

  // Whether the end of a producer's transaction may be appended (KIP-1228 for transaction version 2
  // and above: the epoch was raised for it, but for one that is written again when nothing is
  // open). Errors: invalid_producer_epoch, transaction_coordinator_fenced.
  Result<void> check_end(ProducerId producer_id, ProducerEpoch producer_epoch,
                         std::int32_t coordinator_epoch, std::int16_t transaction_version) const;

  // Whether a batch of this broker's coordinators, with a producer id, may be appended: those have
  // no sequences. Errors as above, and invalid_txn_state.
  Result<void> check_coordinated(const protocol::RecordBatchView& batch) const;

  // Notes a batch that is in the log and was appended at `now`; `marker` is what a control batch of
  // a transaction says, and ends it. Batches without a producer id are ignored. If there are more
  // than kMostProducers, those are forgotten that have been idle for longest. Answers the
  // transaction that was aborted by it, if records of it were known.
  std::optional<AbortedTransaction> update(
      const BatchHeader& batch, std::optional<protocol::EndTransactionMarker> marker = {},
      base::TimePoint now = {});

  // The first offset of the earliest transaction that is open, or whose end is not below
  // `high_watermark`: a power cut may take it back.
  std::optional<Offset> first_unstable_offset(Offset high_watermark) const;

  // Ends of transactions below it are for good.
  void forget_ends_below(Offset high_watermark);

  // Forgets producers without an open transaction that appended nothing since `before`, whatever
  // their records' timestamps. A step of the wall clock must not do it: one that sends a batch
  // again would not be known.
  void expire(base::TimePoint before);

  void clear();
  std::size_t size() const { return producers_.size(); }
  const ProducerStateEntry* find(ProducerId id) const;
  const std::unordered_map<ProducerId, ProducerStateEntry>& entries() const { return producers_; }

  // The bytes of a `.snapshot` file, and back. Error: corrupt_data.
  Bytes to_snapshot() const;
  // All count as having appended at `now`.
  static Result<ProducerStateManager> from_snapshot(BytesView bytes, base::TimePoint now = {});

 private:
  ProducerStateEntry& entry_of(ProducerId id, ProducerEpoch epoch);
  std::optional<AbortedTransaction> end_transaction(ProducerStateEntry& entry, Offset marker);
  void take_over(ProducerStateEntry entry);
  void forget_idlest();

  std::unordered_map<ProducerId, ProducerStateEntry> producers_;
  std::map<Offset, ProducerId> open_transactions_;  // by first offset
  std::map<Offset, Offset> ended_transactions_;     // by first offset: the marker's
};

}  // namespace ottla::broker
