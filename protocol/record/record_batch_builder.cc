#include "protocol/record/record_batch_builder.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/varint.h"
#include "protocol/compression/compression.h"

namespace ottla::protocol {
namespace {

namespace layout = batch_layout;
using base::write_zigzag32;
using base::zigzag_size32;

// Of a record without the lengths of its fields: length 5, attributes 1, timestamp 10, offset 5.
constexpr std::size_t kMaxRecordFrame = 21;

// So much keeps the instructions for a checksum busy and is still in the first cache.
constexpr std::size_t kSummedAtOnce = 6 << 10;
// Of smaller records most of the time goes elsewhere, and whoever appends is waited for.
constexpr std::size_t kWorthSumming = 512;

std::int32_t length_of(BytesView bytes) {
  return static_cast<std::int32_t>(bytes.size());
}

std::size_t field_size(const std::optional<BytesView>& bytes) {
  return bytes ? zigzag_size32(length_of(*bytes)) + bytes->size() : 1;
}

std::size_t headers_size(std::span<const RecordHeader> headers) {
  std::size_t size = zigzag_size32(static_cast<std::int32_t>(headers.size()));
  for (const auto& header : headers) size += field_size(header.key) + field_size(header.value);
  return size;
}

char* write_field(char* to, const std::optional<BytesView>& bytes) {
  if (!bytes) return write_zigzag32(to, -1);
  to = write_zigzag32(to, length_of(*bytes));
  if (!bytes->empty()) std::memcpy(to, bytes->data(), bytes->size());
  return to + bytes->size();
}

}  // namespace

RecordBatchBuilder RecordBatchBuilder::over(std::span<char> memory) {
  OTTLA_ASSERT(memory.size() >= kBatchHeaderSize, "a batch needs room for its header");
  OTTLA_ASSERT(memory.size() <= kMaxBatchSize, "a batch is smaller than 2 GiB");
  RecordBatchBuilder made;
  made.begin_ = memory.data();
  made.at_ = memory.data() + kBatchHeaderSize;
  made.end_ = memory.data() + memory.size();
  return made;
}

RecordBatchBuilder RecordBatchBuilder::growing(std::size_t first_capacity, std::size_t limit) {
  OTTLA_ASSERT(limit <= kMaxBatchSize, "a batch is smaller than 2 GiB");
  const auto capacity = std::clamp(first_capacity, kBatchHeaderSize, limit);
  std::unique_ptr<char[]> owned(new char[capacity]);
  auto made = over({owned.get(), capacity});
  made.owned_ = std::move(owned);
  made.limit_ = limit;
  return made;
}

bool RecordBatchBuilder::grow(std::size_t needed) {
  const auto size = size_in_bytes();
  if (!owned_ || needed > limit_ - size) return false;
  const auto larger = std::min(limit_, std::max(capacity() * 2, size + needed));
  std::unique_ptr<char[]> memory(new char[larger]);
  std::memcpy(memory.get(), begin_, size);
  begin_ = memory.get();
  at_ = begin_ + size;
  end_ = begin_ + larger;
  owned_ = std::move(memory);
  return true;
}

bool RecordBatchBuilder::append(std::int64_t timestamp, const std::optional<BytesView>& key,
                                const std::optional<BytesView>& value,
                                std::span<const RecordHeader> headers) {
  OTTLA_ASSERT(timestamp >= -1, "a timestamp is milliseconds since 1970 or -1");
  const std::int64_t timestamp_delta = empty() ? 0 : timestamp - base_timestamp_;
  const std::size_t body = 1 + base::zigzag_size64(timestamp_delta) + zigzag_size32(record_count_) +
                           field_size(key) + field_size(value) + headers_size(headers);
  const std::size_t needed = zigzag_size32(static_cast<std::int32_t>(body)) + body;
  if (needed > static_cast<std::size_t>(end_ - at_) && !grow(needed)) return false;
  char* to = write_zigzag32(at_, static_cast<std::int32_t>(body));
  *to++ = 0;  // Attributes, of which none is defined.
  to = base::write_zigzag64(to, timestamp_delta);
  to = write_zigzag32(to, record_count_);
  to = write_field(to, key);
  to = write_field(to, value);
  to = write_zigzag32(to, static_cast<std::int32_t>(headers.size()));
  for (const auto& header : headers) {
    to = write_field(to, header.key);
    to = write_field(to, header.value);
  }
  at_ = to;
  if (record_count_++ == 0) base_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  if (sums_ && needed >= kWorthSumming) add_to_sum();
  return true;
}

void RecordBatchBuilder::add_to_sum() {
  const char* const from = begin_ + layout::kRecords + sum_.size;
  const auto size = static_cast<std::size_t>(at_ - from);
  if (size < kSummedAtOnce) return;
  sum_.crc = base::crc32c_extend(sum_.crc, {from, size});
  sum_.size += size;
}

std::size_t RecordBatchBuilder::max_record_size(std::optional<BytesView> key,
                                                std::optional<BytesView> value,
                                                std::span<const RecordHeader> headers) {
  return kMaxRecordFrame + field_size(key) + field_size(value) + headers_size(headers);
}

char* RecordBatchBuilder::close() {
  return write_header(Compression::none);
}

Result<char*> RecordBatchBuilder::close(Compression codec, int level) {
  if (codec == Compression::none) return close();
  char* const first = begin_ + layout::kRecords;
  const BytesView records(first, static_cast<std::size_t>(at_ - first));
  std::string compressed;
  if (auto done = compress(codec, level, records, compressed); !done) {
    return std::move(done).error();
  }
  if (compressed.size() >= records.size()) return close();
  at_ = std::copy(compressed.begin(), compressed.end(), first);
  sum_ = {};
  return write_header(codec);
}

char* RecordBatchBuilder::write_header(Compression codec) {
  OTTLA_ASSERT(!empty(), "a batch has at least one record");
  const auto attributes =
      static_cast<std::int16_t>(static_cast<int>(codec) | (control_ ? layout::kControlBit : 0));
  base::store_be(begin_ + layout::kBaseOffset, std::int64_t{0});
  base::store_be(begin_ + layout::kBatchLength,
                 static_cast<std::int32_t>(size_in_bytes() - layout::kLogOverhead));
  base::store_be(begin_ + layout::kLeaderEpoch, kNoLeaderEpoch.value);
  base::store_be(begin_ + layout::kMagic, kBatchMagic);
  base::store_be(begin_ + layout::kCrc, std::uint32_t{0});
  base::store_be(begin_ + layout::kAttributes, attributes);
  base::store_be(begin_ + layout::kLastOffsetDelta, record_count_ - 1);
  base::store_be(begin_ + layout::kBaseTimestamp, base_timestamp_);
  base::store_be(begin_ + layout::kMaxTimestamp, max_timestamp_);
  base::store_be(begin_ + layout::kProducerId, kNoProducerId.value);
  base::store_be(begin_ + layout::kProducerEpoch, kNoProducerEpoch.value);
  base::store_be(begin_ + layout::kBaseSequence, kNoSequence.value);
  base::store_be(begin_ + layout::kRecordCount, record_count_);
  return begin_;
}

BytesView RecordBatchBuilder::close_sealed(const ProducerState& producer, bool transactional) {
  char* const batch = close();
  seal(batch, producer, transactional, sum_);
  return {batch, size_in_bytes()};
}

void RecordBatchBuilder::reset() {
  at_ = begin_ + kBatchHeaderSize;
  base_timestamp_ = -1;
  max_timestamp_ = -1;
  record_count_ = 0;
  control_ = false;
  sum_ = {};
}

}  // namespace ottla::protocol
