#include "protocol/record/record_batch.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/crc32c.h"
#include "base/endian.h"
#include "tests/unit/record/batches.h"

namespace ottla::protocol {
namespace {

using testing::batch_of;
using testing::every_shape;

constexpr ProducerState kProducer{ProducerId(7), ProducerEpoch(2), Sequence(40)};

template <class T>
std::string with(std::string batch, std::size_t at, T value) {
  base::store_be(batch.data() + at, value);
  return batch;
}

ErrorCode parse_error(const std::string& bytes) {
  const auto batch = RecordBatchView::parse(bytes);
  return batch ? ErrorCode::none : batch.error().code();
}

TEST(RecordBatchView, shows_every_field_of_the_header) {
  auto bytes = batch_of(every_shape(), kProducer);
  stamp_offsets(bytes.data(), Offset(1000), LeaderEpoch(5));
  const auto longer = bytes + "what follows";
  const auto batch = RecordBatchView::parse(longer).value();
  EXPECT_EQ(batch.size_in_bytes(), bytes.size());
  EXPECT_EQ(batch.batch_length(), static_cast<std::int32_t>(bytes.size() - 12));
  EXPECT_EQ(batch.base_offset(), Offset(1000));
  EXPECT_EQ(batch.last_offset(), Offset(1007));
  EXPECT_EQ(batch.next_offset(), Offset(1008));
  EXPECT_EQ(batch.partition_leader_epoch(), LeaderEpoch(5));
  EXPECT_EQ(batch.magic(), 2);
  EXPECT_EQ(batch.record_count(), 8);
  EXPECT_EQ(batch.base_timestamp(), 1'700'000'000'000);
  EXPECT_EQ(batch.max_timestamp(), 1'800'000'000'000);
  EXPECT_EQ(batch.producer_state(), kProducer);
  EXPECT_EQ(batch.last_sequence(), Sequence(47));
  EXPECT_EQ(batch.compression(), Compression::none);
  EXPECT_EQ(batch.timestamp_type(), TimestampType::create_time);
  EXPECT_FALSE(batch.is_control());
  EXPECT_FALSE(batch.is_transactional());
  EXPECT_FALSE(batch.has_delete_horizon());
  EXPECT_TRUE(batch.verify_crc());
}

TEST(RecordBatchView, wraps_sequences_to_zero_and_has_none_without_a_producer) {
  constexpr Sequence kLast(std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(sequence_after(kLast, 1), Sequence(0));
  EXPECT_EQ(sequence_after(kLast, 5), Sequence(4));
  const auto plain = batch_of(every_shape());
  EXPECT_EQ(RecordBatchView::parse(plain)->last_sequence(), kNoSequence);
  const auto wrapping = batch_of(every_shape(), {ProducerId(1), ProducerEpoch(0), kLast});
  EXPECT_EQ(RecordBatchView::parse(wrapping)->last_sequence(), Sequence(6));
}

TEST(RecordBatchView, refuses_headers_that_lie) {
  const auto good = batch_of(every_shape());
  ASSERT_EQ(parse_error(good), ErrorCode::none);
  using Int = std::int32_t;
  EXPECT_EQ(parse_error(with<Int>(good, batch_layout::kBatchLength, 48)),
            ErrorCode::corrupt_message);
  EXPECT_EQ(parse_error(with<Int>(good, batch_layout::kBatchLength, -1)),
            ErrorCode::corrupt_message);
  EXPECT_EQ(parse_error(with<Int>(good, batch_layout::kRecordCount, -1)),
            ErrorCode::invalid_record);
  EXPECT_EQ(parse_error(with<Int>(good, batch_layout::kLastOffsetDelta, -1)),
            ErrorCode::invalid_record);
  EXPECT_EQ(parse_error(with<std::int16_t>(good, batch_layout::kAttributes, 5)),
            ErrorCode::unsupported_compression_type);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parse_error(with<std::int64_t>(good, batch_layout::kBaseOffset, kMax)),
            ErrorCode::corrupt_message);
  EXPECT_EQ(parse_error(with<std::int64_t>(good, batch_layout::kBaseOffset, -1)),
            ErrorCode::corrupt_message);
}

TEST(RecordBatchView, names_the_old_formats_it_does_not_read) {
  const auto good = batch_of(every_shape());
  for (const auto magic : {std::int8_t{0}, std::int8_t{1}}) {
    const auto old = with(good, batch_layout::kMagic, magic);
    const auto parsed = RecordBatchView::parse(old);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), ErrorCode::unsupported_for_message_format);
    EXPECT_NE(parsed.error().message().find("magic " + std::to_string(magic)), std::string::npos);
  }
  EXPECT_EQ(parse_error(with<std::int8_t>(good, batch_layout::kMagic, 3)),
            ErrorCode::corrupt_message);
}

