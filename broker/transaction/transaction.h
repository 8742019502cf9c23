#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"
#include "ottla/error_code.h"
#include "ottla/types.h"
#include "protocol/transaction/transaction_records.h"
#include "protocol/types.h"

namespace ottla::broker {

using base::WallMillis;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::TransactionState;

// How transactions are spoken (KIP-890): from `v2` on every end raises the producer's epoch, and
// partitions come in by being written to. Of a client, and as the cluster has finalized it in the
// feature transaction.version.
enum class TransactionVersion : std::int16_t { v0 = 0, v1 = 1, v2 = 2 };

constexpr bool raises_epoch(TransactionVersion version) {
  return version >= TransactionVersion::v2;
}

// A producer id has no epoch left for a new incarnation from here on: the last one is for fencing.
inline constexpr ProducerEpoch kLastEpochOfClients{std::numeric_limits<std::int16_t>::max() - 1};

// Where a transactional id is, as its record in __transaction_state says. A value.
struct TransactionMetadata {
  ProducerId producer_id = protocol::kNoProducerId;
  ProducerId previous_producer_id = protocol::kNoProducerId;
  ProducerId next_producer_id = protocol::kNoProducerId;
  ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;
  // What a client may come back with that has not heard of the current one. Not in the record.
  ProducerEpoch last_producer_epoch = protocol::kNoProducerEpoch;
  // Whether the coordinator aborted it, and not its producer. Not in the record.
  bool fenced = false;
  std::int32_t timeout_ms = 0;
  TransactionState state = TransactionState::empty;
  std::set<TopicPartition> partitions;
  WallMillis started = -1;
  WallMillis updated = -1;
  TransactionVersion client_version = TransactionVersion::v0;

  bool operator==(const TransactionMetadata&) const = default;
};

// Who speaks, by a request.
struct ProducerIdentity {
  ProducerId id = protocol::kNoProducerId;
  ProducerEpoch epoch = protocol::kNoProducerEpoch;

  bool operator==(const ProducerIdentity&) const = default;
};

// What a request comes to. Either it is answered with `error` at once (`none`: there is nothing to
// do), or `next` is to be written first, and `error` is the answer once it is durable. Or neither
// can be said without a producer id nobody has had yet: then the same is asked again with one.
struct TransactionStep {
  ErrorCode error = ErrorCode::none;
  std::optional<TransactionMetadata> next;
  bool needs_producer_id = false;
};

// What decisions depend on beside the transaction.
struct TransactionContext {
  WallMillis wall = 0;
  TransactionVersion cluster = TransactionVersion::v0;  // as finalized
  std::optional<ProducerId> fresh;                      // a producer id nobody has had yet
};

// One transactional id, as a state machine on numbers (KIP-98, KIP-360, KIP-890): decides, and
// knows neither log nor timers. Who has one writes what a step says, tells of it with `begin`, and
// of what became of it with `finish` or `give_up`. What it says of itself is durable. Belongs to
// the TransactionCoordinator, on its loop.
class Transaction {
 public:
  // One that has no record yet: its first incarnation is to come.
  Transaction(ProducerId id, std::int32_t timeout_ms);
  explicit Transaction(TransactionMetadata loaded) : now_(std::move(loaded)) {}

  const TransactionMetadata& now() const { return now_; }
  bool writing() const { return next_.has_value(); }
  // Decided, and not every partition has its marker.
  bool ending() const;
  std::size_t memory() const;

  // --- Decisions

  // A new incarnation of the producer. With `expected` it goes on as that one (KIP-360), or is
  // refused with producer_fenced. An open transaction is aborted first: concurrent_transactions,
  // as while one is ending.
  TransactionStep init(std::int32_t timeout_ms, const std::optional<ProducerIdentity>& expected,
                       const TransactionContext& context) const;

  // Errors: concurrent_transactions, invalid_producer_id_mapping, producer_fenced.
  TransactionStep add(const ProducerIdentity& who, const std::set<TopicPartition>& partitions,
                      TransactionVersion client, const TransactionContext& context) const;

  // Whether the partition is in the transaction: none, transaction_abortable if it is not, else as
  // `add`.
  ErrorCode check(const ProducerIdentity& who, const TopicPartition& partition) const;

  // Errors as `add`; invalid_txn_state if there is nothing to end, or it ended the other way. An
  // end that is repeated because its answer was lost is answered again.
  TransactionStep end(const ProducerIdentity& who, bool commit, TransactionVersion client,
                      const TransactionContext& context) const;

  // The abort of an open transaction that nobody ends: whoever wrote it is fenced.
  TransactionStep abort(const TransactionContext& context) const;

  // The record that says that every partition has its marker. While `ending`.
  TransactionMetadata completed(WallMillis wall) const;

  // Who the client is from now on, once `next` is durable: the answer to EndTxn.
  static ProducerIdentity identity_after(const TransactionMetadata& next);

  // --- Writing

  void begin(TransactionMetadata next) { next_ = std::move(next); }
  void finish();
  void give_up() { next_.reset(); }
  // A tombstone is being written: nothing else happens until it is.
  void begin_to_die() { next_ = now_; }

 private:
  TransactionStep end_v1(const ProducerIdentity& who, bool commit,
                         const TransactionContext& context) const;
  TransactionStep end_v2(const ProducerIdentity& who, bool commit,
                         const TransactionContext& context) const;
  TransactionStep prepare(TransactionState state, TransactionVersion client,
                          const TransactionContext& context) const;
  TransactionMetadata successor(TransactionState state, WallMillis wall) const;
  bool exhausted() const { return now_.producer_epoch >= kLastEpochOfClients; }
  bool is_open() const { return now_.state == TransactionState::ongoing; }

  TransactionMetadata now_;
  std::optional<TransactionMetadata> next_;  // on its way to the log
};

}  // namespace ottla::broker
