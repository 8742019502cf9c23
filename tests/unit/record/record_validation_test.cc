#include "protocol/record/record_validation.h"

#include <gtest/gtest.h>

#include <string>

#include "base/endian.h"
#include "tests/unit/record/batches.h"

namespace ottla::protocol {
namespace {

using testing::batch_of;
using testing::every_shape;

constexpr ProducerState kProducer{ProducerId(7), ProducerEpoch(0), Sequence(0)};

template <class T>
ErrorCode refusal_with(std::size_t at, T value, const ProducerState& producer = kProducer) {
  auto bytes = batch_of(every_shape(), producer);
  base::store_be(bytes.data() + at, value);
  const auto checked = validate_produced_header(RecordBatchView::parse(bytes).value());
  return checked ? ErrorCode::none : checked.error().code();
}

TEST(ValidateProducedHeader, accepts_what_producers_send) {
  const auto none = std::int32_t{-1};
  EXPECT_EQ(refusal_with(batch_layout::kLeaderEpoch, none), ErrorCode::none);
  EXPECT_EQ(refusal_with(batch_layout::kLeaderEpoch, none, {}), ErrorCode::none);
  EXPECT_EQ(refusal_with(batch_layout::kAttributes, std::int16_t{0x10}), ErrorCode::none);
}

TEST(ValidateProducedHeader, refuses_what_only_brokers_write_and_what_does_not_add_up) {
  namespace layout = batch_layout;
  const auto invalid = ErrorCode::invalid_record;
  EXPECT_EQ(refusal_with(layout::kBaseOffset, std::int64_t{1}), invalid);
  EXPECT_EQ(refusal_with(layout::kRecordCount, std::int32_t{7}), invalid);
  EXPECT_EQ(refusal_with(layout::kRecordCount, std::int32_t{0}), invalid);
  EXPECT_EQ(refusal_with(layout::kLastOffsetDelta, std::int32_t{8}), invalid);
  EXPECT_EQ(refusal_with(layout::kAttributes, std::int16_t{0x20}), invalid);
  EXPECT_EQ(refusal_with(layout::kBaseSequence, std::int32_t{-1}), invalid);
  EXPECT_EQ(refusal_with(layout::kProducerEpoch, std::int16_t{-1}), invalid);
  EXPECT_EQ(refusal_with(layout::kAttributes, std::int16_t{0x10}, {}), invalid);
  EXPECT_EQ(refusal_with(layout::kAttributes, std::int16_t{0x08}), ErrorCode::invalid_timestamp);
}

TEST(ValidateRecords, sums_up_what_the_broker_asks_about) {
  const auto bytes = batch_of(every_shape());
  const auto batch = RecordBatchView::parse(bytes).value();
  const RecordsSummary expected{.min_timestamp = 1'699'999'999'000,
                                .max_timestamp = 1'800'000'000'000,
                                .max_timestamp_delta = 5,
                                .first_without_key = 1};
  EXPECT_EQ(validate_records(batch, batch.records()).value(), expected);
}

TEST(ValidateRecords, names_the_first_record_whose_offset_is_not_the_next) {
  auto bytes = batch_of({{0, 5, "k", "v", {}}, {1, 5, "k", "v", {}}, {2, 5, "k", "v", {}}});
  // Records of 9 bytes: length, attributes, timestamp, offset ...
  bytes[kBatchHeaderSize + 9 + 3] = 4;
  const auto batch = RecordBatchView::parse(bytes).value();
  const auto checked = validate_records(batch, batch.records());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::invalid_record);
  EXPECT_NE(checked.error().message().find("record 1 of the batch has offset delta 2"),
            std::string::npos);
}

TEST(ValidateRecords, passes_on_why_a_record_cannot_be_read) {
  const auto bytes = batch_of(every_shape());
  const auto batch = RecordBatchView::parse(bytes).value();
  const auto checked = validate_records(batch, batch.records().substr(0, 50));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::invalid_record);
}

}  // namespace
}  // namespace ottla::protocol
