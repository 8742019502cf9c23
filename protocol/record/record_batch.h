#pragma once

#include <cstddef>
#include <cstdint>

#include "base/endian.h"
#include "ottla/bytes.h"
#include "ottla/compression.h"
#include "ottla/result.h"
#include "protocol/types.h"

// Record batches, version 2, as Kafka has them on the wire and in files (big-endian). Read in
// place: nothing here copies or allocates. Timestamps are milliseconds since the Unix epoch.
namespace ottla::protocol {

// Where each field of a batch lies.
namespace batch_layout {
inline constexpr std::size_t kBaseOffset = 0;
inline constexpr std::size_t kBatchLength = 8;
inline constexpr std::size_t kLeaderEpoch = 12;
inline constexpr std::size_t kMagic = 16;
inline constexpr std::size_t kCrc = 17;
inline constexpr std::size_t kAttributes = 21;
inline constexpr std::size_t kLastOffsetDelta = 23;
inline constexpr std::size_t kBaseTimestamp = 27;
inline constexpr std::size_t kMaxTimestamp = 35;
inline constexpr std::size_t kProducerId = 43;
inline constexpr std::size_t kProducerEpoch = 51;
inline constexpr std::size_t kBaseSequence = 53;
inline constexpr std::size_t kRecordCount = 57;
inline constexpr std::size_t kRecords = 61;

// Base offset and batch length: what the batch length does not count.
inline constexpr std::size_t kLogOverhead = 12;

inline constexpr std::int16_t kCodecMask = 0x07;
inline constexpr std::int16_t kLogAppendTimeBit = 0x08;
inline constexpr std::int16_t kTransactionalBit = 0x10;
inline constexpr std::int16_t kControlBit = 0x20;
inline constexpr std::int16_t kDeleteHorizonBit = 0x40;
}  // namespace batch_layout

inline constexpr std::int8_t kBatchMagic = 2;
inline constexpr std::size_t kBatchHeaderSize = batch_layout::kRecords;

enum class TimestampType : std::uint8_t { create_time = 0, log_append_time = 1 };

// Who wrote a batch, for the broker to find duplicates and gaps. All -1: not idempotent.
struct ProducerState {
  ProducerId id = kNoProducerId;
  ProducerEpoch epoch = kNoProducerEpoch;
  Sequence base_sequence = kNoSequence;

  bool operator==(const ProducerState&) const = default;
};

// The sequence `distance` after `from`: past 2^31-1 comes 0. `from` and `distance` are not
// negative.
constexpr Sequence sequence_after(Sequence from, std::int32_t distance) {
  const auto sum = static_cast<std::uint32_t>(from.value) + static_cast<std::uint32_t>(distance);
  return Sequence(static_cast<std::int32_t>(sum & 0x7fffffffU));
}

// One batch in memory that someone else owns. A view made by `parse` is safe to ask anything:
// its length, counts and codec have been checked, its CRC and its records have not.
class RecordBatchView {
 public:
  // Takes the batch that `bytes` begins with; more may follow it. Promises that the whole batch is
  // there, magic 2, a codec that Kafka knows, counts and deltas that are not negative, and offsets
  // that do not overflow. Errors: corrupt_message (too short, lengths that lie),
  // unsupported_for_message_format (magic 0 and 1, which Kafka stopped writing in 0.11),
  // unsupported_compression_type, invalid_record (negative count or delta). Constant time.
  static Result<RecordBatchView> parse(BytesView bytes);

  // A view of no batch; only to be assigned to.
  RecordBatchView() = default;

  BytesView bytes() const { return bytes_; }
  std::size_t size_in_bytes() const { return bytes_.size(); }

  Offset base_offset() const { return Offset(field<std::int64_t>(batch_layout::kBaseOffset)); }
  std::int32_t batch_length() const { return field<std::int32_t>(batch_layout::kBatchLength); }
  LeaderEpoch partition_leader_epoch() const {
    return LeaderEpoch(field<std::int32_t>(batch_layout::kLeaderEpoch));
  }
  std::int8_t magic() const { return field<std::int8_t>(batch_layout::kMagic); }
  std::uint32_t crc() const { return field<std::uint32_t>(batch_layout::kCrc); }
  std::int16_t attributes() const { return field<std::int16_t>(batch_layout::kAttributes); }
  std::int32_t last_offset_delta() const {
    return field<std::int32_t>(batch_layout::kLastOffsetDelta);
  }
  std::int64_t max_timestamp() const { return field<std::int64_t>(batch_layout::kMaxTimestamp); }
  ProducerId producer_id() const {
    return ProducerId(field<std::int64_t>(batch_layout::kProducerId));
  }
  ProducerEpoch producer_epoch() const {
    return ProducerEpoch(field<std::int16_t>(batch_layout::kProducerEpoch));
  }
  Sequence base_sequence() const {
    return Sequence(field<std::int32_t>(batch_layout::kBaseSequence));
  }
  ProducerState producer_state() const {
    return {producer_id(), producer_epoch(), base_sequence()};
  }
  // How many records the batch holds; compaction may have left none.
  std::int32_t record_count() const { return field<std::int32_t>(batch_layout::kRecordCount); }

