#include "broker/transaction/transaction_batch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "protocol/transaction/transaction_records.h"
#include "protocol/wire/json.h"
#include "tests/protocol/hex.h"

namespace ottla::broker {
namespace {

using protocol::from_hex;
using protocol::to_hex;

TEST(TransactionRecords, are_read_and_written_as_kafka_does) {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/transaction_log.txt");
  int keys = 0;
  int values = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    SCOPED_TRACE(line);
    std::istringstream words(line);
    std::string name;
    std::int16_t version = 0;
    std::string hex;
    words >> name >> version >> hex;
    const auto bytes = from_hex(hex);
    if (name == "TransactionLogKey") {
      const auto key = protocol::parse_transaction_log_key(bytes);
      ASSERT_TRUE(key) << key.error();
      EXPECT_EQ(to_hex(protocol::encode(*key).value()), hex);
      ++keys;
      continue;
    }
    const auto value = protocol::parse_transaction_log_value(bytes);
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(to_hex(protocol::encode(*value, version).value()), hex);
    ++values;
  }
  EXPECT_GE(keys, 3);
  EXPECT_GE(values, 7);
}

TransactionMetadata some_transaction() {
  TransactionMetadata metadata;
  metadata.producer_id = ProducerId(7);
  metadata.previous_producer_id = ProducerId(6);
  metadata.next_producer_id = ProducerId(8);
  metadata.producer_epoch = ProducerEpoch(3);
  metadata.timeout_ms = 5000;
  metadata.state = TransactionState::prepare_commit;
  metadata.partitions = {{"a", 1}, {"a", 2}, {"b", 0}};
  metadata.started = 10;
  metadata.updated = 11;
  metadata.client_version = TransactionVersion::v2;
  return metadata;
}

LoadedTransactions replay(std::vector<std::string> batches) {
  TransactionReplay replay("log", {});
  for (const auto& batch : batches) {
    replay.on_batch(protocol::RecordBatchView::parse(batch).value());
  }
  return replay.take();
}

std::string batch_of(std::string_view id, const TransactionMetadata& metadata,
                     TransactionVersion cluster = TransactionVersion::v2) {
  TransactionBatch batch(1);
  EXPECT_TRUE(batch.put(id, metadata, cluster));
  return batch.take();
}

TEST(TransactionReplay, has_what_was_written_last) {
  auto metadata = some_transaction();
  auto later = metadata;
  later.state = TransactionState::complete_commit;
  later.partitions.clear();
  TransactionBatch gone(1);
  gone.forget("y");
  const auto loaded =
      replay({batch_of("x", metadata), batch_of("y", metadata), batch_of("x", later), gone.take()});
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded.at("x"), later);
}

TEST(TransactionReplay, of_old_records_lacks_what_they_have_no_place_for) {
  const auto loaded = replay({batch_of("x", some_transaction(), TransactionVersion::v0)});
  auto expected = some_transaction();
  expected.previous_producer_id = protocol::kNoProducerId;
  expected.next_producer_id = protocol::kNoProducerId;
  expected.client_version = TransactionVersion::v0;
  EXPECT_EQ(loaded.at("x"), expected);
}

TEST(TransactionReplay, passes_over_what_it_cannot_read) {
  auto nameless = some_transaction();
  nameless.state = TransactionState::dead;
  auto corrupt = batch_of("z", some_transaction());
  corrupt.back() = static_cast<char>(corrupt.back() ^ 1);
  auto foreign = protocol::RecordBatchBuilder::growing();
  ASSERT_TRUE(foreign.append(1, "no key of ours", "nor a value"));
  const auto loaded = replay({batch_of("x", nameless), corrupt, std::string(foreign.close_sealed()),
                              batch_of("y", some_transaction())});
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_TRUE(loaded.contains("y"));
}

}  // namespace
}  // namespace ottla::broker
