#include <gtest/gtest.h>

#include <string>

#include "protocol/group/group_records.h"
#include "protocol/transaction/transaction_records.h"
#include "tools/record_formatter.h"

namespace ottla::tools {
namespace {

RecordView record(BytesView key, BytesView value) {
  static const BatchView batch{.topic = "__consumer_offsets"};
  return {batch, 7, 0, key, value, {}};
}

std::string format(std::string_view formatter, BytesView key, BytesView value) {
  std::string out;
  const auto written = find_coordinator_formatter(formatter)(record(key, value), out);
  EXPECT_TRUE(written) << written.error();
  return out;
}

const std::string kOffsetKey = protocol::encode(protocol::OffsetCommitKey{"g", "t", 3}).value();
const std::string kGroupKey = protocol::encode(protocol::GroupMetadataKey{"g"}).value();
const std::string kTransactionKey = protocol::encode(protocol::TransactionLogKey{"x"}).value();

TEST(CoordinatorFormatters, print_what_kafka_prints_of_offsets) {
  protocol::OffsetCommitValue value;
  value.offset = protocol::Offset(5);
  value.metadata = "m";
  value.commit_timestamp = 9;
  const auto bytes = protocol::encode(value, 3).value();
  EXPECT_EQ(format("OffsetsMessageFormatter", kOffsetKey, bytes),
            R"({"key":{"type":1,"data":{"group":"g","topic":"t","partition":3}},)"
            R"("value":{"version":3,"data":{"offset":5,"leaderEpoch":-1,"metadata":"m",)"
            R"("commitTimestamp":9}}})");
  EXPECT_EQ(format("OffsetsMessageFormatter", kOffsetKey, kNull),
            R"({"key":{"type":1,"data":{"group":"g","topic":"t","partition":3}},"value":null})");
}

TEST(CoordinatorFormatters, print_only_their_kind_of_record) {
  EXPECT_EQ(format("OffsetsMessageFormatter", kGroupKey, kNull), "");
  EXPECT_EQ(format("GroupMetadataMessageFormatter", kOffsetKey, kNull), "");
  EXPECT_EQ(format("GroupMetadataMessageFormatter", kGroupKey, kNull),
            R"({"key":{"type":2,"data":{"group":"g"}},"value":null})");
  EXPECT_EQ(format("TransactionLogMessageFormatter", kTransactionKey, kNull),
            R"({"key":{"type":0,"data":{"transactionalId":"x"}},"value":null})");
  for (const auto* name : {"OffsetsMessageFormatter", "GroupMetadataMessageFormatter",
                           "TransactionLogMessageFormatter"}) {
    EXPECT_EQ(format(name, kNull, "v"), "") << name;
    EXPECT_EQ(format(name, std::string_view("\0\x63", 2), "v"), "") << name;
  }
}

TEST(CoordinatorFormatters, are_known_by_the_names_of_their_classes) {
  const auto offsets = find_coordinator_formatter("OffsetsMessageFormatter");
  EXPECT_EQ(find_coordinator_formatter("org.apache.kafka.tools.consumer.OffsetsMessageFormatter"),
            offsets);
  EXPECT_EQ(find_coordinator_formatter(
                "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter"),
            offsets);
  EXPECT_EQ(find_coordinator_formatter("MessageFormatter"), nullptr);
}

TEST(CoordinatorFormatters, say_at_which_offset_they_cannot_read) {
  std::string out;
  const auto written =
      find_coordinator_formatter("OffsetsMessageFormatter")(record(kOffsetKey, "?"), out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::corrupt_data);
  EXPECT_NE(written.error().message().find("at offset 7"), std::string::npos);
}

}  // namespace
}  // namespace ottla::tools
