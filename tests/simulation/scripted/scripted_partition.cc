#include "tests/simulation/scripted/scripted_partition.h"

#include <algorithm>

#include "protocol/record/control_record.h"

namespace ottla::simulation {
namespace {

constexpr std::size_t kRememberedBatches = 5;

ErrorCode check_batch(BytesView records, protocol::RecordBatchView& batch) {
  auto parsed = protocol::RecordBatchView::parse(records);
  if (!parsed) return parsed.error().code();
  if (parsed->size_in_bytes() != records.size()) return ErrorCode::invalid_record;
  if (!parsed->verify_crc()) return ErrorCode::corrupt_message;
  if (parsed->record_count() < 1) return ErrorCode::invalid_record;
  if (parsed->last_offset_delta() + 1 != parsed->record_count()) return ErrorCode::invalid_record;
  batch = *parsed;
  return ErrorCode::none;
}

}  // namespace

ScriptedPartition::Appended ScriptedPartition::append(BytesView records) {
  Appended result;
  protocol::RecordBatchView batch;
  result.error = check_batch(records, batch);
  if (result.error != ErrorCode::none) return result;
  if (records.size() > max_batch_bytes) {
    result.error = ErrorCode::message_too_large;
    return result;
  }
  if (batch.has_producer_id()) {
    result.error = check_sequence(batch, result);
    if (result.error != ErrorCode::none || result.duplicate) return result;
    remember(batch, log_end_offset_);
  }
  std::string bytes(records);
  protocol::stamp_offsets(bytes.data(), log_end_offset_, actual.epoch);
  result.base_offset = log_end_offset_;
  const protocol::Offset last = log_end_offset_ + batch.last_offset_delta();
  batches_.push_back(
      {log_end_offset_, last, actual.epoch, batch.max_timestamp(), std::move(bytes)});
  log_end_offset_ = last + 1;
  return result;
}

void ScriptedPartition::append_marker(protocol::ProducerId id, protocol::ProducerEpoch epoch,
                                      bool committed) {
  auto& producer = producers_[id];
  if (producer.epoch != epoch) producer.last_batches.clear();
  producer.epoch = epoch;
  auto bytes = protocol::end_transaction_batch({.committed = committed}, id, epoch, 1);
  protocol::stamp_offsets(bytes.data(), log_end_offset_, actual.epoch);
  batches_.push_back({log_end_offset_, log_end_offset_, actual.epoch, 1, std::move(bytes)});
  log_end_offset_ = log_end_offset_ + 1;
}

ErrorCode ScriptedPartition::check_sequence(const protocol::RecordBatchView& batch,
                                            Appended& duplicate) const {
  const auto found = producers_.find(batch.producer_id());
  if (found == producers_.end()) return ErrorCode::none;
  const Producer& producer = found->second;
  if (batch.producer_epoch() < producer.epoch) return ErrorCode::invalid_producer_epoch;
  if (batch.producer_epoch() > producer.epoch) {
    return batch.base_sequence().value == 0 ? ErrorCode::none
                                            : ErrorCode::out_of_order_sequence_number;
  }
  if (producer.last_batches.empty()) {
    return batch.base_sequence().value == 0 ? ErrorCode::none
                                            : ErrorCode::out_of_order_sequence_number;
  }
  for (const Written& written : producer.last_batches) {
    if (written.first != batch.base_sequence() || written.last != batch.last_sequence()) continue;
    duplicate.duplicate = true;
    duplicate.base_offset = written.base_offset;
    return ErrorCode::none;
  }
  const auto next = protocol::sequence_after(producer.last_batches.back().last, 1);
  return batch.base_sequence() == next ? ErrorCode::none : ErrorCode::out_of_order_sequence_number;
}

void ScriptedPartition::forget_windows() {
  for (auto& [id, producer] : producers_) {
    auto& batches = producer.last_batches;
    if (batches.size() > 1) batches.erase(batches.begin(), batches.end() - 1);
  }
}

void ScriptedPartition::remember(const protocol::RecordBatchView& batch,
                                 protocol::Offset base_offset) {
  Producer& producer = producers_[batch.producer_id()];
  if (producer.epoch != batch.producer_epoch()) producer.last_batches.clear();
  producer.epoch = batch.producer_epoch();
  producer.last_batches.push_back({batch.base_sequence(), batch.last_sequence(), base_offset});
  if (producer.last_batches.size() > kRememberedBatches) producer.last_batches.pop_front();
}

std::string ScriptedPartition::read(protocol::Offset from, std::size_t max_bytes) const {
  std::string bytes;
  auto at = std::lower_bound(
      batches_.begin(), batches_.end(), from,
      [](const Batch& batch, protocol::Offset offset) { return batch.last_offset < offset; });
  for (; at != batches_.end() && at->last_offset < high_watermark(); ++at) {
    if (!bytes.empty() && bytes.size() + at->bytes.size() > max_bytes) break;
    bytes += at->bytes;
  }
  return bytes;
}

const ScriptedPartition::Batch* ScriptedPartition::find_timestamp(std::int64_t timestamp) const {
  for (const Batch& batch : batches_) {
    if (batch.max_timestamp >= timestamp) return &batch;
  }
  return nullptr;
}

void ScriptedPartition::truncate(protocol::Offset end) {
  while (!batches_.empty() && batches_.back().last_offset >= end) batches_.pop_back();
  log_end_offset_ = batches_.empty() ? log_start_offset_ : batches_.back().last_offset + 1;
  producers_.clear();
}

void ScriptedPartition::delete_records_before(protocol::Offset start) {
  log_start_offset_ = std::min(start, log_end_offset_);
  std::erase_if(batches_, [&](const Batch& batch) { return batch.last_offset < start; });
}

protocol::Offset ScriptedPartition::high_watermark() const {
  return std::max(log_start_offset_, log_end_offset_ - records_above_high_watermark);
}

std::pair<protocol::LeaderEpoch, protocol::Offset> ScriptedPartition::end_of_epoch(
    protocol::LeaderEpoch epoch) const {
  if (epoch.value < 0 || epoch > actual.epoch)
    return {protocol::kNoLeaderEpoch, protocol::kNoOffset};
  protocol::LeaderEpoch newest = epoch;
  for (const Batch& batch : batches_) {
    if (batch.leader_epoch > epoch) return {newest, batch.base_offset};
    newest = batch.leader_epoch;
  }
  return {epoch == actual.epoch ? epoch : newest, log_end_offset_};
}

}  // namespace ottla::simulation
