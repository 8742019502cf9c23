#include "broker/log/transaction_index.h"

#include <string>

#include "base/endian.h"

namespace ottla::broker {
namespace {

constexpr std::int16_t kVersion = 0;

Error corrupt(std::size_t at, const std::string& why) {
  return {ErrorCode::corrupt_data, why + " at byte " + std::to_string(at)};
}

}  // namespace

Result<std::vector<AbortedTransaction>> parse_transaction_index(BytesView bytes) {
  std::vector<AbortedTransaction> transactions;
  for (std::size_t at = 0; at < bytes.size(); at += AbortedTransaction::kSize) {
    if (bytes.size() - at < AbortedTransaction::kSize) {
      return corrupt(at, "an entry of the transaction index is cut short");
    }
    const char* from = bytes.data() + at;
    if (const auto version = base::load_be<std::int16_t>(from); version != kVersion) {
      return corrupt(at, "an entry of the transaction index has version " +
                             std::to_string(version) + ", not 0,");
    }
    AbortedTransaction read;
    read.producer_id = ProducerId(base::load_be<std::int64_t>(from + 2));
    read.first_offset = Offset(base::load_be<std::int64_t>(from + 10));
    read.last_offset = Offset(base::load_be<std::int64_t>(from + 18));
    read.last_stable_offset = Offset(base::load_be<std::int64_t>(from + 26));
    const bool follows = transactions.empty() || read.last_offset > transactions.back().last_offset;
    if (read.first_offset.value < 0 || read.last_offset <= read.first_offset || !follows) {
      return corrupt(at, "an entry of the transaction index has impossible offsets");
    }
    transactions.push_back(read);
  }
  return transactions;
}

Bytes transaction_index_bytes(const std::vector<AbortedTransaction>& transactions) {
  Bytes bytes(transactions.size() * AbortedTransaction::kSize, '\0');
  char* to = bytes.data();
  for (const auto& each : transactions) {
    base::store_be(to, kVersion);
    base::store_be(to + 2, each.producer_id.value);
    base::store_be(to + 10, each.first_offset.value);
    base::store_be(to + 18, each.last_offset.value);
    base::store_be(to + 26, each.last_stable_offset.value);
    to += AbortedTransaction::kSize;
  }
  return bytes;
}

}  // namespace ottla::broker
