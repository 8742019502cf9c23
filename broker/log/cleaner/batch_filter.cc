#include "broker/log/cleaner/batch_filter.h"

#include <algorithm>
#include <utility>

#include "broker/log/cleaner/rewritten_batch.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {

// Of records: those of an aborted transaction. Of a marker: that nothing is left of the transaction
// it ended.
bool BatchFilter::may_be_discarded(const protocol::RecordBatchView& batch) {
  if (batch.is_control()) {
    if (!read_marker(batch)) return false;
    return seen_in_transaction_.erase(batch.producer_id()) == 0;
  }
  if (!batch.is_transactional()) return false;
  seen_in_transaction_.insert(batch.producer_id());
  return knowledge_.aborted->contains(batch.producer_id(), batch.base_offset());
}

// The batch that a producer's next sequence, or its epoch, is known by.
bool BatchFilter::is_last_of_producer(const protocol::RecordBatchView& batch) const {
  if (!batch.has_producer_id()) return false;
  const auto* producer = knowledge_.producers->find(batch.producer_id());
  if (producer == nullptr) return false;
  if (producer->last_offset() != kNoOffset) return producer->last_offset() == batch.last_offset();
  return batch.is_control() && batch.producer_epoch() == producer->producer_epoch;
}

bool BatchFilter::keeps(const protocol::RecordBatchView& batch,
                        const protocol::RecordView& record) const {
  if (batch.is_control()) return true;
  if (!record.key) return false;
  const auto newest = knowledge_.newest->find(*record.key);
  if (newest && record.offset < *newest) return false;
  if (record.value) return true;
  return !batch.has_delete_horizon() || knowledge_.now < batch.base_timestamp();
}

Result<void> BatchFilter::read_kept(const protocol::RecordBatchView& batch) {
  auto records = protocol::uncompressed_records(batch, kMaxInflatedBatch, inflated_);
  if (!records) return records.error();
  protocol::RecordReader reader(batch, *records);
  for (protocol::RecordView record; reader.next(record);) {
    if (keeps(batch, record)) kept_.push_back(record);
  }
  return reader.status();
}

Result<BytesView> BatchFilter::filter(const protocol::RecordBatchView& batch, bool keep_place) {
  const bool discard = may_be_discarded(batch);
  if (batch.last_offset() >= knowledge_.known_until) return batch.bytes();
  const bool horizon_passed =
      batch.has_delete_horizon() && batch.base_timestamp() <= knowledge_.now;
  kept_.clear();
  if (!discard || (batch.is_control() && !horizon_passed)) {
    if (auto read = read_kept(batch); !read) return read.error();
  }
  if (kept_.empty()) {
    if (!keep_place && !is_last_of_producer(batch)) return BytesView();
    if (batch.record_count() == 0) return batch.bytes();
    made_ = emptied_batch(batch);
    return BytesView(made_);
  }
  const bool tombstones =
      !batch.is_control() &&
      std::any_of(kept_.begin(), kept_.end(), [](const auto& record) { return !record.value; });
  const bool wants_horizon = !batch.has_delete_horizon() && (tombstones || discard);
  if (!wants_horizon && kept_.size() == static_cast<std::size_t>(batch.record_count())) {
    return batch.bytes();
  }
  std::optional<WallMillis> horizon;
  if (wants_horizon) horizon = knowledge_.now + knowledge_.delete_retention_ms;
  auto made = rewritten_batch(batch, kept_, horizon);
  if (!made) return made.error();
  made_ = std::move(*made);
  return BytesView(made_);
}

}  // namespace ottla::broker
