#include "broker/group/group_replay.h"

#include <utility>
#include <variant>

#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

constexpr std::size_t kMostLines = 10;  // in the log, about records that are passed over
constexpr std::size_t kMostInflated = std::size_t{256} << 20;

}  // namespace

void GroupReplay::on_batch(const protocol::RecordBatchView& batch) {
  if (auto sound = batch.verify_crc(); !sound) return skip(batch.base_offset(), sound.error());
  std::string buffer;
  const auto records = protocol::uncompressed_records(batch, kMostInflated, buffer);
  if (!records) return skip(batch.base_offset(), records.error());
  if (batch.is_control()) return on_control(batch, *records);
  protocol::RecordReader reader(batch, *records);
  for (protocol::RecordView record; reader.next(record);) on_record(batch, record);
  if (auto status = reader.status(); !status) skip(batch.base_offset(), status.error());
}

void GroupReplay::on_control(const protocol::RecordBatchView& batch, BytesView records) {
  protocol::RecordReader reader(batch, records);
  protocol::RecordView record;
  if (!reader.next(record)) return;
  const auto marker = protocol::parse_end_transaction_marker(record);
  if (!marker) return;
  const auto ended = loaded_.pending.take(batch.producer_id(), loaded_.next_order++);
  if (!marker->committed) return;
  for (const auto& [group, place, committed] : ended) {
    loaded_.groups[group].offsets.set_if_newer(place, committed);
  }
}

void GroupReplay::on_record(const protocol::RecordBatchView& batch,
                            const protocol::RecordView& record) {
  const auto key = protocol::parse_group_record_key(record.key.value_or(BytesView()));
  if (!key && key.error().code() == ErrorCode::unsupported_version) {
    ++foreign_;
    return;
  }
  if (!key) return skip(record.offset, key.error());
  if (const auto* offset = std::get_if<protocol::OffsetCommitKey>(&*key)) {
    return on_offset(batch, record, *offset);
  }
  on_group(record, std::get<protocol::GroupMetadataKey>(*key));
}

void GroupReplay::on_offset(const protocol::RecordBatchView& batch,
                            const protocol::RecordView& record,
                            const protocol::OffsetCommitKey& key) {
  if (!record.value) return forget_offset(key);
  const auto value = protocol::parse_offset_commit_value(*record.value);
  if (!value) return skip(record.offset, value.error());
  CommittedOffset committed{.offset = value->offset,
                            .leader_epoch = value->leader_epoch,
                            .metadata = std::string(value->metadata),
                            .commit_timestamp = value->commit_timestamp,
                            .expire_timestamp = value->expire_timestamp,
                            .order = loaded_.next_order++};
  if (!batch.is_transactional()) {
    loaded_.groups[std::string(key.group)].offsets.set(key.topic, key.partition,
                                                       std::move(committed));
    return;
  }
  const auto order = committed.order;
  const TopicPartition place{std::string(key.topic), key.partition};
  loaded_.pending.add(batch.producer_id(), {std::string(key.group), place, std::move(committed)});
  loaded_.pending.settle(batch.producer_id(), key.group, place, order);
}

void GroupReplay::forget_offset(const protocol::OffsetCommitKey& key) {
  loaded_.pending.erase(key.group, {std::string(key.topic), key.partition}, loaded_.next_order++);
  const auto found = loaded_.groups.find(key.group);
  if (found == loaded_.groups.end()) return;
  found->second.offsets.erase(key.topic, key.partition);
  forget_if_nothing_is_left(key.group);
}

void GroupReplay::on_group(const protocol::RecordView& record,
                           const protocol::GroupMetadataKey& key) {
  if (record.value) {
    const auto value = protocol::parse_group_metadata_value(*record.value);
    if (!value) return skip(record.offset, value.error());
    loaded_.groups[std::string(key.group)].metadata = *record.value;
    return;
  }
  const auto found = loaded_.groups.find(key.group);
  if (found == loaded_.groups.end()) return;
  found->second.metadata.reset();
  forget_if_nothing_is_left(key.group);
}

void GroupReplay::forget_if_nothing_is_left(std::string_view group) {
  const auto found = loaded_.groups.find(group);
  if (!found->second.metadata && found->second.offsets.empty()) loaded_.groups.erase(found);
}

void GroupReplay::skip(protocol::Offset offset, const Error& why) {
  if (++skipped_ > kMostLines) return;
  logger_.warn(where_ + ": passed over offset " + std::to_string(offset.value) + ": " +
               why.to_string());
}

LoadedPartition GroupReplay::take() {
  if (skipped_ > kMostLines) {
    logger_.warn(where_ + ": passed over " + std::to_string(skipped_) + " records or batches");
  }
  if (foreign_ > 0) {
    logger_.warn(where_ + ": passed over " + std::to_string(foreign_) +
                 " records of groups that are not of the classic protocol");
  }
  return std::move(loaded_);
}

}  // namespace ottla::broker
