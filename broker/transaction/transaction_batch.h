#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/logger.h"
#include "broker/transaction/transaction.h"
#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"
#include "protocol/record/record_batch_builder.h"

namespace ottla::broker {

// A batch of records of __transaction_state, never compressed, as Kafka has it.
class TransactionBatch {
 public:
  explicit TransactionBatch(WallMillis now)
      : now_(now), builder_(protocol::RecordBatchBuilder::growing()) {}

  // The form is that of the cluster's version. Error: message_too_large, for an id that no record
  // can hold.
  Result<void> put(std::string_view transactional_id, const TransactionMetadata& metadata,
                   TransactionVersion cluster);
  // A tombstone.
  void forget(std::string_view transactional_id);

  bool empty() const { return builder_.empty(); }
  std::size_t size_in_bytes() const { return builder_.size_in_bytes(); }
  // The sealed batch; of no further use afterwards. Not empty.
  std::string take() { return std::string(builder_.close_sealed()); }

 private:
  const WallMillis now_;
  protocol::RecordBatchBuilder builder_;
};

using LoadedTransactions = std::map<std::string, TransactionMetadata, std::less<>>;

// Reads a partition of __transaction_state, batch by batch from its start, into what it says at its
// end. What is corrupt or not known is passed over and logged: nothing that stands in the log keeps
// the transactions beside it from being loaded. One thread.
class TransactionReplay {
 public:
  // `where` is for log lines.
  TransactionReplay(std::string where, base::Logger logger)
      : where_(std::move(where)), logger_(std::move(logger)) {}

  void on_batch(const protocol::RecordBatchView& batch);

  // Also logs how much was passed over.
  LoadedTransactions take();

 private:
  Result<void> on_record(const protocol::RecordView& record);
  void skip(protocol::Offset offset, const Error& why);

  const std::string where_;
  const base::Logger logger_;
  LoadedTransactions transactions_;
  std::size_t skipped_ = 0;
};

}  // namespace ottla::broker
