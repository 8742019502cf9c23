#include "protocol/record/record_batch_builder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "protocol/compression/compression.h"
#include "tests/unit/record/batches.h"

namespace ottla::protocol {
namespace {

using testing::append;
using testing::batch_of;
using testing::every_shape;
using testing::OwnedRecord;
using testing::read_records;

TEST(RecordBatchBuilder, writes_what_the_reader_reads) {
  const auto bytes = batch_of(every_shape());
  const auto batch = RecordBatchView::parse(bytes).value();
  EXPECT_EQ(read_records(batch, batch.records()).value(), every_shape());
}

TEST(RecordBatchBuilder, writes_the_bytes_of_kafkas_format) {
  const RecordHeader header{"h", std::nullopt};
  const auto first = std::string("\x10\x00\x00\x00\x02k\x02v\x00", 9);
  const auto second = std::string("\x12\x00\x01\x02\x01\x00\x02\x02h\x01", 10);
  std::string memory(200, '\0');
  auto over = RecordBatchBuilder::over(memory);
  ASSERT_TRUE(over.append(1000, "k", "v"));
  ASSERT_TRUE(over.append(999, std::nullopt, "", {&header, 1}));
  const auto batch = over.close_sealed();
  EXPECT_EQ(batch.data(), memory.data());
  EXPECT_EQ(batch.substr(61), first + second);
}

TEST(RecordBatchBuilder, fills_the_memory_it_was_given_and_then_declines) {
  for (std::size_t capacity = 61; capacity < 61 + 60; ++capacity) {
    std::string memory(capacity + 1, '#');
    auto builder = RecordBatchBuilder::over({memory.data(), capacity});
    int appended = 0;
    while (builder.append(5, "key", "value")) ++appended;
    // Length, attributes, timestamp, offset, 1 + 3, 1 + 5, count of headers.
    EXPECT_EQ(appended, static_cast<int>((capacity - 61) / 15));
    EXPECT_EQ(builder.record_count(), appended);
    EXPECT_EQ(memory[capacity], '#');
  }
}

TEST(RecordBatchBuilder, a_declined_record_changes_nothing) {
  std::string memory(120, '\0');
  auto builder = RecordBatchBuilder::over(memory);
  ASSERT_TRUE(builder.append(10, "a", "b"));
  ASSERT_FALSE(builder.append(999, "a", std::string(100, 'x')));
  const auto bytes = builder.close_sealed();
  const auto batch = RecordBatchView::parse(bytes).value();
  EXPECT_EQ(batch.max_timestamp(), 10);
  EXPECT_EQ(read_records(batch, batch.records())->size(), 1U);
}

TEST(RecordBatchBuilder, grows_up_to_its_limit) {
  auto builder = RecordBatchBuilder::growing(0, 1000);
  int appended = 0;
  while (builder.append(5, "key", "value")) ++appended;
  EXPECT_EQ(appended, (1000 - 61) / 15);
  EXPECT_EQ(builder.capacity(), 1000U);
  EXPECT_TRUE(RecordBatchView::parse(builder.close_sealed())->verify_crc());
}

TEST(RecordBatchBuilder, never_takes_more_than_the_bound_it_names) {
  base::Random random(3);
  auto builder = RecordBatchBuilder::growing();
  for (int i = 0; i < 2000; ++i) {
    OwnedRecord record{i, random.between(-1, std::int64_t{1} << 45), "", "", {}};
    if (random.one_in(4))
      record.key.reset();
    else
      record.key->resize(random.below(300), 'k');
    if (random.one_in(4))
      record.value.reset();
    else
      record.value->resize(random.below(300), 'v');
    for (auto n = random.below(3); n > 0; --n) record.headers.push_back({"header", "value"});
    std::vector<RecordHeader> headers;
    for (const auto& header : record.headers) {
      headers.push_back({header.key, testing::view(header.value)});
    }
    const auto bound =
        builder.size_if_appended(testing::view(record.key), testing::view(record.value), headers);
    ASSERT_TRUE(append(builder, record));
    ASSERT_LE(builder.size_in_bytes(), bound);
  }
}

TEST(RecordBatchBuilder, compresses_in_place_with_every_codec) {
  for (const auto codec : {Compression::none, Compression::gzip, Compression::snappy,
                           Compression::lz4, Compression::zstd}) {
    auto builder = RecordBatchBuilder::growing();
    for (const auto& record : every_shape()) ASSERT_TRUE(append(builder, record));
    const auto plain_size = builder.size_in_bytes();
    char* const bytes = builder.close(codec, default_level(codec)).value();
    seal(bytes, {}, false);
    const auto batch = RecordBatchView::parse({bytes, builder.size_in_bytes()}).value();
    EXPECT_EQ(batch.compression(), codec);
    EXPECT_TRUE(batch.verify_crc());
    EXPECT_EQ(batch.size_in_bytes() < plain_size, codec != Compression::none);
    std::string buffer;
    const auto records = uncompressed_records(batch, plain_size, buffer).value();
    EXPECT_EQ(read_records(batch, records).value(), every_shape());
  }
}

TEST(RecordBatchBuilder, leaves_records_alone_that_compression_would_not_shrink) {
  auto builder = RecordBatchBuilder::growing();
  ASSERT_TRUE(builder.append(5, "k", "v"));
  char* const bytes = builder.close(Compression::gzip, -1).value();
  seal(bytes, {}, false);
  const auto batch = RecordBatchView::parse({bytes, builder.size_in_bytes()}).value();
  EXPECT_EQ(batch.compression(), Compression::none);
  EXPECT_TRUE(batch.verify_crc());
}

TEST(RecordBatchBuilder, refuses_a_level_that_the_codec_does_not_have) {
  auto builder = RecordBatchBuilder::growing();
  ASSERT_TRUE(builder.append(5, "k", "v"));
  EXPECT_EQ(builder.close(Compression::gzip, 99).error().code(), ErrorCode::invalid_argument);
}

TEST(RecordBatchBuilder, seals_the_same_whether_it_sums_while_filling_or_not) {
  for (const std::size_t value : {0U, 100U, 5000U, 20'000U}) {
    auto summing = RecordBatchBuilder::growing();
    auto plain = RecordBatchBuilder::growing();
    summing.sum_while_filling();
    for (int i = 0; i < 300; ++i) {
      const std::string bytes(value, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(summing.append(i, std::nullopt, bytes));
      ASSERT_TRUE(plain.append(i, std::nullopt, bytes));
    }
    EXPECT_EQ(summing.sum().size > 0, value > 512) << value;
    const auto size = summing.size_in_bytes();
    char* const batch = summing.close();
    plain.close();
    // Again for a producer that had to change its epoch, and it is part of a transaction then.
    for (const auto epoch : {std::int16_t{0}, std::int16_t{1}}) {
      const ProducerState producer{ProducerId(7), ProducerEpoch(epoch), Sequence(3)};
      seal(batch, producer, epoch == 1, summing.sum());
      EXPECT_EQ(BytesView(batch, size), plain.close_sealed(producer, epoch == 1)) << value;
    }
  }
}

TEST(RecordBatchBuilder, forgets_the_sum_of_records_that_were_compressed) {
  auto builder = RecordBatchBuilder::growing();
  builder.sum_while_filling();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(builder.append(i, "k", std::string(1000, 'v')));
  char* const bytes = builder.close(Compression::lz4, default_level(Compression::lz4)).value();
  seal(bytes, {}, false, builder.sum());
  EXPECT_TRUE(RecordBatchView::parse({bytes, builder.size_in_bytes()}).value().verify_crc());
}

TEST(RecordBatchBuilder, sums_anew_in_the_same_memory) {
  std::string memory(50'000, '\0');
  auto builder = RecordBatchBuilder::over(memory);
  builder.sum_while_filling();
  for (const char each : {'a', 'b'}) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(builder.append(i, "k", std::string(3000, each)));
    EXPECT_TRUE(RecordBatchView::parse(builder.close_sealed()).value().verify_crc());
    builder.reset();
  }
}

TEST(UncompressedRecords, end_at_the_limit) {
  auto builder = RecordBatchBuilder::growing();
  ASSERT_TRUE(builder.append(5, "k", std::string(100'000, 'v')));
  char* const bytes = builder.close(Compression::zstd, 3).value();
  const auto batch = RecordBatchView::parse({bytes, builder.size_in_bytes()}).value();
  std::string buffer;
  EXPECT_EQ(uncompressed_records(batch, 99'999, buffer).error().code(),
            ErrorCode::message_too_large);
}

TEST(RecordBatchBuilder, starts_over_in_the_same_memory) {
  std::string memory(500, '\0');
  auto builder = RecordBatchBuilder::over(memory);
  ASSERT_TRUE(builder.append(77, "old", "old"));
  builder.close_sealed();
  builder.reset();
  EXPECT_TRUE(builder.empty());
  ASSERT_TRUE(builder.append(5, "new", "new"));
  const auto bytes = builder.close_sealed();
  const auto batch = RecordBatchView::parse(bytes).value();
  const std::vector<OwnedRecord> expected{{0, 5, "new", "new", {}}};
  EXPECT_EQ(read_records(batch, batch.records()).value(), expected);
  EXPECT_EQ(batch.max_timestamp(), 5);
}

}  // namespace
}  // namespace ottla::protocol
