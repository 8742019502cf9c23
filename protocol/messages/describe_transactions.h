#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeTransactions (key 65): the state of transactional ids, from their coordinator (KIP-664).
namespace ottla::protocol {

struct DescribeTransactionsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_transactions);
  static constexpr Side side = Side::response;

  struct Topic {
    std::string_view topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };
  struct Transaction {
    ErrorCode error_code = ErrorCode::none;
    std::string_view transactional_id;
    std::string_view transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    // -1: no transaction is open.
    std::int64_t transaction_start_time_ms = 0;
    ProducerId producer_id;
    ProducerEpoch producer_epoch;
    std::vector<Topic> topics;

    bool operator==(const Transaction&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("transactionalId", m.transactional_id);
      w("transactionState", m.transaction_state);
      w("transactionTimeoutMs", m.transaction_timeout_ms);
      w("transactionStartTimeMs", m.transaction_start_time_ms);
      w("producerId", m.producer_id);
      w("producerEpoch", m.producer_epoch);
      w("topics", m.topics);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Transaction> transaction_states;

  bool operator==(const DescribeTransactionsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("transactionStates", m.transaction_states);
  }
};

struct DescribeTransactionsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_transactions);
  static constexpr Side side = Side::request;
  using Response = DescribeTransactionsResponse;

  std::vector<std::string_view> transactional_ids;

  bool operator==(const DescribeTransactionsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalIds", m.transactional_ids);
  }
};

extern template struct Codec<DescribeTransactionsRequest>;
extern template struct Codec<DescribeTransactionsResponse>;

}  // namespace ottla::protocol
