#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/types.h"
#include "protocol/wire/api.h"
#include "protocol/wire/visitor.h"

// The records of __transaction_state: one key for each transactional id, whose last value says how
// far it is; without a value it is forgotten. Both begin with two bytes, the key with its type, the
// value with its version. Strings are borrowed from the batch.
namespace ottla::protocol {

// As the log, ListTransactions and DescribeTransactions number and name them.
enum class TransactionState : std::int8_t {
  empty = 0,
  ongoing = 1,
  prepare_commit = 2,  // decided: from here on it will be committed
  prepare_abort = 3,
  complete_commit = 4,  // every partition has its marker
  complete_abort = 5,
  dead = 6,                 // being forgotten; never in the log
  prepare_epoch_fence = 7,  // being fenced; never in the log
};

inline constexpr TransactionState kTransactionStates[] = {
    TransactionState::empty,
    TransactionState::ongoing,
    TransactionState::prepare_commit,
    TransactionState::prepare_abort,
    TransactionState::complete_commit,
    TransactionState::complete_abort,
    TransactionState::dead,
    TransactionState::prepare_epoch_fence,
};

// As Kafka writes it: "PrepareCommit".
std::string_view name(TransactionState state);

struct TransactionLogKey {
  static constexpr Api api = {.key = ApiKey{-1}, .name = "TransactionLogKey", .max = 0};
  static constexpr Side side = Side::record;

  std::string_view transactional_id;

  bool operator==(const TransactionLogKey&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
  }
};

// v1 flexible, with the tagged fields (KIP-890): written from transaction.version 1 on.
struct TransactionLogValue {
  static constexpr Api api = {
      .key = ApiKey{-1}, .name = "TransactionLogValue", .flexible_since = 1, .max = 1};
  static constexpr Side side = Side::record;

  struct Topic {
    std::string_view topic;
    std::vector<std::int32_t> partition_ids;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitionIds", m.partition_ids);
    }
  };

  ProducerId producer_id;
  // The one before, while a client may still come back with it.
  ProducerId previous_producer_id = kNoProducerId;
  // The one to go on with once the transaction is complete, where the epochs are used up.
  ProducerId next_producer_id = kNoProducerId;
  ProducerEpoch producer_epoch;
  // Of a producer that prepares transactions for others (KIP-939).
  ProducerEpoch next_producer_epoch = kNoProducerEpoch;
  std::int32_t transaction_timeout_ms = 0;
  TransactionState transaction_status = TransactionState::empty;
  // Null of an empty one.
  std::optional<std::vector<Topic>> transaction_partitions;
  std::int64_t transaction_last_update_timestamp_ms = 0;
  std::int64_t transaction_start_timestamp_ms = 0;
  std::int16_t client_transaction_version = 0;

  bool operator==(const TransactionLogValue&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("producerId", m.producer_id);
    w("producerEpoch", m.producer_epoch);
    w("transactionTimeoutMs", m.transaction_timeout_ms);
    w("transactionStatus", m.transaction_status);
    w("transactionPartitions", m.transaction_partitions);
    w("transactionLastUpdateTimestampMs", m.transaction_last_update_timestamp_ms);
    w("transactionStartTimestampMs", m.transaction_start_timestamp_ms);
    w.tags(w.since(1).tag(0, "previousProducerId", m.previous_producer_id),
           w.since(1).tag(1, "nextProducerId", m.next_producer_id),
           w.since(1).tag(2, "clientTransactionVersion", m.client_transaction_version),
           w.since(1).tag(3, "nextProducerEpoch", m.next_producer_epoch));
  }
};

// Each takes all of its bytes. Errors: unsupported_version for a type or a version that is not
// known, naming it; corrupt_data for anything malformed. The state may be one that does not exist.
Result<TransactionLogKey> parse_transaction_log_key(BytesView key);
Result<TransactionLogValue> parse_transaction_log_value(BytesView value);

// Errors: unsupported_version, message_too_large.
Result<std::string> encode(const TransactionLogKey& key);
Result<std::string> encode(const TransactionLogValue& value, std::int16_t version);

}  // namespace ottla::protocol
