#include "protocol/record/record_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/endian.h"
#include "base/random.h"
#include "tests/unit/record/batches.h"

namespace ottla::protocol {
namespace {

using testing::batch_of;
using testing::every_shape;
using testing::read_records;

// The reason why the records of a batch of `count` records are refused; empty if they are not.
std::string refusal(const std::string& records, std::int32_t count = 1) {
  auto bytes = batch_of({{0, 1000, "k", "v", {}}}).substr(0, kBatchHeaderSize) + records;
  base::store_be(bytes.data() + batch_layout::kBatchLength,
                 static_cast<std::int32_t>(bytes.size() - 12));
  base::store_be(bytes.data() + batch_layout::kRecordCount, count);
  base::store_be(bytes.data() + batch_layout::kLastOffsetDelta, std::int32_t{10});
  const auto batch = RecordBatchView::parse(bytes).value();
  const auto read = read_records(batch, batch.records());
  if (read) return "";
  EXPECT_EQ(read.error().code(), ErrorCode::invalid_record);
  return read.error().message();
}

bool mentions(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

std::string raw(std::initializer_list<int> bytes) {
  std::string made;
  for (const int byte : bytes) made += static_cast<char>(byte);
  return made;
}

TEST(RecordReader, accepts_the_least_record) {
  EXPECT_EQ(refusal(raw({12, 0, 0, 0, 1, 1, 0})), "");
}

TEST(RecordReader, refuses_what_does_not_add_up) {
  EXPECT_TRUE(mentions(refusal(raw({14, 0, 0, 0, 1, 1, 0})), "its length"));
  EXPECT_TRUE(mentions(refusal(raw({1, 0, 0, 0, 1, 1, 0})), "its length"));
  EXPECT_TRUE(mentions(refusal(raw({0})), "empty"));
  EXPECT_TRUE(mentions(refusal(""), "its length"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 1, 1, 1, 0})), "its offset"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 22, 1, 1, 0})), "its offset"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 3, 1, 0})), "its key"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 40, 1, 0})), "its key"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 3, 0})), "its value"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 10, 0})), "its value"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 1, 1})), "its headers"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 1, 2})), "its headers"));
  EXPECT_TRUE(mentions(refusal(raw({14, 0, 0, 0, 1, 1, 0, 0})), "its headers"));
  EXPECT_TRUE(mentions(refusal(raw({16, 0, 0, 0, 1, 1, 2, 1, 1})), "its headers"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 1, 0, 9})), "left over"));
  EXPECT_TRUE(mentions(refusal(raw({12, 0, 0, 0, 1, 1, 0}), 2), "record 1 of 2"));
  EXPECT_EQ(refusal("", 0), "");
}

TEST(RecordReader, refuses_a_timestamp_that_overflows) {
  auto bytes = batch_of({{0, 5, "k", "v", {}}, {1, 6, "k", "v", {}}});
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  base::store_be(bytes.data() + batch_layout::kBaseTimestamp, kMax);
  const auto batch = RecordBatchView::parse(bytes).value();
  RecordReader reader(batch, batch.records());
  RecordView record;
  EXPECT_TRUE(reader.next(record));
  EXPECT_EQ(record.timestamp, kMax);
  EXPECT_FALSE(reader.next(record));
  EXPECT_TRUE(mentions(reader.status().error().message(), "timestamp overflows"));
}

TEST(RecordReader, gives_the_offsets_and_timestamps_that_the_leader_assigned) {
  auto bytes = batch_of({{0, 5, "k", "v", {}}, {1, 6, "k", "v", {}}});
  stamp_offsets(bytes.data(), Offset(500), LeaderEpoch(0));
  stamp_timestamps(bytes.data(), TimestampType::log_append_time, 9999);
  const auto batch = RecordBatchView::parse(bytes).value();
  const auto records = read_records(batch, batch.records()).value();
  EXPECT_EQ(records[0].offset, 500);
  EXPECT_EQ(records[1].offset, 501);
  EXPECT_EQ(records[0].timestamp, 9999);
  EXPECT_EQ(records[1].timestamp, 9999);
}

TEST(RecordReader, refuses_records_cut_short_anywhere) {
  auto shapes = every_shape();
  shapes.resize(6);
  const auto bytes = batch_of(shapes);
  const auto batch = RecordBatchView::parse(bytes).value();
  for (std::size_t size = 0; size < batch.records().size(); ++size) {
    ASSERT_FALSE(read_records(batch, batch.records().substr(0, size))) << size;
  }
}

TEST(RecordReader, stays_within_the_records_whatever_they_say) {
  auto shapes = every_shape();
  shapes.resize(6);
  const auto good = batch_of(shapes);
  base::Random random(4);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    // A copy of exact size, so that a sanitizer sees any step beyond it.
    std::string bad(good);
    for (auto n = 1 + random.below(3); n > 0; --n) {
      bad[kBatchHeaderSize + random.below(bad.size() - kBatchHeaderSize)] =
          static_cast<char>(random.next());
    }
    const auto batch = RecordBatchView::parse(bad).value();
    const std::vector<char> records(batch.records().begin(), batch.records().end());
    const auto read = read_records(batch, {records.data(), records.size()});
    refused += read ? 0 : 1;
    if (read) {
      ASSERT_EQ(read->size(), 6U);
    }
  }
  EXPECT_GT(refused, 5'000U);
}

TEST(RecordHeadersView, can_be_walked_again_and_again) {
  const auto bytes = batch_of({{0, 5, "k", "v", {{"a", "1"}, {"b", std::nullopt}}}});
  const auto batch = RecordBatchView::parse(bytes).value();
  RecordReader reader(batch, batch.records());
  RecordView record;
  ASSERT_TRUE(reader.next(record));
  for (int round = 0; round < 2; ++round) {
    std::vector<RecordHeader> seen(record.headers.begin(), record.headers.end());
    const std::vector<RecordHeader> expected{{"a", "1"}, {"b", std::nullopt}};
    EXPECT_EQ(seen, expected);
  }
  EXPECT_EQ(record.headers.size(), 2U);
}

}  // namespace
}  // namespace ottla::protocol
