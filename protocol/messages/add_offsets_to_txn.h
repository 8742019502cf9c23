#pragma once

#include <cstdint>
#include <string_view>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// AddOffsetsToTxn (key 25): a group whose offsets a transaction is about to commit.
// v2 producer_fenced (KIP-588) · v3 flexible · v4 transaction_abortable (KIP-890)
namespace ottla::protocol {

struct AddOffsetsToTxnResponse {
  static constexpr Api api = *find_api(ApiKey::add_offsets_to_txn);
  static constexpr Side side = Side::response;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;

  bool operator==(const AddOffsetsToTxnResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
  }
};

struct AddOffsetsToTxnRequest {
  static constexpr Api api = *find_api(ApiKey::add_offsets_to_txn);
  static constexpr Side side = Side::request;
  using Response = AddOffsetsToTxnResponse;

  std::string_view transactional_id;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
  std::string_view group_id;

  bool operator==(const AddOffsetsToTxnRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("transactionalId", m.transactional_id);
    w("producerId", m.producer_id);
    w("producerEpoch", m.producer_epoch);
    w("groupId", m.group_id);
  }
};

extern template struct Codec<AddOffsetsToTxnRequest>;
extern template struct Codec<AddOffsetsToTxnResponse>;

}  // namespace ottla::protocol
