#include "broker/log/transaction_index.h"

#include <string>
#include <utility>

#include "base/endian.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

constexpr std::int16_t kTransactionIndexVersion = 0;

Error corrupt(std::size_t at, const std::string& why) {
  return {ErrorCode::corrupt_data, why + " at byte " + std::to_string(at)};
}

Offset offset_at(const char* entry, std::size_t at) {
  return Offset(base::load_be<std::int64_t>(entry + at));
}
Offset marker_of(const char* entry) {
  return offset_at(entry, 18);
}

AbortedTransaction decode(const char* entry) {
  return {ProducerId(base::load_be<std::int64_t>(entry + 2)), offset_at(entry, 10),
          marker_of(entry), offset_at(entry, 26)};
}

void encode(const AbortedTransaction& transaction, char* to) {
  base::store_be(to, kTransactionIndexVersion);
  base::store_be(to + 2, transaction.producer_id.value);
  base::store_be(to + 10, transaction.first_offset.value);
  base::store_be(to + 18, transaction.last_offset.value);
  base::store_be(to + 26, transaction.last_stable_offset.value);
}

}  // namespace

Result<std::vector<AbortedTransaction>> parse_transaction_index(BytesView bytes) {
  std::vector<AbortedTransaction> transactions;
  for (std::size_t at = 0; at < bytes.size(); at += AbortedTransaction::kSize) {
    if (bytes.size() - at < AbortedTransaction::kSize) {
      return corrupt(at, "an entry of the transaction index is cut short");
    }
    const char* from = bytes.data() + at;
    if (const auto version = base::load_be<std::int16_t>(from);
        version != kTransactionIndexVersion) {
      return corrupt(at, "an entry of the transaction index has version " +
                             std::to_string(version) + ", not 0,");
    }
    const auto read = decode(from);
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
    encode(each, to);
    to += AbortedTransaction::kSize;
  }
  return bytes;
}

TransactionIndex::TransactionIndex(std::shared_ptr<base::Directory> directory, Offset base_offset,
                                   std::size_t entries, std::string_view name_suffix)
    : file_(std::move(directory),
            segment_file_name(base_offset, kTxnIndexSuffix).append(name_suffix),
            AbortedTransaction::kSize, entries) {}

Result<void> TransactionIndex::append(const AbortedTransaction& transaction) {
  char bytes[AbortedTransaction::kSize];
  encode(transaction, bytes);
  return file_.append({bytes, sizeof bytes});
}

// Whoever is still open when a marker is written bounds the last stable offset that goes with it:
// once that is not below `bound`, nobody who ends later can have written below it.
Result<bool> TransactionIndex::find(Offset from, Offset bound, ReadMode mode,
                                    std::vector<AbortedTransaction>& into) {
  if (file_.empty()) return true;
  auto first = file_.partition_point([from](const char* e) { return marker_of(e) < from; }, mode);
  if (!first) return first.error();
  return file_.scan(
      *first,
      [&](const char* entry) {
        const auto transaction = decode(entry);
        if (transaction.first_offset < bound) into.push_back(transaction);
        return transaction.last_stable_offset < bound;
      },
      mode);
}

Result<std::vector<AbortedTransaction>> TransactionIndex::all() {
  std::vector<AbortedTransaction> found;
  auto done = file_.scan(
      0,
      [&](const char* entry) {
        found.push_back(decode(entry));
        return true;
      },
      ReadMode::may_sleep);
  if (!done) return done.error();
  return found;
}

Result<void> TransactionIndex::truncate_to_offset(Offset offset) {
  if (file_.empty()) return {};
  auto kept = file_.partition_point([offset](const char* e) { return marker_of(e) < offset; },
                                    ReadMode::may_sleep);
  if (!kept) return kept.error();
  return file_.truncate(*kept);
}

}  // namespace ottla::broker
