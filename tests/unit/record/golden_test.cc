#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/compression/compression.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_validation.h"
#include "tests/unit/record/batches.h"

// Batches that Kafka's own writer made, and what its own reader sees in them, as JSON
// (tests/interop/golden/README.md).
namespace ottla::protocol {
namespace {

using testing::own;
using testing::OwnedRecord;
using testing::read_records;

constexpr std::size_t kPlenty = 1 << 20;

struct GoldenBatch {
  std::string bytes;
  std::string json;
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::vector<GoldenBatch> golden_batches() {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/record_batches.txt");
  std::vector<GoldenBatch> batches;
  std::string line;
  std::getline(file, line);
  std::string name;
  std::string version;
  std::string hex;
  GoldenBatch batch;
  while (file >> name >> version >> hex && std::getline(file >> std::ws, batch.json)) {
    batch.bytes = from_hex(hex);
    batches.push_back(batch);
  }
  return batches;
}

std::string base64(BytesView bytes) {
  constexpr BytesView kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const auto part = bytes.substr(i, 3);
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < part.size() ? static_cast<unsigned char>(part[j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= part.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::string quoted(const std::optional<BytesView>& bytes) {
  return bytes ? '"' + base64(*bytes) + '"' : "null";
}

std::string described(const RecordView& record) {
  std::ostringstream out;
  out << R"({"offset":)" << record.offset << R"(,"timestamp":)" << record.timestamp << R"(,"key":)"
      << quoted(record.key) << R"(,"value":)" << quoted(record.value) << R"(,"headers":[)";
  bool first = true;
  for (const auto& header : record.headers) {
    out << (first ? "" : ",") << "[\"" << header.key << "\"," << quoted(header.value) << "]";
    first = false;
  }
  out << "]}";
  return out.str();
}

// Our reader's answers, in the form of those of Kafka's.
std::string described(const RecordBatchView& batch) {
  const auto flag = [](bool on) { return on ? "true" : "false"; };
  const bool append_time = batch.timestamp_type() == TimestampType::log_append_time;
  std::ostringstream out;
  out << R"({"baseOffset":)" << batch.base_offset() << R"(,"lastOffset":)" << batch.last_offset()
      << R"(,"partitionLeaderEpoch":)" << batch.partition_leader_epoch() << R"(,"crc":)"
      << batch.crc() << R"(,"compression":")" << batch.compression() << R"(","timestampType":")"
      << (append_time ? "LogAppendTime" : "CreateTime") << R"(","maxTimestamp":)"
      << batch.max_timestamp() << R"(,"isTransactional":)" << flag(batch.is_transactional())
      << R"(,"isControlBatch":)" << flag(batch.is_control()) << R"(,"producerId":)"
      << batch.producer_id() << R"(,"producerEpoch":)" << batch.producer_epoch()
      << R"(,"baseSequence":)" << batch.base_sequence() << R"(,"records":[)";
  std::string buffer;
  RecordReader reader(batch, uncompressed_records(batch, kPlenty, buffer).value());
  bool first = true;
  for (RecordView record; reader.next(record); first = false) {
    out << (first ? "" : ",") << described(record);
  }
  EXPECT_TRUE(reader.status());
  out << "]}";
  return out.str();
}

TEST(GoldenBatches, are_read_as_kafka_reads_them) {
  const auto golden = golden_batches();
  ASSERT_GE(golden.size(), 15U);
  for (const auto& [bytes, json] : golden) {
    const auto batch = RecordBatchView::parse(bytes).value();
    EXPECT_EQ(batch.size_in_bytes(), bytes.size());
    EXPECT_TRUE(batch.verify_crc());
    EXPECT_EQ(described(batch), json);
    std::string buffer;
    EXPECT_TRUE(validate_records(batch, *uncompressed_records(batch, kPlenty, buffer)));
  }
}

TEST(GoldenBatches, come_in_every_codec) {
  std::vector<int> seen(5);
  for (const auto& [bytes, json] : golden_batches()) {
    ++seen[static_cast<std::size_t>(RecordBatchView::parse(bytes)->compression())];
  }
  for (const int count : seen) EXPECT_GE(count, 2);
}

// What is written before compression, and all of it without, is the same to the last byte.
TEST(GoldenBatches, are_written_byte_for_byte_as_kafka_writes_them) {
  int compared = 0;
  for (const auto& [bytes, json] : golden_batches()) {
    const auto batch = RecordBatchView::parse(bytes).value();
    if (batch.timestamp_type() == TimestampType::log_append_time) continue;
    std::string buffer;
    const auto records = uncompressed_records(batch, kPlenty, buffer).value();
    auto builder = RecordBatchBuilder::growing();
    const auto owned = read_records(batch, records).value();
    for (const auto& record : owned) ASSERT_TRUE(append(builder, record));
    if (batch.is_control()) builder.set_control();
    std::string written(builder.close_sealed(batch.producer_state(), batch.is_transactional()));
    stamp_offsets(written.data(), batch.base_offset(), batch.partition_leader_epoch());
    EXPECT_EQ(written.substr(kBatchHeaderSize), records);
    if (batch.compression() == Compression::none) {
      EXPECT_EQ(written, bytes);
      ++compared;
    }
  }
  EXPECT_GE(compared, 6);
}

TEST(GoldenBatches, control_batches_are_written_as_kafka_writes_them) {
  int compared = 0;
  for (const auto& [bytes, json] : golden_batches()) {
    const auto batch = RecordBatchView::parse(bytes).value();
    if (!batch.is_control()) continue;
    RecordReader reader(batch, batch.records());
    RecordView record;
    ASSERT_TRUE(reader.next(record));
    std::string written;
    if (control_record_type(record).value() == ControlRecordType::leader_change) {
      const auto message = decode_control<LeaderChangeMessage>(record).value();
      EXPECT_EQ(message.leader_id, BrokerId(1));
      written = control_batch(ControlRecordType::leader_change, encode_control(message).value(),
                              record.timestamp);
    } else {
      const auto marker = parse_end_transaction_marker(record).value();
      EXPECT_EQ(marker.coordinator_epoch, 11);
      written = end_transaction_batch(marker, batch.producer_id(), batch.producer_epoch(),
                                      record.timestamp);
    }
    stamp_offsets(written.data(), batch.base_offset(), batch.partition_leader_epoch());
    EXPECT_EQ(written, bytes);
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

}  // namespace
}  // namespace ottla::protocol
