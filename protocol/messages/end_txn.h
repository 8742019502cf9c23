#pragma once

#include <cstdint>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// EndTxn (key 26): commits or aborts a transaction.
// v2 producer_fenced (KIP-588) · v3 flexible · v4 transaction_abortable (KIP-890)
// v5 answers with the id and the epoch to go on with (KIP-890, transactions v2)
namespace ottla::protocol {

struct EndTxnResponse {
  static constexpr Api api = *find_api(ApiKey::end_txn);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;

  bool operator==(const EndTxnResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w.since(5)("producerId", m.producer_id);
    w.since(5)("producerEpoch", m.producer_epoch);
  }
};

struct EndTxnRequest {
  static constexpr Api api = *find_api(ApiKey::end_txn);
  static constexpr Side side = Side::request;
  using Response = EndTxnResponse;

  std::string_view transactional_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  bool committed = false;

  bool operator==(const EndTxnRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
    w("producerId", m.producer_id);
    w("producerEpoch", m.producer_epoch);
    w("committed", m.committed);
  }
};

extern template struct Codec<EndTxnRequest>;
extern template struct Codec<EndTxnResponse>;

}  // namespace ottla::protocol