TEST(RecordBatchView, refuses_a_batch_that_is_cut_short_anywhere) {
  auto shapes = every_shape();
  shapes.resize(6);
  const auto good = batch_of(shapes);
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_EQ(parse_error(good.substr(0, size)), ErrorCode::corrupt_message) << size;
  }
}

TEST(RecordBatchView, any_flipped_bit_is_found_or_lies_outside_the_checksum) {
  auto shapes = every_shape();
  shapes.resize(6);
  const auto good = batch_of(shapes, kProducer);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = RecordBatchView::parse(bad);
    const bool found = !parsed || !parsed->verify_crc();
    const auto byte = bit / 8;
    const bool stamped_by_leader =
        byte < batch_layout::kBatchLength || (byte >= batch_layout::kLeaderEpoch && byte < 16);
    ASSERT_TRUE(found || stamped_by_leader) << "bit " << bit;
  }
}

TEST(RecordBatchView, says_where_the_checksum_is_wrong) {
  auto bytes = batch_of(every_shape());
  stamp_offsets(bytes.data(), Offset(300), LeaderEpoch(1));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const auto verified = RecordBatchView::parse(bytes)->verify_crc();
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code(), ErrorCode::corrupt_message);
  EXPECT_EQ(verified.error().context().offset, 300);
}

TEST(RecordBatch, edits_in_place_keep_the_checksum_right) {
  auto bytes = batch_of(every_shape());
  const auto batch = RecordBatchView::parse(bytes).value();
  stamp_offsets(bytes.data(), Offset(99), LeaderEpoch(3));
  EXPECT_TRUE(batch.verify_crc());
  stamp_timestamps(bytes.data(), TimestampType::log_append_time, 1234);
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_EQ(batch.timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(batch.max_timestamp(), 1234);
  stamp_timestamps(bytes.data(), TimestampType::create_time, 5);
  EXPECT_EQ(batch.timestamp_type(), TimestampType::create_time);
  seal(bytes.data(), kProducer, true);
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_EQ(batch.producer_state(), kProducer);
  seal(bytes.data(), {}, false);
  EXPECT_FALSE(batch.is_transactional());
  EXPECT_EQ(batch.base_offset(), Offset(99));
}

TEST(BatchIterator, walks_whole_batches_and_tolerates_a_cut_at_the_end) {
  const auto one = batch_of(every_shape());
  const auto two = batch_of({{0, 5, "k", "v", {}}});
  const auto both = one + two;
  for (std::size_t size = 0; size <= both.size(); size += 1 + size / 200) {
    BatchIterator batches(BytesView(both).substr(0, size));
    std::size_t walked = 0;
    for (RecordBatchView batch; batches.next(batch);) walked += batch.size_in_bytes();
    const auto whole = size == both.size() ? size : size >= one.size() ? one.size() : 0;
    ASSERT_EQ(walked, whole) << size;
    ASSERT_EQ(batches.position(), whole);
    ASSERT_EQ(batches.truncated(), whole != size);
    ASSERT_TRUE(batches.status());
  }
}

TEST(BatchIterator, stops_with_an_error_at_a_batch_that_cannot_be_read) {
  const auto good = batch_of({{0, 5, "k", "v", {}}});
  const auto both = good + with<std::int32_t>(good, batch_layout::kBatchLength, 3);
  BatchIterator batches(both);
  RecordBatchView batch;
  EXPECT_TRUE(batches.next(batch));
  EXPECT_FALSE(batches.next(batch));
  EXPECT_EQ(batches.status().error().code(), ErrorCode::corrupt_message);
  EXPECT_EQ(batches.position(), good.size());
  EXPECT_FALSE(batches.truncated());
}

}  // namespace
}  // namespace ottla::protocol
