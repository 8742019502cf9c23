#include "broker/log/producer_state_manager.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

constexpr std::int32_t kMaxSequence = std::numeric_limits<std::int32_t>::max();

bool follows(Sequence next, Sequence last) {
  if (last.value == kMaxSequence) return next.value == 0;
  return next.value == last.value + 1;
}

std::string who(const protocol::RecordBatchView& batch) {
  return "producer " + std::to_string(batch.producer_id().value) + " with epoch " +
         std::to_string(batch.producer_epoch().value);
}

Error out_of_order(const protocol::RecordBatchView& batch, const std::string& expected) {
  return Error(ErrorCode::out_of_order_sequence_number,
               who(batch) + " sent sequence " + std::to_string(batch.base_sequence().value) + "; " +
                   expected + " was expected");
}

// From this transaction version on every end has an epoch of its own.
constexpr std::int16_t kRaisesEpochSince = 2;

Result<void> check_epoch(const ProducerStateEntry& entry, const protocol::RecordBatchView& batch) {
  if (batch.producer_epoch() >= entry.producer_epoch) return {};
  return Error(ErrorCode::invalid_producer_epoch, who(batch) + " was replaced by one with epoch " +
                                                      std::to_string(entry.producer_epoch.value));
}

Result<void> check_belongs(const ProducerStateEntry& entry,
                           const protocol::RecordBatchView& batch) {
  if (batch.is_transactional() || entry.current_txn_first_offset == kNoOffset) return {};
  return Error(ErrorCode::invalid_txn_state,
               who(batch) +
                   " has a transaction open in this partition and sent a batch that is "
                   "not part of it");
}

}  // namespace

Sequence AppendedBatch::first_sequence() const {
  const std::int64_t first = std::int64_t{last_sequence.value} - offset_delta;
  return Sequence(static_cast<std::int32_t>(first >= 0 ? first : first + kMaxSequence + 1));
}

Sequence ProducerStateEntry::last_sequence() const {
  return batch_count == 0 ? kNoSequence : batches[batch_count - 1u].last_sequence;
}

Offset ProducerStateEntry::last_offset() const {
  return batch_count == 0 ? kNoOffset : batches[batch_count - 1u].last_offset;
}

void ProducerStateEntry::add(const AppendedBatch& batch) {
  if (batch_count == kWindow) {
    std::move(batches.begin() + 1, batches.end(), batches.begin());
    --batch_count;
  }
  batches[batch_count++] = batch;
}

std::optional<protocol::EndTransactionMarker> read_marker(const protocol::RecordBatchView& batch) {
  if (!batch.is_control() || batch.compression() != Compression::none) return {};
  protocol::RecordReader reader(batch, batch.records());
  protocol::RecordView record;
  if (!reader.next(record)) return {};
  auto marker = protocol::parse_end_transaction_marker(record);
  if (!marker) return {};
  return *marker;
}

const ProducerStateEntry* ProducerStateManager::find(ProducerId id) const {
  const auto found = producers_.find(id);
  return found == producers_.end() ? nullptr : &found->second;
}

std::optional<AppendedBatch> ProducerStateManager::find_duplicate(
    const protocol::RecordBatchView& batch) const {
  const auto* entry = find(batch.producer_id());
  if (entry == nullptr || entry->producer_epoch != batch.producer_epoch()) return {};
  for (std::size_t i = 0; i < entry->batch_count; ++i) {
    const auto& known = entry->batches[i];
    if (known.last_sequence == batch.last_sequence() &&
        known.first_sequence() == batch.base_sequence()) {
      return known;
    }
  }
  return {};
}

Result<void> ProducerStateManager::check(const protocol::RecordBatchView& batch) const {
  const auto* entry = find(batch.producer_id());
  if (entry == nullptr) return {};
  if (auto current = check_epoch(*entry, batch); !current) return current;
  const auto first = batch.base_sequence();
  if (batch.producer_epoch() > entry->producer_epoch) {
    const bool known = entry->producer_epoch != kNoProducerEpoch;
    if (known && first.value != 0) return out_of_order(batch, "0, the first of a new epoch,");
  } else if (!follows(first, entry->last_sequence())) {
    const auto last = entry->last_sequence();
    const auto next = last.value == kMaxSequence ? 0 : last.value + 1;
    return out_of_order(batch, std::to_string(next));
  }
  return check_belongs(*entry, batch);
}

