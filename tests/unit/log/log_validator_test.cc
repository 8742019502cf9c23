#include "broker/log/log_validator.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/endian.h"
#include "protocol/compression/compression.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

namespace layout = protocol::batch_layout;

constexpr WallMillis kNow = 1'700'000'000'000;

ErrorCode verdict(std::string batch, const LogConfig& config = {},
                  AppendOrigin origin = AppendOrigin::client) {
  std::vector<ValidatedBatch> into;
  auto result = validate_batches(batch, origin, config, kNow, into);
  return result ? ErrorCode::none : result.error().code();
}

// A good batch, edited and given its right checksum again.
std::string edited(const std::function<void(char*)>& edit) {
  auto batch = batch_of({{"a"}, {"b"}});
  edit(batch.data());
  const auto type = static_cast<TimestampType>(
      (base::load_be<std::int16_t>(batch.data() + layout::kAttributes) >> 3) & 1);
  protocol::stamp_timestamps(batch.data(), type,
                             base::load_be<std::int64_t>(batch.data() + layout::kMaxTimestamp));
  return batch;
}

template <class T>
std::string with(std::size_t at, T value) {
  return edited([=](char* batch) { base::store_be(batch + at, value); });
}

TEST(LogValidator, takes_a_good_batch) {
  EXPECT_EQ(verdict(batch_of({{"a"}, {"b"}})), ErrorCode::none);
  EXPECT_EQ(verdict(edited([](char*) {})), ErrorCode::none);
}

TEST(LogValidator, answers_with_the_codes_of_a_kafka_leader) {
  auto wrong_crc = make_batch("a");
  wrong_crc.back() = static_cast<char>(wrong_crc.back() ^ 1);
  EXPECT_EQ(verdict(wrong_crc), ErrorCode::corrupt_message);
  EXPECT_EQ(verdict(make_batch("a").substr(0, 70)), ErrorCode::corrupt_message);
  EXPECT_EQ(verdict(""), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(make_batch("a") + make_batch("b")), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with<std::int8_t>(layout::kMagic, 1)),
            ErrorCode::unsupported_for_message_format);
  EXPECT_EQ(verdict(with<std::int64_t>(layout::kBaseOffset, 5)), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with<std::int32_t>(layout::kRecordCount, 3)), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with<std::int32_t>(layout::kLastOffsetDelta, 7)), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with(layout::kAttributes, layout::kControlBit)), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with<std::int64_t>(layout::kProducerId, 3)), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(with(layout::kAttributes, layout::kLogAppendTimeBit)),
            ErrorCode::invalid_timestamp);
  EXPECT_EQ(verdict(with<std::int16_t>(layout::kAttributes, 7)),
            ErrorCode::unsupported_compression_type);
}

TEST(LogValidator, holds_batches_to_the_sizes_of_the_topic) {
  LogConfig config;
  config.max_message_bytes = 100;
  EXPECT_EQ(verdict(make_batch(std::string(200, 'x')), config), ErrorCode::message_too_large);
  config.max_message_bytes = 1000;
  config.segment_bytes = 100;
  EXPECT_EQ(verdict(make_batch(std::string(200, 'x')), config), ErrorCode::record_list_too_large);
}

TEST(LogValidator, holds_timestamps_to_the_bounds_of_the_topic) {
  LogConfig config;
  config.message_timestamp_before_max_ms = 1000;
  config.message_timestamp_after_max_ms = 500;
  EXPECT_EQ(verdict(batch_of({{"a", kNow - 1000}, {"b", kNow + 500}}), config), ErrorCode::none);
  EXPECT_EQ(verdict(batch_of({{"a", kNow}, {"b", kNow + 501}}), config),
            ErrorCode::invalid_timestamp);
  EXPECT_EQ(verdict(batch_of({{"a", kNow - 1001}, {"b", kNow}}), config),
            ErrorCode::invalid_timestamp);
  EXPECT_EQ(verdict(batch_of({{"a", kNoTimestamp}}), config), ErrorCode::none);
  config.message_timestamp_type = TimestampType::log_append_time;
  EXPECT_EQ(verdict(batch_of({{"a", 0}}), config), ErrorCode::none);
}

TEST(LogValidator, wants_keys_in_compacted_topics) {
  LogConfig config;
  config.cleanup_compact = true;
  EXPECT_EQ(verdict(batch_of({{"a"}}), config), ErrorCode::none);
  EXPECT_EQ(verdict(batch_of({{"a"}, {"b", kNow, std::nullopt}}), config),
            ErrorCode::invalid_record);
  config.compression = Compression::gzip;
  const auto batch = batch_of({{"a", kNow, std::nullopt}});
  const auto packed = recompress(*protocol::RecordBatchView::parse(batch), config);
  ASSERT_TRUE(packed);
  EXPECT_EQ(verdict(*packed, config), ErrorCode::invalid_record);
}

