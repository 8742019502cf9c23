#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// AddPartitionsToTxn (key 24): the partitions that a transaction is about to write to.
// v2 producer_fenced (KIP-588) · v3 flexible · v4 many transactions at once, and questions that
// change nothing: the form brokers use (KIP-890) · v5 transaction_abortable (KIP-890)
namespace ottla::protocol {

struct AddPartitionsToTxnResponse {
  static constexpr Api api = *find_api(ApiKey::add_partitions_to_txn);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode partition_error_code = ErrorCode::none;

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("partitionErrorCode", m.partition_error_code);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> results_by_partition;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("resultsByPartition", m.results_by_partition);
    }
  };
  struct Transaction {
    std::string_view transactional_id;
    std::vector<Topic> topic_results;

    bool operator==(const Transaction&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("transactionalId", m.transactional_id);
      w("topicResults", m.topic_results);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Transaction> results_by_transaction;
  std::vector<Topic> results_by_topic_v3_and_below;

  bool operator==(const AddPartitionsToTxnResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w.since(4)("errorCode", m.error_code);
    w.require_since(4)("resultsByTransaction", m.results_by_transaction);
    w.require_between(0, 3)("resultsByTopicV3AndBelow", m.results_by_topic_v3_and_below);
  }
};

struct AddPartitionsToTxnRequest {
  static constexpr Api api = *find_api(ApiKey::add_partitions_to_txn);
  static constexpr Side side = Side::request;
  using Response = AddPartitionsToTxnResponse;

  struct Topic {
    std::string_view name;
    std::vector<std::int32_t> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };
  struct Transaction {
    std::string_view transactional_id;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    // Only ask whether the partitions are in the transaction.
    bool verify_only = false;
    std::vector<Topic> topics;

    bool operator==(const Transaction&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("transactionalId", m.transactional_id);
      w("producerId", m.producer_id);
      w("producerEpoch", m.producer_epoch);
      w("verifyOnly", m.verify_only);
      w("topics", m.topics);
    }
  };

  std::vector<Transaction> transactions;
  // The one transaction of versions 0 to 3.
  std::string_view v3_and_below_transactional_id;
  ProducerId v3_and_below_producer_id;
  ProducerEpoch v3_and_below_producer_epoch;
  std::vector<Topic> v3_and_below_topics;

  bool operator==(const AddPartitionsToTxnRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w.require_since(4)("transactions", m.transactions);
    w.require_between(0, 3)("v3AndBelowTransactionalId", m.v3_and_below_transactional_id);
    w.require_between(0, 3)("v3AndBelowProducerId", m.v3_and_below_producer_id);
    w.require_between(0, 3)("v3AndBelowProducerEpoch", m.v3_and_below_producer_epoch);
    w.require_between(0, 3)("v3AndBelowTopics", m.v3_and_below_topics);
  }
};

extern template struct Codec<AddPartitionsToTxnRequest>;
extern template struct Codec<AddPartitionsToTxnResponse>;

}  // namespace ottla::protocol