Result<void> ProducerStateManager::check_end(ProducerId producer_id, ProducerEpoch producer_epoch,
                                             std::int32_t coordinator_epoch,
                                             std::int16_t transaction_version) const {
  const auto* entry = find(producer_id);
  if (entry == nullptr) return {};
  const bool open = entry->current_txn_first_offset != kNoOffset;
  const bool raised = transaction_version >= kRaisesEpochSince && open;
  const auto known = entry->producer_epoch;
  if (raised ? producer_epoch <= known : producer_epoch < known) {
    return Error(ErrorCode::invalid_producer_epoch,
                 "the end of a transaction of producer " + std::to_string(producer_id.value) +
                     " has epoch " + std::to_string(producer_epoch.value) +
                     "; the partition knows " + std::to_string(known.value));
  }
  if (coordinator_epoch < entry->coordinator_epoch) {
    return Error(ErrorCode::transaction_coordinator_fenced,
                 "the coordinator with epoch " + std::to_string(coordinator_epoch) +
                     " was replaced by one with epoch " + std::to_string(entry->coordinator_epoch));
  }
  return {};
}

Result<void> ProducerStateManager::check_coordinated(const protocol::RecordBatchView& batch) const {
  const auto* entry = find(batch.producer_id());
  if (entry == nullptr) return {};
  if (!batch.is_control()) {
    auto current = check_epoch(*entry, batch);
    return current ? check_belongs(*entry, batch) : current;
  }
  const auto marker = read_marker(batch);
  if (!marker) return {};
  return check_end(batch.producer_id(), batch.producer_epoch(), marker->coordinator_epoch, 0);
}

ProducerStateEntry& ProducerStateManager::entry_of(ProducerId id, ProducerEpoch epoch) {
  if (producers_.size() >= kMostProducers && find(id) == nullptr) forget_idlest();
  auto& entry = producers_[id];
  entry.producer_id = id;
  if (epoch > entry.producer_epoch) {
    entry.producer_epoch = epoch;
    entry.batch_count = 0;
  }
  return entry;
}

std::optional<AbortedTransaction> ProducerStateManager::update(
    const BatchHeader& batch, std::optional<protocol::EndTransactionMarker> marker,
    base::TimePoint now) {
  if (batch.producer_id.value < 0) return {};
  auto& entry = entry_of(batch.producer_id, batch.producer_epoch);
  entry.last_timestamp = batch.max_timestamp;
  entry.last_append = now;
  if (batch.control) {
    if (!marker) return {};
    entry.coordinator_epoch = std::max(entry.coordinator_epoch, marker->coordinator_epoch);
    const auto ended = end_transaction(entry, batch.last_offset);
    return marker->committed ? std::nullopt : ended;
  }
  const auto delta = static_cast<std::int32_t>(batch.last_offset - batch.base_offset);
  if (batch.base_sequence.value >= 0) {
    entry.add({protocol::sequence_after(batch.base_sequence, delta), batch.last_offset, delta,
               batch.max_timestamp});
  }
  if (batch.transactional && entry.current_txn_first_offset == kNoOffset) {
    entry.current_txn_first_offset = batch.base_offset;
    open_transactions_[batch.base_offset] = batch.producer_id;
  }
  return {};
}

// The last stable offset is the one that holds once the marker is below the high watermark.
std::optional<AbortedTransaction> ProducerStateManager::end_transaction(ProducerStateEntry& entry,
                                                                        Offset marker) {
  const auto first = std::exchange(entry.current_txn_first_offset, kNoOffset);
  if (first == kNoOffset) return {};
  open_transactions_.erase(first);
  ended_transactions_[first] = marker;
  const auto stable = open_transactions_.empty() ? marker + 1 : open_transactions_.begin()->first;
  return AbortedTransaction{entry.producer_id, first, marker, stable};
}

std::optional<Offset> ProducerStateManager::first_unstable_offset(Offset high_watermark) const {
  std::optional<Offset> first;
  if (!open_transactions_.empty()) first = open_transactions_.begin()->first;
  for (const auto& [began, marker] : ended_transactions_) {
    if (first && began >= *first) break;
    if (marker >= high_watermark) return began;
  }
  return first;
}

void ProducerStateManager::forget_ends_below(Offset high_watermark) {
  std::erase_if(ended_transactions_,
                [high_watermark](const auto& ended) { return ended.second < high_watermark; });
}

void ProducerStateManager::expire(base::TimePoint before) {
  std::erase_if(producers_, [before](const auto& item) {
    const auto& entry = item.second;
    return entry.current_txn_first_offset == kNoOffset && entry.last_append < before;
  });
}

// An eighth of them, so that not every new one costs a look at all.
void ProducerStateManager::forget_idlest() {
  std::vector<std::pair<base::TimePoint, ProducerId>> idle;
  for (const auto& [id, entry] : producers_) {
    if (entry.current_txn_first_offset == kNoOffset) idle.emplace_back(entry.last_append, id);
  }
  const auto count = std::min(idle.size(), kMostProducers / 8);
  const auto end = idle.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(idle.begin(), end, idle.end());
  std::for_each(idle.begin(), end, [this](const auto& item) { producers_.erase(item.second); });
}

void ProducerStateManager::clear() {
  producers_.clear();
  open_transactions_.clear();
  ended_transactions_.clear();
}

}  // namespace ottla::broker
