#include "broker/log/producer_snapshot.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/endian.h"
#include "broker/log/producer_state_manager.h"

// The bytes of `.snapshot` files: i16 version, u32 CRC-32C of all that follows, i32 count, entries.
// An entry has room for one batch. A producer gets one for each batch of its window, oldest first:
// Apache Kafka keeps the last entry of a producer, which is what it would have written itself.
namespace ottla::broker {
namespace {

constexpr std::int16_t kSnapshotVersion = 1;
constexpr std::size_t kCrcAt = 2;
constexpr std::size_t kCountAt = 6;
constexpr std::size_t kEntriesAt = kSnapshotHeaderSize;
constexpr std::size_t kEntrySize = kSnapshotEntrySize;

std::size_t entries_of(const ProducerStateEntry& producer) {
  return std::max<std::size_t>(producer.batch_count, 1);
}

char* put(char* to, const ProducerStateEntry& producer, const AppendedBatch& batch) {
  base::store_be(to, producer.producer_id.value);
  base::store_be(to + 8, producer.producer_epoch.value);
  base::store_be(to + 10, batch.last_sequence.value);
  base::store_be(to + 14, batch.last_offset.value);
  base::store_be(to + 22, batch.offset_delta);
  base::store_be(to + 26, batch.timestamp);
  base::store_be(to + 34, producer.coordinator_epoch);
  base::store_be(to + 38, producer.current_txn_first_offset.value);
  return to + kEntrySize;
}

char* put(char* to, const ProducerStateEntry& producer) {
  for (std::size_t i = 0; i + 1 < producer.batch_count; ++i) {
    to = put(to, producer, producer.batches[i]);
  }
  AppendedBatch last{kNoSequence, kNoOffset};
  if (producer.batch_count > 0) last = producer.batches[producer.batch_count - 1u];
  last.timestamp = producer.last_timestamp;
  return put(to, producer, last);
}

ProducerSnapshotEntry get(const char* from) {
  ProducerSnapshotEntry entry;
  entry.producer_id = ProducerId(base::load_be<std::int64_t>(from));
  entry.producer_epoch = ProducerEpoch(base::load_be<std::int16_t>(from + 8));
  entry.last_sequence = Sequence(base::load_be<std::int32_t>(from + 10));
  entry.last_offset = Offset(base::load_be<std::int64_t>(from + 14));
  entry.offset_delta = base::load_be<std::int32_t>(from + 22);
  entry.timestamp = base::load_be<std::int64_t>(from + 26);
  entry.coordinator_epoch = base::load_be<std::int32_t>(from + 34);
  entry.current_txn_first_offset = Offset(base::load_be<std::int64_t>(from + 38));
  return entry;
}

ProducerStateEntry producer_of(const ProducerSnapshotEntry& read) {
  ProducerStateEntry entry;
  entry.producer_id = read.producer_id;
  entry.producer_epoch = read.producer_epoch;
  entry.last_timestamp = read.timestamp;
  entry.coordinator_epoch = read.coordinator_epoch;
  entry.current_txn_first_offset = read.current_txn_first_offset;
  if (read.last_offset.value >= 0 && read.last_sequence.value >= 0) {
    entry.add({read.last_sequence, read.last_offset, read.offset_delta, read.timestamp});
  }
  return entry;
}

}  // namespace

Bytes ProducerStateManager::to_snapshot() const {
  std::vector<const ProducerStateEntry*> sorted;
  sorted.reserve(producers_.size());
  for (const auto& [id, entry] : producers_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->producer_id < b->producer_id; });
  std::size_t count = 0;
  for (const auto* entry : sorted) count += entries_of(*entry);
  Bytes bytes(kEntriesAt + kEntrySize * count, '\0');
  char* to = bytes.data() + kEntriesAt;
  for (const auto* entry : sorted) to = put(to, *entry);
  base::store_be(bytes.data(), kSnapshotVersion);
  base::store_be(bytes.data() + kCountAt, static_cast<std::int32_t>(count));
  base::store_be(bytes.data() + kCrcAt, base::crc32c(BytesView(bytes).substr(kCountAt)));
  return bytes;
}

Result<std::vector<ProducerSnapshotEntry>> parse_producer_snapshot(BytesView bytes) {
  const auto corrupt = [](const char* why) {
    return Error(ErrorCode::corrupt_data, std::string("the producer snapshot ") + why);
  };
  if (bytes.size() < kEntriesAt) return corrupt("is too short");
  if (base::load_be<std::int16_t>(bytes.data()) != kSnapshotVersion) {
    return corrupt("is not version 1");
  }
  if (base::load_be<std::uint32_t>(bytes.data() + kCrcAt) != base::crc32c(bytes.substr(kCountAt))) {
    return corrupt("has a wrong checksum");
  }
  const auto count = base::load_be<std::int32_t>(bytes.data() + kCountAt);
  if (count < 0 || bytes.size() != kEntriesAt + kEntrySize * static_cast<std::size_t>(count)) {
    return corrupt("has not the length that its count states");
  }
  std::vector<ProducerSnapshotEntry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  for (std::size_t at = kEntriesAt; at < bytes.size(); at += kEntrySize) {
    entries.push_back(get(bytes.data() + at));
  }
  return entries;
}

Result<ProducerStateManager> ProducerStateManager::from_snapshot(BytesView bytes,
                                                                 base::TimePoint now) {
  const auto entries = parse_producer_snapshot(bytes);
  if (!entries) return entries.error();
  ProducerStateManager manager;
  for (const auto& entry : *entries) {
    auto producer = producer_of(entry);
    producer.last_append = now;
    manager.take_over(std::move(producer));
  }
  return manager;
}

// One more entry of a snapshot: the next batch of a producer, or a producer.
void ProducerStateManager::take_over(ProducerStateEntry entry) {
  auto& producer = producers_[entry.producer_id];
  open_transactions_.erase(producer.current_txn_first_offset);
  if (entry.batch_count > 0 && producer.producer_epoch == entry.producer_epoch) {
    const auto last = entry.batches[0];
    entry.batches = producer.batches;
    entry.batch_count = producer.batch_count;
    entry.add(last);
  }
  producer = entry;
  if (producer.current_txn_first_offset != kNoOffset) {
    open_transactions_[producer.current_txn_first_offset] = producer.producer_id;
  }
}

}  // namespace ottla::broker