  // What timestamp deltas count from; with `has_delete_horizon` the field holds that instead, and
  // deltas count from it.
  std::int64_t base_timestamp() const { return field<std::int64_t>(batch_layout::kBaseTimestamp); }

  Compression compression() const {
    return static_cast<Compression>(attributes() & batch_layout::kCodecMask);
  }
  TimestampType timestamp_type() const {
    return has(batch_layout::kLogAppendTimeBit) ? TimestampType::log_append_time
                                                : TimestampType::create_time;
  }
  bool is_transactional() const { return has(batch_layout::kTransactionalBit); }
  bool is_control() const { return has(batch_layout::kControlBit); }
  bool has_delete_horizon() const { return has(batch_layout::kDeleteHorizonBit); }
  bool has_producer_id() const { return producer_id().value >= 0; }

  // The last offset the batch stands for; compaction keeps it though the record may be gone.
  Offset last_offset() const { return base_offset() + last_offset_delta(); }
  Offset next_offset() const { return last_offset() + 1; }
  // The sequence of the last record; kNoSequence if the batch has none.
  Sequence last_sequence() const;

  // The records as they are stored: one compressed blob, or one record after another.
  BytesView records() const { return bytes_.substr(batch_layout::kRecords); }

  // The CRC covers everything from the attributes to the end. Error: corrupt_message with the
  // stored and the computed value. Costs one pass over the batch.
  Result<void> verify_crc() const;

 private:
  explicit RecordBatchView(BytesView bytes) : bytes_(bytes) {}

  template <class T>
  T field(std::size_t at) const {
    return base::load_be<T>(bytes_.data() + at);
  }
  bool has(std::int16_t bit) const { return (attributes() & bit) != 0; }

  BytesView bytes_;
};

// Walks the batches of a file range or of a fetch response, which may end in the middle of one:
//
//   BatchIterator batches(bytes);
//   for (RecordBatchView batch; batches.next(batch);) { ... }
//   if (auto status = batches.status(); !status) return status.error();
class BatchIterator {
 public:
  explicit BatchIterator(BytesView bytes) : bytes_(bytes) {}

  // The next whole batch; false at the end, before a batch that is cut short, and at one that
  // cannot be parsed.
  bool next(RecordBatchView& batch);

  // Why the walk ended before the end: the error of RecordBatchView::parse. A batch cut short is
  // none.
  Result<void> status() const { return status_; }

  // Whether bytes are left over that begin a batch but do not hold all of it.
  bool truncated() const { return truncated_; }

  // Bytes walked so far: where the batch that `next` will give starts.
  std::size_t position() const { return position_; }

 private:
  BytesView bytes_;
  std::size_t position_ = 0;
  bool truncated_ = false;
  Result<void> status_;
};

// Bytes that the batch beginning with these 12 bytes or more takes; an error if its length lies
// (less than a header, or negative). For readers that fetch a header first.
Result<std::size_t> batch_size(BytesView first_bytes);

// The functions below edit a whole batch of magic 2 in place; `batch` is where it starts.

// What a leader assigns on append. Both lie outside the CRC, so this costs two stores.
void stamp_offsets(char* batch, Offset base_offset, LeaderEpoch leader_epoch);

// Sets timestamp type and max timestamp and computes the CRC anew: what a leader does for
// LogAppendTime, and when the stated maximum is not that of the records.
void stamp_timestamps(char* batch, TimestampType type, std::int64_t max_timestamp);

// The checksum (CRC-32C) of the first bytes of a batch's records, as they lie in it.
struct RecordsSum {
  std::size_t size = 0;
  std::uint32_t crc = 0;
};

// Sets who wrote the batch and whether it is part of a transaction, and computes the CRC anew; the
// last thing a producer does to a batch, each time before it is sent. What `known` covers is not
// read again.
void seal(char* batch, const ProducerState& producer, bool transactional,
          const RecordsSum& known = {});

}  // namespace ottla::protocol