TEST(LogValidator, lets_the_brokers_own_rooms_write_control_batches) {
  const auto marker =
      protocol::end_transaction_batch({true, 1}, ProducerId(1), ProducerEpoch(0), 1);
  EXPECT_EQ(verdict(marker), ErrorCode::invalid_record);
  EXPECT_EQ(verdict(marker + marker, {}, AppendOrigin::coordinator), ErrorCode::none);
}

TEST(UnifiedLogSettings, stamps_the_brokers_time_where_the_topic_says_so) {
  LogFixture f;
  f.config.message_timestamp_type = TimestampType::log_append_time;
  f.create();
  auto done = f.append(batch_of({{"a", 5}, {"b", 6}}));
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->log_append_time, f.loop.wall_now());
  const auto bytes = LogFixture::bytes_of(*f.read(Offset(0)));
  const auto batch = protocol::RecordBatchView::parse(bytes);
  ASSERT_TRUE(batch && batch->verify_crc());
  EXPECT_EQ(batch->timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(batch->max_timestamp(), f.loop.wall_now());
}

TEST(UnifiedLogSettings, stores_records_in_the_codec_of_the_topic) {
  for (const auto codec : {Compression::gzip, Compression::snappy, Compression::lz4,
                           Compression::zstd, Compression::none}) {
    LogFixture f;
    f.create();
    f.config.compression = codec == Compression::none ? Compression::zstd : codec;
    f.log->update_config(f.config);
    ASSERT_TRUE(f.append(batch_of({{std::string(500, 'a')}, {"b"}}, producer(1, 0, 0))));
    auto stored = LogFixture::bytes_of(*f.read(Offset(0)));
    auto batch = protocol::RecordBatchView::parse(stored);
    ASSERT_TRUE(batch && batch->verify_crc());
    EXPECT_EQ(batch->compression(), *f.config.compression);
    EXPECT_EQ(batch->record_count(), 2);
    EXPECT_LT(stored.size(), 300u);
    if (codec != Compression::none) continue;
    // And back: what a producer compressed, a topic may want plain.
    LogFixture plain;
    plain.config.compression = Compression::none;
    plain.create();
    protocol::stamp_offsets(stored.data(), Offset(0), LeaderEpoch(-1));
    ASSERT_TRUE(plain.append(stored));
    EXPECT_EQ(plain.values(Offset(0)),
              (decltype(plain.values(Offset(0))){{0, std::string(500, 'a')}, {1, "b"}}));
  }
}

TEST(UnifiedLogSettings, mends_a_maximum_timestamp_that_lies) {
  LogFixture f;
  f.create();
  auto batch = batch_of({{"a", kNow}, {"b", kNow + 5}});
  protocol::stamp_timestamps(batch.data(), TimestampType::create_time, kNow + 100);
  ASSERT_TRUE(f.append(batch));
  const auto stored = LogFixture::bytes_of(*f.read(Offset(0)));
  const auto view = protocol::RecordBatchView::parse(stored);
  ASSERT_TRUE(view && view->verify_crc());
  EXPECT_EQ(view->max_timestamp(), kNow + 5);
}

// A batch whose header says that its records are compressed: they are `body`.
std::string compressed(Compression codec, const std::string& body, std::int32_t records) {
  auto batch = make_batch("a").substr(0, layout::kRecords) + body;
  base::store_be(batch.data() + layout::kBatchLength,
                 static_cast<std::int32_t>(batch.size() - layout::kLogOverhead));
  base::store_be(batch.data() + layout::kAttributes, static_cast<std::int16_t>(codec));
  base::store_be(batch.data() + layout::kLastOffsetDelta, records - 1);
  base::store_be(batch.data() + layout::kRecordCount, records);
  protocol::stamp_timestamps(batch.data(), TimestampType::create_time, kNow);
  return batch;
}

TEST(LogValidator, finds_compressed_batches_that_cannot_be_what_they_state) {
  for (const auto codec :
       {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    SCOPED_TRACE(static_cast<int>(codec));
    const auto plain = make_batch("a").substr(layout::kRecords);
    std::string body;
    ASSERT_TRUE(protocol::compress(codec, protocol::default_level(codec), plain, body));
    EXPECT_EQ(verdict(compressed(codec, body, 1)), ErrorCode::none);
    EXPECT_EQ(verdict(compressed(codec, "", 1)), ErrorCode::corrupt_message);
    EXPECT_EQ(verdict(compressed(codec, body, std::numeric_limits<std::int32_t>::max())),
              ErrorCode::corrupt_message);
    if (codec == Compression::snappy) continue;  // may begin with anything
    EXPECT_EQ(verdict(compressed(codec, "garbage", 1)), ErrorCode::corrupt_message);
  }
}

TEST(LogValidator, inflates_no_batch_to_many_times_what_the_topic_takes) {
  LogConfig config;
  config.cleanup_compact = true;
  std::string body;
  ASSERT_TRUE(protocol::compress(Compression::gzip, 6, std::string(100 << 20, '\0'), body));
  ASSERT_LT(body.size(), 200u << 10);
  EXPECT_EQ(verdict(compressed(Compression::gzip, body, 1), config), ErrorCode::message_too_large);
}

}  // namespace
}  // namespace ottla::broker
