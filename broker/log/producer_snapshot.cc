#include <algorithm>
#include <vector>

#include "base/crc32c.h"
#include "base/endian.h"
#include "broker/log/producer_state_manager.h"

// The bytes of `.snapshot` files: i16 version, u32 CRC-32C of all that follows, i32 count, entries.
namespace ottla::broker {
namespace {

constexpr std::int16_t kVersion = 1;
constexpr std::size_t kCrcAt = 2;
constexpr std::size_t kCountAt = 6;
constexpr std::size_t kEntriesAt = 10;
constexpr std::size_t kEntrySize = 46;

char* put(char* to, const ProducerStateEntry& entry) {
  const auto last = entry.batch_count == 0 ? AppendedBatch{kNoSequence, kNoOffset}
                                           : entry.batches[entry.batch_count - 1u];
  base::store_be(to, entry.producer_id.value);
  base::store_be(to + 8, entry.producer_epoch.value);
  base::store_be(to + 10, last.last_sequence.value);
  base::store_be(to + 14, last.last_offset.value);
  base::store_be(to + 22, last.offset_delta);
  base::store_be(to + 26, entry.last_timestamp);
  base::store_be(to + 34, entry.coordinator_epoch);
  base::store_be(to + 38, entry.current_txn_first_offset.value);
  return to + kEntrySize;
}

ProducerStateEntry get(const char* from) {
  ProducerStateEntry entry;
  entry.producer_id = ProducerId(base::load_be<std::int64_t>(from));
  entry.producer_epoch = ProducerEpoch(base::load_be<std::int16_t>(from + 8));
  AppendedBatch last;
  last.last_sequence = Sequence(base::load_be<std::int32_t>(from + 10));
  last.last_offset = Offset(base::load_be<std::int64_t>(from + 14));
  last.offset_delta = base::load_be<std::int32_t>(from + 22);
  last.timestamp = base::load_be<std::int64_t>(from + 26);
  entry.last_timestamp = last.timestamp;
  entry.coordinator_epoch = base::load_be<std::int32_t>(from + 34);
  entry.current_txn_first_offset = Offset(base::load_be<std::int64_t>(from + 38));
  if (last.last_offset.value >= 0 && last.last_sequence.value >= 0) entry.add(last);
  return entry;
}

}  // namespace

Bytes ProducerStateManager::to_snapshot() const {
  std::vector<const ProducerStateEntry*> sorted;
  sorted.reserve(producers_.size());
  for (const auto& [id, entry] : producers_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->producer_id < b->producer_id; });
  Bytes bytes(kEntriesAt + kEntrySize * sorted.size(), '\0');
  char* to = bytes.data() + kEntriesAt;
  for (const auto* entry : sorted) to = put(to, *entry);
  base::store_be(bytes.data(), kVersion);
  base::store_be(bytes.data() + kCountAt, static_cast<std::int32_t>(sorted.size()));
  base::store_be(bytes.data() + kCrcAt, base::crc32c(BytesView(bytes).substr(kCountAt)));
  return bytes;
}

Result<ProducerStateManager> ProducerStateManager::from_snapshot(BytesView bytes) {
  const auto corrupt = [](const char* why) {
    return Error(ErrorCode::corrupt_data, std::string("the producer snapshot ") + why);
  };
  if (bytes.size() < kEntriesAt) return corrupt("is too short");
  if (base::load_be<std::int16_t>(bytes.data()) != kVersion) return corrupt("is not version 1");
  if (base::load_be<std::uint32_t>(bytes.data() + kCrcAt) != base::crc32c(bytes.substr(kCountAt))) {
    return corrupt("has a wrong checksum");
  }
  const auto count = base::load_be<std::int32_t>(bytes.data() + kCountAt);
  if (count < 0 || bytes.size() != kEntriesAt + kEntrySize * static_cast<std::size_t>(count)) {
    return corrupt("has not the length that its count states");
  }
  ProducerStateManager manager;
  for (std::size_t at = kEntriesAt; at < bytes.size(); at += kEntrySize) {
    const auto entry = get(bytes.data() + at);
    if (entry.current_txn_first_offset != kNoOffset) {
      manager.open_transactions_[entry.current_txn_first_offset] = entry.producer_id;
    }
    manager.producers_[entry.producer_id] = entry;
  }
  return manager;
}

}  // namespace ottla::broker
