#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/types.h"

// What an Admin sees and does of transactions (KIP-664). See admin.h.
namespace ottla {

// Where a transactional id stands, as its coordinator keeps it.
enum class TransactionState : std::uint8_t {
  unknown,  // of a newer broker
  empty,    // no transaction since its producer came
  ongoing,
  prepare_commit,
  prepare_abort,
  complete_commit,
  complete_abort,
  dead,
  prepare_epoch_fence,
};

// As Kafka writes it: "PrepareCommit".
std::string_view to_string(TransactionState state);

struct TransactionListing {
  std::string transactional_id{};
  std::int64_t producer_id = -1;
  TransactionState state = TransactionState::unknown;

  bool operator==(const TransactionListing&) const = default;
};

// One entry for each broker, by its id: the transactional ids that it coordinates, by name.
using ListedTransactions = std::map<std::int32_t, Result<std::vector<TransactionListing>>>;

// What is listed; filters that are set must all be passed.
struct ListTransactionsOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  std::vector<TransactionState> states{};              // empty: in any state
  std::vector<std::int64_t> producer_ids{};            // empty: of any producer
  // Only those that have been open for longer. Needs Kafka 3.8 or newer (KIP-994).
  std::optional<std::chrono::milliseconds> running_longer_than{};
  // A regular expression of RE2 that the whole id matches; empty: any. Kafka 4.1 (KIP-1152).
  std::string transactional_id_pattern{};
};

struct TransactionDescription {
  std::int32_t coordinator = -1;  // the broker's id
  TransactionState state = TransactionState::unknown;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::chrono::milliseconds timeout{};
  std::optional<Timestamp> started{};  // none: no transaction is open
  // Those that it writes to and that have no marker yet, sorted.
  std::vector<TopicPartition> partitions{};

  bool operator==(const TransactionDescription&) const = default;
};
using TransactionDescriptions = std::map<std::string, Result<TransactionDescription>>;

// What the leader of a partition knows of one that writes to it.
struct ProducerState {
  std::int64_t producer_id = -1;
  std::int32_t producer_epoch = -1;
  std::int32_t last_sequence = -1;
  Timestamp last_timestamp{};
  // Of the coordinator that wrote the last marker; none: there was no marker.
  std::optional<std::int32_t> coordinator_epoch{};
  // None: it has no transaction open in this partition.
  std::optional<std::int64_t> current_transaction_start_offset{};

  bool operator==(const ProducerState&) const = default;
};
using DescribedProducers = std::map<TopicPartition, Result<std::vector<ProducerState>>>;

struct DescribeProducersOptions {
  std::optional<std::chrono::milliseconds> timeout{};  // unset: default_api_timeout
  // Asks this one instead of the leaders, which must then have all the partitions.
  std::optional<std::int32_t> broker{};
};

// One transaction in one partition, as describe_producers tells of it.
struct AbortTransactionSpec {
  TopicPartition partition{};
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  // That of the last marker; 0 if there was none. A lower one is refused, and after a higher one
  // the coordinator can end no later transaction of this producer there.
  std::int32_t coordinator_epoch = 0;
};

// What a transactional id has after its producer was fenced.
struct FencedProducer {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  bool operator==(const FencedProducer&) const = default;
};
using FencedProducers = std::map<std::string, Result<FencedProducer>>;

}  // namespace ottla
