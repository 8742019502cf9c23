#include "protocol/record/record_batch.h"

#include <limits>
#include <string>

#include "base/crc32c.h"

namespace ottla::protocol {
namespace {

namespace layout = batch_layout;

constexpr std::int32_t kMinBatchLength =
    static_cast<std::int32_t>(layout::kRecords - layout::kLogOverhead);

Error corrupt(std::string message) {
  return Error(ErrorCode::corrupt_message, std::move(message));
}

// How much of a batch the bytes at hold: enough to judge it, or not.
struct Extent {
  bool whole = false;
  std::size_t size = 0;
};

Result<void> check_magic(BytesView bytes) {
  const auto magic = base::load_be<std::int8_t>(bytes.data() + layout::kMagic);
  if (magic == kBatchMagic) return {};
  const auto number = std::to_string(magic);
  if (magic == 0 || magic == 1) {
    return Error(ErrorCode::unsupported_for_message_format,
                 "the record batch has magic " + number +
                     ", a format from before Kafka 0.11; only magic 2 is read");
  }
  return corrupt("the record batch has magic " + number + " instead of 2");
}

// Magic comes first: lengths of older formats mean something else.
Result<Extent> measure(BytesView bytes) {
  if (bytes.size() > layout::kMagic) {
    if (auto magic = check_magic(bytes); !magic) return std::move(magic).error();
  }
  if (bytes.size() < layout::kLogOverhead) return Extent{};
  auto size = batch_size(bytes);
  if (!size) return std::move(size).error();
  return Extent{*size <= bytes.size(), *size};
}

Result<void> check_fields(const RecordBatchView& batch) {
  const int codec = batch.attributes() & layout::kCodecMask;
  if (codec > static_cast<int>(Compression::zstd)) {
    return Error(ErrorCode::unsupported_compression_type,
                 "the record batch names compression codec " + std::to_string(codec) +
                     ", which does not exist");
  }
  if (batch.record_count() < 0 || batch.last_offset_delta() < 0) {
    return Error(ErrorCode::invalid_record,
                 "the record batch states " + std::to_string(batch.record_count()) +
                     " records and last offset delta " + std::to_string(batch.last_offset_delta()) +
                     "; neither can be negative");
  }
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  if (batch.base_offset().value < 0 ||
      batch.base_offset().value >= kMax - batch.last_offset_delta()) {
    return corrupt("the record batch has base offset " + std::to_string(batch.base_offset().value) +
                   ", which no partition reaches");
  }
  return {};
}

std::size_t size_of(const char* batch) {
  return layout::kLogOverhead +
         static_cast<std::size_t>(base::load_be<std::int32_t>(batch + layout::kBatchLength));
}

void refresh_crc(char* batch, const RecordsSum& known = {}) {
  const BytesView covered(batch + layout::kAttributes, size_of(batch) - layout::kAttributes);
  constexpr auto kOfHeader = layout::kRecords - layout::kAttributes;
  const auto header = base::crc32c(covered.substr(0, kOfHeader));
  const auto crc = base::crc32c_extend(base::crc32c_join(header, known.crc, known.size),
                                       covered.substr(kOfHeader + known.size));
  base::store_be(batch + layout::kCrc, crc);
}

void set_bit(char* batch, std::int16_t bit, bool on) {
  const auto before = base::load_be<std::int16_t>(batch + layout::kAttributes);
  const int after = on ? before | bit : before & ~bit;
  base::store_be(batch + layout::kAttributes, static_cast<std::int16_t>(after));
}

}  // namespace

Result<std::size_t> batch_size(BytesView first_bytes) {
  if (first_bytes.size() < layout::kLogOverhead) {
    return corrupt("a record batch cannot have " + std::to_string(first_bytes.size()) + " bytes");
  }
  const auto length = base::load_be<std::int32_t>(first_bytes.data() + layout::kBatchLength);
  if (length < kMinBatchLength) {
    return corrupt("the record batch states a length of " + std::to_string(length) +
                   " bytes; its header alone takes " + std::to_string(kMinBatchLength));
  }
  return layout::kLogOverhead + static_cast<std::size_t>(length);
}

Result<RecordBatchView> RecordBatchView::parse(BytesView bytes) {
  const auto extent = measure(bytes);
  if (!extent) return extent.error();
  if (!extent->whole) {
    return corrupt("the record batch is cut short: " + std::to_string(bytes.size()) + " of " +
                   (extent->size == 0 ? "at least " + std::to_string(kBatchHeaderSize)
                                      : std::to_string(extent->size)) +
                   " bytes");
  }
  const RecordBatchView batch(bytes.substr(0, extent->size));
  if (auto fields = check_fields(batch); !fields) return std::move(fields).error();
  return batch;
}

Sequence RecordBatchView::last_sequence() const {
  if (base_sequence().value < 0) return kNoSequence;
  return sequence_after(base_sequence(), last_offset_delta());
}

Result<void> RecordBatchView::verify_crc() const {
  const auto computed = base::crc32c(bytes_.substr(layout::kAttributes));
  if (computed == crc()) return {};
  return Error(ErrorCode::corrupt_message,
               "the record batch at offset " + std::to_string(base_offset().value) +
                   " has checksum " + std::to_string(crc()) + " but its bytes give " +
                   std::to_string(computed),
               {.offset = base_offset().value});
}

bool BatchIterator::next(RecordBatchView& batch) {
  if (truncated_ || !status_ || position_ == bytes_.size()) return false;
  const auto rest = bytes_.substr(position_);
  const auto extent = measure(rest);
  if (extent && !extent->whole) {
    truncated_ = true;
    return false;
  }
  auto parsed = RecordBatchView::parse(rest);
  if (!parsed) {
    status_ = std::move(parsed).error();
    return false;
  }
  batch = *parsed;
  position_ += batch.size_in_bytes();
  return true;
}

void stamp_offsets(char* batch, Offset base_offset, LeaderEpoch leader_epoch) {
  base::store_be(batch + layout::kBaseOffset, base_offset.value);
  base::store_be(batch + layout::kLeaderEpoch, leader_epoch.value);
}

void stamp_timestamps(char* batch, TimestampType type, std::int64_t max_timestamp) {
  set_bit(batch, layout::kLogAppendTimeBit, type == TimestampType::log_append_time);
  base::store_be(batch + layout::kMaxTimestamp, max_timestamp);
  refresh_crc(batch);
}

void seal(char* batch, const ProducerState& producer, bool transactional, const RecordsSum& known) {
  set_bit(batch, layout::kTransactionalBit, transactional);
  base::store_be(batch + layout::kProducerId, producer.id.value);
  base::store_be(batch + layout::kProducerEpoch, producer.epoch.value);
  base::store_be(batch + layout::kBaseSequence, producer.base_sequence.value);
  refresh_crc(batch, known);
}

}  // namespace ottla::protocol
