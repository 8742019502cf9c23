#include "protocol/record/control_record.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/record/batches.h"

namespace ottla::protocol {
namespace {

constexpr std::int64_t kTimestamp = 1'700'000'000'000;

// The only record of a batch; views it hands out point into `bytes`.
RecordView only_record(const std::string& bytes) {
  const auto batch = RecordBatchView::parse(bytes).value();
  EXPECT_TRUE(batch.verify_crc());
  EXPECT_TRUE(batch.is_control());
  RecordReader reader(batch, batch.records());
  RecordView record;
  EXPECT_TRUE(reader.next(record));
  RecordView none;
  EXPECT_FALSE(reader.next(none));
  EXPECT_TRUE(reader.status());
  return record;
}

RecordView record_of(BytesView key, BytesView value) {
  RecordView record;
  record.key = key;
  record.value = value;
  return record;
}

TEST(EndTransactionMarker, is_read_from_the_batch_that_holds_it) {
  for (const bool committed : {true, false}) {
    const EndTransactionMarker marker{committed, 11};
    const auto bytes = end_transaction_batch(marker, ProducerId(7), ProducerEpoch(2), kTimestamp);
    const auto batch = RecordBatchView::parse(bytes).value();
    EXPECT_TRUE(batch.is_transactional());
    EXPECT_EQ(batch.producer_state(),
              (ProducerState{ProducerId(7), ProducerEpoch(2), kNoSequence}));
    EXPECT_EQ(parse_end_transaction_marker(only_record(bytes)).value(), marker);
  }
}

TEST(EndTransactionMarker, is_not_made_up_from_other_records) {
  const BytesView commit("\0\0\0\x01", 4);
  const BytesView leader_change("\0\0\0\x02", 4);
  const BytesView marker("\0\0\0\0\0\x0b", 6);
  EXPECT_TRUE(parse_end_transaction_marker(record_of(commit, marker)));
  EXPECT_FALSE(parse_end_transaction_marker(record_of(leader_change, marker)));
  EXPECT_FALSE(parse_end_transaction_marker(record_of(commit, marker.substr(0, 5))));
  EXPECT_FALSE(parse_end_transaction_marker(record_of(commit.substr(0, 3), marker)));
  EXPECT_FALSE(parse_end_transaction_marker(record_of(BytesView("\xff\xff\0\x01", 4), marker)));
  EXPECT_FALSE(parse_end_transaction_marker(RecordView{}));
}

TEST(ControlRecord, of_an_unknown_type_keeps_its_number) {
  const auto type = control_record_type(record_of(BytesView("\0\0\0\x63", 4), ""));
  EXPECT_EQ(type.value(), static_cast<ControlRecordType>(99));
}

TEST(LeaderChangeMessage, is_read_from_the_batch_that_holds_it_at_either_version) {
  for (const std::int16_t version : {std::int16_t{0}, std::int16_t{1}}) {
    LeaderChangeMessage message{.version = version, .leader_id = BrokerId(1)};
    message.voters.push_back({BrokerId(1), version == 0 ? Uuid{} : Uuid{5, 6}});
    message.granting_voters = message.voters;
    const auto bytes = control_batch(ControlRecordType::leader_change,
                                     encode_control(message).value(), kTimestamp);
    EXPECT_EQ(decode_control<LeaderChangeMessage>(only_record(bytes)).value(), message);
    EXPECT_FALSE(RecordBatchView::parse(bytes)->is_transactional());
  }
}

TEST(ControlRecord, bodies_are_refused_when_type_version_or_length_is_wrong) {
  const auto body = encode_control(SnapshotHeaderRecord{0, kTimestamp}).value();
  const BytesView key("\0\0\0\x03", 4);
  EXPECT_TRUE(decode_control<SnapshotHeaderRecord>(record_of(key, body)));
  EXPECT_FALSE(decode_control<SnapshotFooterRecord>(record_of(key, body)));
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(decode_control<SnapshotHeaderRecord>(record_of(key, body.substr(0, size))));
  }
  auto newer = body;
  newer[1] = 1;
  EXPECT_EQ(decode_control<SnapshotHeaderRecord>(record_of(key, newer)).error().code(),
            ErrorCode::unsupported_version);
  EXPECT_FALSE(encode_control(SnapshotFooterRecord{.version = 3}));
}

}  // namespace
}  // namespace ottla::protocol
