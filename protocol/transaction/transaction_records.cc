#include "protocol/transaction/transaction_records.h"

#include "protocol/wire/versioned.h"

namespace ottla::protocol {

template struct Codec<TransactionLogKey>;
template struct Codec<TransactionLogValue>;

std::string_view name(TransactionState state) {
  switch (state) {
    case TransactionState::empty:
      return "Empty";
    case TransactionState::ongoing:
      return "Ongoing";
    case TransactionState::prepare_commit:
      return "PrepareCommit";
    case TransactionState::prepare_abort:
      return "PrepareAbort";
    case TransactionState::complete_commit:
      return "CompleteCommit";
    case TransactionState::complete_abort:
      return "CompleteAbort";
    case TransactionState::dead:
      return "Dead";
    case TransactionState::prepare_epoch_fence:
      return "PrepareEpochFence";
  }
  return "Unknown";
}

Result<TransactionLogKey> parse_transaction_log_key(BytesView key) {
  const auto split = split_prefix(key, "key of __transaction_state");
  if (!split) return split.error();
  if (split->prefix != 0) {
    return Error(ErrorCode::unsupported_version,
                 "key of __transaction_state: type " + std::to_string(split->prefix));
  }
  return Codec<TransactionLogKey>::decode(split->body, 0);
}

Result<TransactionLogValue> parse_transaction_log_value(BytesView value) {
  const auto split = split_prefix(value, TransactionLogValue::api.name);
  if (!split) return split.error();
  return Codec<TransactionLogValue>::decode(split->body, split->prefix);
}

Result<std::string> encode(const TransactionLogKey& key) {
  return encode_prefixed(key, 0, 0);
}

Result<std::string> encode(const TransactionLogValue& value, std::int16_t version) {
  return encode_prefixed(value, version, version);
}

}  // namespace ottla::protocol
