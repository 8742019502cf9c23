#include "protocol/record/record_reader.h"

#include <limits>
#include <string>

#include "base/varint.h"
#include "protocol/compression/compression.h"

namespace ottla::protocol {
namespace {

using base::read_zigzag32;
using base::read_zigzag64;

// Reads a length and the bytes it counts; -1 stands for null. nullptr: malformed.
const char* read_nullable(const char* at, const char* end, std::optional<BytesView>& out) {
  std::int32_t length = 0;
  at = read_zigzag32(at, end, length);
  if (at == nullptr || length < -1 || length > end - at) return nullptr;
  if (length < 0) {
    out.reset();
    return at;
  }
  out.emplace(at, static_cast<std::size_t>(length));
  return at + length;
}

const char* skip_header(const char* at, const char* end) {
  std::int32_t key_length = 0;
  at = read_zigzag32(at, end, key_length);
  if (at == nullptr || key_length < 0 || key_length > end - at) return nullptr;
  std::optional<BytesView> value;
  return read_nullable(at + key_length, end, value);
}

// The headers must fill the rest of the record to its last byte.
bool read_headers(const char* at, const char* end, RecordHeadersView& out) {
  std::int32_t count = 0;
  at = read_zigzag32(at, end, count);
  if (at == nullptr || count < 0) return false;
  const char* const first = at;
  for (std::int32_t i = 0; i < count; ++i) {
    at = skip_header(at, end);
    if (at == nullptr) return false;
  }
  out = RecordHeadersView({first, static_cast<std::size_t>(at - first)}, count);
  return at == end;
}

bool add(std::int64_t a, std::int64_t b, std::int64_t& sum) {
  return !__builtin_add_overflow(a, b, &sum);
}

}  // namespace

Result<BytesView> uncompressed_records(const RecordBatchView& batch, std::size_t limit,
                                       std::string& buffer) {
  const auto codec = batch.compression();
  if (codec == Compression::none) return batch.records();
  // Compaction may leave no record, and then nothing was compressed.
  if (batch.record_count() == 0 && batch.records().empty()) return BytesView();
  if (auto done = decompress(codec, batch.records(), limit, buffer); !done) {
    return std::move(done).error();
  }
  return BytesView(buffer);
}

void RecordHeadersView::Iterator::read() {
  if (left_ == 0) return;
  const char* at = bytes_.data();
  const char* const end = at + bytes_.size();
  std::int32_t length = 0;
  at = read_zigzag32(at, end, length);
  current_.key = {at, static_cast<std::size_t>(length)};
  at = read_nullable(at + length, end, current_.value);
  bytes_ = {at, static_cast<std::size_t>(end - at)};
}

RecordReader::RecordReader(const RecordBatchView& batch, BytesView records)
    : at_(records.data()),
      end_(records.data() + records.size()),
      base_offset_(batch.base_offset().value),
      base_timestamp_(batch.base_timestamp()),
      append_timestamp_(batch.max_timestamp()),
      last_offset_delta_(batch.last_offset_delta()),
      record_count_(batch.record_count()),
      log_append_time_(batch.timestamp_type() == TimestampType::log_append_time) {}

bool RecordReader::fail(const char* reason) {
  failure_ = reason;
  return false;
}

bool RecordReader::next(RecordView& record) {
  if (failure_ != nullptr) return false;
  if (records_read_ == record_count_) {
    return at_ == end_ ? false : fail("bytes are left over after the last record of the batch");
  }
  std::int32_t length = 0;
  const char* at = read_zigzag32(at_, end_, length);
  if (at == nullptr || length < 0 || length > end_ - at) {
    return fail("its length is malformed or beyond the end of the batch");
  }
  const char* const end = at + length;
  if (at == end) return fail("it is empty");
  ++at;  // Attributes, of which none is defined.
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  at = read_zigzag64(at, end, timestamp_delta);
  if (at == nullptr) return fail("its timestamp is malformed");
  at = read_zigzag32(at, end, offset_delta);
  if (at == nullptr || offset_delta < 0 || offset_delta > last_offset_delta_) {
    return fail("its offset is malformed or outside the batch");
  }
  if (!add(base_timestamp_, timestamp_delta, record.timestamp)) {
    return fail("its timestamp overflows");
  }
  if (log_append_time_) record.timestamp = append_timestamp_;
  record.offset = Offset(base_offset_ + offset_delta);
  at = read_nullable(at, end, record.key);
  if (at == nullptr) return fail("the length of its key is malformed");
  at = read_nullable(at, end, record.value);
  if (at == nullptr) return fail("the length of its value is malformed");
  if (!read_headers(at, end, record.headers)) return fail("its headers are malformed");
  at_ = end;
  ++records_read_;
  return true;
}

Result<void> RecordReader::status() const {
  if (failure_ == nullptr) return {};
  return Error(ErrorCode::invalid_record,
               "record " + std::to_string(records_read_) + " of " + std::to_string(record_count_) +
                   " in the batch at offset " + std::to_string(base_offset_) +
                   " cannot be read: " + failure_,
               {.offset = base_offset_});
}

}  // namespace ottla::protocol
