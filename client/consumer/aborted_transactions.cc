#include "client/consumer/aborted_transactions.h"

#include <algorithm>
#include <utility>

#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"

namespace ottla::client {
namespace {

bool is_abort_marker(const protocol::RecordBatchView& batch) {
  protocol::RecordReader reader(batch, batch.records());
  protocol::RecordView record;
  if (batch.compression() != Compression::none || !reader.next(record)) return false;
  const auto type = protocol::control_record_type(record);
  return type && *type == protocol::ControlRecordType::abort;
}

}  // namespace

AbortedTransactions::AbortedTransactions(std::vector<Transaction> transactions)
    : transactions_(std::move(transactions)) {
  const auto earlier = [](const Transaction& a, const Transaction& b) {
    return a.first_offset < b.first_offset;
  };
  std::sort(transactions_.begin(), transactions_.end(), earlier);
}

bool AbortedTransactions::skips(const protocol::RecordBatchView& batch) {
  for (; next_ < transactions_.size(); ++next_) {
    if (transactions_[next_].first_offset > batch.last_offset()) break;
    aborted_.insert(transactions_[next_].producer_id);
  }
  if (batch.is_control()) {
    if (is_abort_marker(batch)) aborted_.erase(batch.producer_id());
    return true;
  }
  return batch.is_transactional() && aborted_.contains(batch.producer_id());
}

}  // namespace ottla::client
