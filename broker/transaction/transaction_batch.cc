#include "broker/transaction/transaction_batch.h"

#include <utility>

#include "protocol/record/record_reader.h"
#include "protocol/transaction/transaction_records.h"

namespace ottla::broker {
namespace {

using protocol::TransactionLogValue;

constexpr std::size_t kMostLines = 10;  // in the log, about records that are passed over
constexpr std::size_t kMostInflated = std::size_t{256} << 20;

// The sets of partitions are sorted, so those of a topic stand together.
std::vector<TransactionLogValue::Topic> by_topic(const std::set<TopicPartition>& partitions) {
  std::vector<TransactionLogValue::Topic> topics;
  for (const auto& [topic, partition] : partitions) {
    if (topics.empty() || topics.back().topic != topic) topics.push_back({topic, {}});
    topics.back().partition_ids.push_back(partition);
  }
  return topics;
}

TransactionLogValue to_value(const TransactionMetadata& metadata) {
  TransactionLogValue value;
  value.producer_id = metadata.producer_id;
  value.previous_producer_id = metadata.previous_producer_id;
  value.next_producer_id = metadata.next_producer_id;
  value.producer_epoch = metadata.producer_epoch;
  value.transaction_timeout_ms = metadata.timeout_ms;
  value.transaction_status = metadata.state;
  if (metadata.state != TransactionState::empty) {
    value.transaction_partitions = by_topic(metadata.partitions);
  }
  value.transaction_last_update_timestamp_ms = metadata.updated;
  value.transaction_start_timestamp_ms = metadata.started;
  value.client_transaction_version = static_cast<std::int16_t>(metadata.client_version);
  return value;
}

// The states that a record may have.
bool is_lasting(TransactionState state) {
  return state >= TransactionState::empty && state <= TransactionState::complete_abort;
}

Result<TransactionMetadata> from_value(const TransactionLogValue& value) {
  if (!is_lasting(value.transaction_status)) {
    return Error(
        ErrorCode::corrupt_data,
        "a transaction in state " + std::to_string(static_cast<int>(value.transaction_status)));
  }
  TransactionMetadata metadata;
  metadata.producer_id = value.producer_id;
  metadata.previous_producer_id = value.previous_producer_id;
  metadata.next_producer_id = value.next_producer_id;
  metadata.producer_epoch = value.producer_epoch;
  metadata.timeout_ms = value.transaction_timeout_ms;
  metadata.state = value.transaction_status;
  metadata.updated = value.transaction_last_update_timestamp_ms;
  metadata.started = value.transaction_start_timestamp_ms;
  metadata.client_version = static_cast<TransactionVersion>(value.client_transaction_version);
  if (!value.transaction_partitions) return metadata;
  for (const auto& topic : *value.transaction_partitions) {
    for (const auto partition : topic.partition_ids) {
      metadata.partitions.insert({std::string(topic.topic), partition});
    }
  }
  return metadata;
}

}  // namespace

Result<void> TransactionBatch::put(std::string_view transactional_id,
                                   const TransactionMetadata& metadata,
                                   TransactionVersion cluster) {
  const auto key = protocol::encode(protocol::TransactionLogKey{transactional_id});
  if (!key) return key.error();
  auto stored = to_value(metadata);
  const bool tagged = cluster >= TransactionVersion::v1;
  const auto value = protocol::encode(stored, tagged ? 1 : 0);
  if (!value) return value.error();
  if (!builder_.append(now_, *key, *value)) return ErrorCode::message_too_large;
  return {};
}

void TransactionBatch::forget(std::string_view transactional_id) {
  const auto key = protocol::encode(protocol::TransactionLogKey{transactional_id});
  if (key) (void)builder_.append(now_, *key, std::nullopt);
}

void TransactionReplay::on_batch(const protocol::RecordBatchView& batch) {
  if (auto sound = batch.verify_crc(); !sound) return skip(batch.base_offset(), sound.error());
  if (batch.is_control()) return;
  std::string buffer;
  const auto records = protocol::uncompressed_records(batch, kMostInflated, buffer);
  if (!records) return skip(batch.base_offset(), records.error());
  protocol::RecordReader reader(batch, *records);
  for (protocol::RecordView record; reader.next(record);) {
    if (auto taken = on_record(record); !taken) skip(record.offset, taken.error());
  }
  if (auto status = reader.status(); !status) skip(batch.base_offset(), status.error());
}

Result<void> TransactionReplay::on_record(const protocol::RecordView& record) {
  const auto key = protocol::parse_transaction_log_key(record.key.value_or(BytesView()));
  if (!key) return key.error();
  if (!record.value) {
    const auto found = transactions_.find(key->transactional_id);
    if (found != transactions_.end()) transactions_.erase(found);
    return {};
  }
  const auto value = protocol::parse_transaction_log_value(*record.value);
  if (!value) return value.error();
  auto metadata = from_value(*value);
  if (!metadata) return metadata.error();
  transactions_.insert_or_assign(std::string(key->transactional_id), std::move(*metadata));
  return {};
}

void TransactionReplay::skip(protocol::Offset offset, const Error& why) {
  if (++skipped_ > kMostLines) return;
  logger_.warn(where_ + ": passed over offset " + std::to_string(offset.value) + ": " +
               why.to_string());
}

LoadedTransactions TransactionReplay::take() {
  if (skipped_ > kMostLines) {
    logger_.warn(where_ + ": passed over " + std::to_string(skipped_) + " records or batches");
  }
  return std::move(transactions_);
}

}  // namespace ottla::broker
