#include "broker/log/cleaner/rewritten_batch.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/endian.h"
#include "base/varint.h"
#include "protocol/compression/compression.h"

namespace ottla::broker {
namespace {

namespace layout = protocol::batch_layout;
using protocol::RecordBatchView;
using protocol::RecordView;

void put_varint(std::string& to, std::int64_t value) {
  char bytes[base::kMaxVarint64Size];
  to.append(bytes, base::write_zigzag64(bytes, value));
}

void put_field(std::string& to, const std::optional<BytesView>& bytes) {
  put_varint(to, bytes ? static_cast<std::int64_t>(bytes->size()) : -1);
  if (bytes) to.append(*bytes);
}

void put_record(std::string& to, const RecordView& record, Offset base_offset,
                std::int64_t timestamp_delta, std::string& body) {
  body.assign(1, '\0');  // attributes, of which none is defined
  put_varint(body, timestamp_delta);
  put_varint(body, record.offset - base_offset);
  put_field(body, record.key);
  put_field(body, record.value);
  put_varint(body, static_cast<std::int64_t>(record.headers.size()));
  body.append(record.headers.bytes());
  put_varint(to, static_cast<std::int64_t>(body.size()));
  to.append(body);
}

struct Header {
  std::int16_t attributes;
  std::int64_t base_timestamp;
  std::int64_t max_timestamp;
  std::int32_t record_count;
};

Bytes assemble(const RecordBatchView& from, const Header& header, BytesView records) {
  Bytes made(from.bytes().substr(0, layout::kRecords));
  made.append(records);
  base::store_be(made.data() + layout::kBatchLength,
                 static_cast<std::int32_t>(made.size() - layout::kLogOverhead));
  base::store_be(made.data() + layout::kAttributes, header.attributes);
  base::store_be(made.data() + layout::kBaseTimestamp, header.base_timestamp);
  base::store_be(made.data() + layout::kMaxTimestamp, header.max_timestamp);
  base::store_be(made.data() + layout::kRecordCount, header.record_count);
  base::store_be(made.data() + layout::kCrc,
                 base::crc32c(BytesView(made).substr(layout::kAttributes)));
  return made;
}

}  // namespace

Result<Bytes> rewritten_batch(const RecordBatchView& batch, std::span<const RecordView> kept,
                              std::optional<WallMillis> delete_horizon) {
  if (batch.has_delete_horizon()) delete_horizon = batch.base_timestamp();
  const bool by_broker = batch.timestamp_type() == protocol::TimestampType::log_append_time;
  Header header{batch.attributes(), kNoTimestamp, kNoTimestamp,
                static_cast<std::int32_t>(kept.size())};
  header.base_timestamp = delete_horizon.value_or(kept.front().timestamp);
  if (delete_horizon) header.attributes |= layout::kDeleteHorizonBit;
  std::string records;
  std::string body;
  for (const auto& record : kept) {
    header.max_timestamp = std::max(header.max_timestamp, record.timestamp);
    // Timestamps are the producers' business; the difference of two may not fit, and wraps.
    const auto delta = static_cast<std::uint64_t>(record.timestamp) -
                       static_cast<std::uint64_t>(header.base_timestamp);
    put_record(records, record, batch.base_offset(), static_cast<std::int64_t>(delta), body);
  }
  if (by_broker) header.max_timestamp = batch.max_timestamp();
  const auto codec = batch.compression();
  if (codec == Compression::none) return assemble(batch, header, records);
  std::string compressed;
  auto done = protocol::compress(codec, protocol::default_level(codec), records, compressed);
  if (!done) return done.error();
  return assemble(batch, header, compressed);
}

Bytes emptied_batch(const RecordBatchView& batch) {
  constexpr std::int16_t gone = layout::kCodecMask | layout::kDeleteHorizonBit;
  const auto attributes = static_cast<std::int16_t>(batch.attributes() & ~gone);
  return assemble(batch, {attributes, kNoTimestamp, batch.max_timestamp(), 0}, {});
}

}  // namespace ottla::broker
