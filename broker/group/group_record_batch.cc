#include "broker/group/group_record_batch.h"

#include "protocol/compression/compression.h"

namespace ottla::broker {
namespace {

// The newest that are not flexible, as Kafka has it: older brokers can read them. An offset with a
// time of its own needs version 1.
constexpr std::int16_t kGroupVersion = 3;
constexpr std::int16_t kOffsetVersion = 3;
constexpr std::int16_t kExpiringOffsetVersion = 1;

}  // namespace

Result<void> GroupRecordBatch::append(const Result<std::string>& key,
                                      const Result<std::string>& value) {
  if (!key) return key.error();
  if (!value) return value.error();
  if (!builder_.append(now_, *key, *value)) return ErrorCode::message_too_large;
  return {};
}

Result<void> GroupRecordBatch::put(std::string_view group, std::string_view topic,
                                   std::int32_t partition, const CommittedOffset& committed) {
  const protocol::OffsetCommitValue value{.offset = committed.offset,
                                          .leader_epoch = committed.leader_epoch,
                                          .metadata = committed.metadata,
                                          .commit_timestamp = committed.commit_timestamp,
                                          .expire_timestamp = committed.expire_timestamp};
  const bool expires = committed.expire_timestamp >= 0;
  return append(protocol::encode(protocol::OffsetCommitKey{group, topic, partition}),
                protocol::encode(value, expires ? kExpiringOffsetVersion : kOffsetVersion));
}

Result<void> GroupRecordBatch::put(std::string_view group,
                                   const protocol::GroupMetadataValue& value) {
  return append(protocol::encode(protocol::GroupMetadataKey{group}),
                protocol::encode(value, kGroupVersion));
}

void GroupRecordBatch::forget(std::string_view group, std::string_view topic,
                              std::int32_t partition) {
  const auto key = protocol::encode(protocol::OffsetCommitKey{group, topic, partition});
  if (key) (void)builder_.append(now_, *key, std::nullopt);
}

void GroupRecordBatch::forget(std::string_view group) {
  const auto key = protocol::encode(protocol::GroupMetadataKey{group});
  if (key) (void)builder_.append(now_, *key, std::nullopt);
}

std::string GroupRecordBatch::take(const protocol::ProducerState& producer) {
  const bool transactional = producer.id != protocol::kNoProducerId;
  const auto as_it_is = [&] { return std::string(builder_.close_sealed(producer, transactional)); };
  if (codec_ == Compression::none) return as_it_is();
  const auto closed = builder_.close(codec_, protocol::default_level(codec_));
  if (!closed) return as_it_is();
  protocol::seal(*closed, producer, transactional);
  return {*closed, builder_.size_in_bytes()};
}

}  // namespace ottla::broker
