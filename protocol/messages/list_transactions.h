#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// ListTransactions (key 66): the transactional ids that a broker coordinates (KIP-664).
// v1 by their age (KIP-994) · v2 by a pattern (KIP-1152)
namespace ottla::protocol {

struct ListTransactionsResponse {
  static constexpr Api api = *find_api(ApiKey::list_transactions);
  static constexpr Side side = Side::response;

  struct Transaction {
    std::string_view transactional_id;
    ProducerId producer_id;
    std::string_view transaction_state;

    bool operator==(const Transaction&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("transactionalId", m.transactional_id);
      w("producerId", m.producer_id);
      w("transactionState", m.transaction_state);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string_view> unknown_state_filters;
  std::vector<Transaction> transaction_states;

  bool operator==(const ListTransactionsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("unknownStateFilters", m.unknown_state_filters);
    w("transactionStates", m.transaction_states);
  }
};

struct ListTransactionsRequest {
  static constexpr Api api = *find_api(ApiKey::list_transactions);
  static constexpr Side side = Side::request;
  using Response = ListTransactionsResponse;

  // Each filter is kept to; empty, -1 and null keep everything.
  std::vector<std::string_view> state_filters;
  std::vector<ProducerId> producer_id_filters;
  // Only transactions that have been open for longer than this many milliseconds.
  std::int64_t duration_filter = -1;
  // A regular expression of RE2 that the whole id matches.
  std::optional<std::string_view> transactional_id_pattern;

  bool operator==(const ListTransactionsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("stateFilters", m.state_filters);
    w("producerIdFilters", m.producer_id_filters);
    w.require_since(1)("durationFilter", m.duration_filter);
    w.require_since(2)("transactionalIdPattern", m.transactional_id_pattern);
  }
};

extern template struct Codec<ListTransactionsRequest>;
extern template struct Codec<ListTransactionsResponse>;

}  // namespace ottla::protocol
