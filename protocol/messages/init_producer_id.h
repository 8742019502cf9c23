#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// InitProducerId (key 22): a producer id and epoch, for idempotence and transactions.
// v2 flexible · v3 the current id and epoch, to bump it (KIP-360) · v4 producer_fenced (KIP-588)
// v5 transaction_abortable (KIP-890)
namespace ottla::protocol {

struct InitProducerIdResponse {
  static constexpr Api api = *find_api(ApiKey::init_producer_id);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;

  bool operator==(const InitProducerIdResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("producerId", m.producer_id);
    w("producerEpoch", m.producer_epoch);
  }
};

struct InitProducerIdRequest {
  static constexpr Api api = *find_api(ApiKey::init_producer_id);
  static constexpr Side side = Side::request;
  using Response = InitProducerIdResponse;

  // Null for a producer that is idempotent only; the timeout is then not looked at.
  std::optional<std::string_view> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;

  bool operator==(const InitProducerIdRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
    w("transactionTimeoutMs", m.transaction_timeout_ms);
    w.require_since(3)("producerId", m.producer_id);
    w.require_since(3)("producerEpoch", m.producer_epoch);
  }
};

extern template struct Codec<InitProducerIdRequest>;
extern template struct Codec<InitProducerIdResponse>;

}  // namespace ottla::protocol
