#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "broker/log/cleaner/aborted_transactions.h"
#include "broker/log/cleaner/key_offset_map.h"
#include "broker/log/log_types.h"
#include "broker/log/producer_state_manager.h"
#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// What compaction knows when it rewrites a log.
struct CleaningKnowledge {
  const KeyOffsetMap* newest = nullptr;          // of the keys below `known_until`
  Offset known_until{0};                         // batches from here on stay as they are
  const AbortedTransactions* aborted = nullptr;  // of the dirty part
  const ProducerStateManager* producers = nullptr;
  WallMillis now = 0;
  WallMillis delete_retention_ms = 0;
};

// Decides what is left of each batch of a log (kafka-facts 6.8). Shown all batches from the log's
// beginning on, in order. One thread.
class BatchFilter {
 public:
  explicit BatchFilter(const CleaningKnowledge& knowledge) : knowledge_(knowledge) {}

  // What takes the batch's place: all of it, a smaller one, or nothing. Valid until the next call.
  // With `keep_place` at least an empty batch is left. Errors: corrupt_message, invalid_record,
  // message_too_large (what it holds is beyond belief).
  Result<BytesView> filter(const protocol::RecordBatchView& batch, bool keep_place);

 private:
  bool may_be_discarded(const protocol::RecordBatchView& batch);
  bool is_last_of_producer(const protocol::RecordBatchView& batch) const;
  bool keeps(const protocol::RecordBatchView& batch, const protocol::RecordView& record) const;
  Result<void> read_kept(const protocol::RecordBatchView& batch);

  CleaningKnowledge knowledge_;
  // Producers with records of the transaction that their next marker ends.
  std::unordered_set<ProducerId> seen_in_transaction_;
  std::string inflated_;
  std::vector<protocol::RecordView> kept_;
  Bytes made_;
};

}  // namespace ottla::broker
