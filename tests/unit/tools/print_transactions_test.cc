#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "protocol/transaction/transaction_records.h"
#include "tests/protocol/hex.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

using protocol::RecordView;

TEST(PrintTransactions, values_are_printed_as_by_kafka) {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/transaction_log.txt");
  const auto key = protocol::encode(protocol::TransactionLogKey{"x"}).value();
  int values = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::string version;
    std::string hex;
    std::string json;
    words >> name >> version >> hex >> std::ws;
    std::getline(words, json);
    if (name != "TransactionLogValue") continue;
    const auto bytes = protocol::from_hex(hex);
    RecordView record;
    record.key = key;
    record.value = bytes;
    const auto printed = print_as_transactions(record);
    EXPECT_EQ(printed.key, "{\"type\":\"0\",\"data\":{\"transactionalId\":\"x\"}}");
    EXPECT_EQ(printed.payload, "{\"version\":\"" + version + "\",\"data\":" + json + "}");
    ++values;
  }
  EXPECT_GE(values, 7);
}

TEST(PrintTransactions, what_is_none_is_told) {
  RecordView record;
  const auto key = protocol::encode(protocol::TransactionLogKey{"x"}).value();
  record.key = key;
  EXPECT_EQ(print_as_transactions(record).payload, "<DELETE>");
  record.value = "?";
  EXPECT_TRUE(print_as_transactions(record).key->starts_with("Error at offset 0"));
  record.key = std::string_view("\0\x09", 2);
  EXPECT_EQ(print_as_transactions(record).key, "Unknown record type 9 at offset 0, skipping.");
}

}  // namespace
}  // namespace ottla::tools
