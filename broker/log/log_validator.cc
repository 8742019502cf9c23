#include "broker/log/log_validator.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/endian.h"
#include "protocol/compression/compression.h"
#include "protocol/record/record_validation.h"

namespace ottla::broker {

namespace layout = protocol::batch_layout;
using protocol::RecordBatchView;

namespace {

// What a batch may grow to that this broker inflates before it appends it, which holds up everybody
// else.
std::size_t inflation_limit(const LogConfig& config) {
  constexpr std::int64_t times = 32;
  constexpr std::int64_t least = 16 << 20;
  const auto limit = std::max(least, times * std::int64_t{config.max_message_bytes});
  return std::min(kMaxInflatedBatch, static_cast<std::size_t>(limit));
}

// How many bytes one compressed byte can stand for.
std::size_t most_inflation(Compression codec) {
  switch (codec) {
    case Compression::gzip:
      return 1032;
    case Compression::lz4:
      return 255;
    case Compression::snappy:
      return 64;
    default:
      return kMaxInflatedBatch;
  }
}

// What a compressed body cannot be, at a glance: what a codec does not begin with, or more records
// than it can hold. All that it is only an inflation tells, which readers do.
Result<void> check_compressed(const RecordBatchView& batch) {
  constexpr std::size_t least_record = 7;
  const auto body = batch.records();
  const auto codec = batch.compression();
  const auto begins = [&](std::string_view magic) { return body.starts_with(magic); };
  const bool good = codec == Compression::gzip   ? begins("\x1f\x8b")
                    : codec == Compression::lz4  ? begins("\x04\x22\x4d\x18")
                    : codec == Compression::zstd ? begins("\x28\xb5\x2f\xfd")
                                                 : !body.empty();
  const auto inflated =
      std::min(kMaxInflatedBatch / most_inflation(codec), body.size()) * most_inflation(codec);
  const auto count = static_cast<std::size_t>(std::max(batch.record_count(), 0));
  if (good && count <= inflated / least_record) return {};
  return Error(ErrorCode::corrupt_message,
               good ? "a compressed batch states more records than it has bytes for"
                    : "a compressed batch does not begin as its codec does");
}

Result<void> check_timestamp(WallMillis timestamp, const LogConfig& config, WallMillis now) {
  if (timestamp == kNoTimestamp) return {};
  if (timestamp < 0) {
    return Error(ErrorCode::invalid_timestamp,
                 "timestamp " + std::to_string(timestamp) + " is negative");
  }
  if (now - timestamp > config.message_timestamp_before_max_ms ||
      timestamp - now > config.message_timestamp_after_max_ms) {
    return Error(ErrorCode::invalid_timestamp,
                 "timestamp " + std::to_string(timestamp) +
                     " is too far from the broker's clock, " + std::to_string(now) +
                     " (message.timestamp.before.max.ms, after.max.ms)");
  }
  return {};
}

Result<void> check_size(const RecordBatchView& batch, const LogConfig& config) {
  const auto size = static_cast<std::int64_t>(batch.size_in_bytes());
  if (size >
      std::min<std::int64_t>(config.segment_bytes, std::numeric_limits<std::int32_t>::max())) {
    return Error(ErrorCode::record_list_too_large, "the batch has " + std::to_string(size) +
                                                       " bytes, segment.bytes is " +
                                                       std::to_string(config.segment_bytes));
  }
  return {};
}

Result<void> check_message_size(std::size_t bytes, const LogConfig& config) {
  if (static_cast<std::int64_t>(bytes) <= config.max_message_bytes) return {};
  return Error(ErrorCode::message_too_large, "the batch has " + std::to_string(bytes) +
                                                 " bytes, max.message.bytes is " +
                                                 std::to_string(config.max_message_bytes));
}

// The timestamps and keys of the records, where looking at them is cheap or needed.
Result<protocol::RecordsSummary> look_at_records(const RecordBatchView& batch,
                                                 const LogConfig& config) {
  if (batch.compression() == Compression::none) {
    return protocol::validate_records(batch, batch.records());
  }
  if (auto good = check_compressed(batch); !good) return good.error();
  if (!config.cleanup_compact) {
    return protocol::RecordsSummary{std::min(batch.base_timestamp(), batch.max_timestamp()),
                                    batch.max_timestamp()};
  }
  std::string records;
  auto inflated =
      protocol::decompress(batch.compression(), batch.records(), inflation_limit(config), records);
  if (!inflated) return inflated.error();
  return protocol::validate_records(batch, records);
}

Result<WallMillis> validate_of_client(const RecordBatchView& batch, const LogConfig& config,
                                      WallMillis now) {
  if (auto good = protocol::validate_produced_header(batch); !good) return good.error();
  if (auto good = check_message_size(batch.size_in_bytes(), config); !good) return good.error();
  if (auto good = check_size(batch, config); !good) return good.error();
  auto records = look_at_records(batch, config);
  if (!records) return records.error();
  if (config.cleanup_compact && records->first_without_key >= 0) {
    return Error(ErrorCode::invalid_record,
                 "record " + std::to_string(records->first_without_key) +
                     " of the batch has no key, which a compacted topic needs");
  }
  if (config.message_timestamp_type == TimestampType::create_time) {
    for (const auto timestamp : {records->min_timestamp, records->max_timestamp}) {
      if (auto good = check_timestamp(timestamp, config, now); !good) return good.error();
    }
  }
  return records->max_timestamp;
}

}  // namespace

Result<void> validate_batches(BytesView batches, AppendOrigin origin, const LogConfig& config,
                              WallMillis now, std::vector<ValidatedBatch>& into) {
  if (batches.empty()) return Error(ErrorCode::invalid_record, "there is no record batch");
  for (BytesView rest = batches; !rest.empty();) {
    auto batch = RecordBatchView::parse(rest);
    if (!batch) return batch.error();
    if (auto good = batch->verify_crc(); !good) return good;
    rest.remove_prefix(batch->size_in_bytes());
    if (origin != AppendOrigin::client) {
      if (auto good = check_size(*batch, config); !good) return good;
      into.push_back({*batch, batch->max_timestamp()});
      continue;
    }
    if (!rest.empty() || !into.empty()) {
      return Error(ErrorCode::invalid_record, "a produce request has one batch for a partition");
    }
    auto max_timestamp = validate_of_client(*batch, config, now);
    if (!max_timestamp) return max_timestamp.error();
    into.push_back({*batch, *max_timestamp});
  }
  return {};
}

bool needs_recompression(const RecordBatchView& batch, const LogConfig& config) {
  return config.compression && *config.compression != batch.compression();
}

Result<Bytes> recompress(const RecordBatchView& batch, const LogConfig& config) {
  const auto codec = config.compression.value_or(batch.compression());
  std::string plain;
  if (auto inflated = protocol::decompress(batch.compression(), batch.records(),
                                           inflation_limit(config), plain);
      !inflated) {
    return inflated.error();
  }
  if (batch.compression() != Compression::none) {
    if (auto good = protocol::validate_records(batch, plain); !good) return good.error();
  }
  std::string packed;
  const int level = config.compression_level.value_or(protocol::default_level(codec));
  if (auto done = protocol::compress(codec, level, plain, packed); !done) return done.error();
  Bytes made(batch.bytes().substr(0, layout::kRecords));
  made += packed;
  if (auto good = check_message_size(made.size(), config); !good) return good.error();
  base::store_be(made.data() + layout::kBatchLength,
                 static_cast<std::int32_t>(made.size() - layout::kLogOverhead));
  const auto attributes = static_cast<std::int16_t>((batch.attributes() & ~layout::kCodecMask) |
                                                    static_cast<std::int16_t>(codec));
  base::store_be(made.data() + layout::kAttributes, attributes);
  protocol::stamp_timestamps(made.data(), batch.timestamp_type(), batch.max_timestamp());
  return made;
}

}  // namespace ottla::broker
