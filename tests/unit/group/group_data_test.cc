#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "protocol/group/consumer_protocol.h"
#include "protocol/group/group_records.h"
#include "protocol/wire/json.h"
#include "tests/protocol/hex.h"

namespace ottla::protocol {
namespace {

// One line of golden bytes: name, version, hex, JSON.
struct Golden {
  std::string name;
  std::int16_t version = 0;
  std::string bytes;
  std::string json;
};

std::vector<Golden> golden_data() {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/group_data.txt");
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    Golden golden;
    std::string hex;
    words >> golden.name >> golden.version >> hex >> std::ws;
    std::getline(words, golden.json);
    golden.bytes = from_hex(hex);
    all.push_back(std::move(golden));
  }
  return all;
}

// What was read, as bytes again and as JSON.
struct Seen {
  std::string hex;
  std::string json;
};

template <class M>
Seen seen(const Result<M>& message, std::int16_t version, const Result<std::string>& again) {
  if (!message || !again) return {(!message ? message.error() : again.error()).to_string(), ""};
  return {to_hex(*again), to_json(*message, version)};
}

Seen see(const Golden& golden) {
  const auto version = golden.version;
  if (golden.name == "ConsumerProtocolSubscription") {
    const auto read = parse_subscription(golden.bytes);
    return seen(read, version, encode(read.value(), version));
  }
  if (golden.name == "ConsumerProtocolAssignment") {
    const auto read = parse_assignment(golden.bytes);
    return seen(read, version, encode(read.value(), version));
  }
  if (golden.name == "OffsetCommitValue") {
    const auto read = parse_offset_commit_value(golden.bytes);
    return seen(read, version, encode(read.value(), version));
  }
  if (golden.name == "GroupMetadataValue") {
    const auto read = parse_group_metadata_value(golden.bytes);
    return seen(read, version, encode(read.value(), version));
  }
  const auto read = parse_group_record_key(golden.bytes);
  if (!read) return {read.error().to_string(), ""};
  return std::visit(
      [](const auto& key) -> Seen {
        return {to_hex(encode(key).value()), to_json(key, 0)};
      },
      *read);
}

// The same text for the same value, whatever the order of its fields.
std::string canonical(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::string) return '"' + value.string + '"';
  if (value.kind == JsonValue::Kind::number) return std::to_string(value.number);
  std::multiset<std::string> fields;
  std::string text = "[";
  for (std::size_t i = 0; i < value.elements.size(); ++i) {
    const std::string element = canonical(value.elements[i]) + ",";
    text += element;
    if (value.kind == JsonValue::Kind::object) fields.insert(value.keys[i] + ":" + element);
  }
  for (const auto& field : fields) text += field;
  return text + "]";
}

TEST(GroupData, is_read_and_written_as_kafka_does) {
  std::map<std::string, std::set<int>> covered;
  for (const auto& golden : golden_data()) {
    SCOPED_TRACE(golden.name + " v" + std::to_string(golden.version) + " " + golden.json);
    covered[golden.name].insert(golden.version);
    const Seen ours = see(golden);
    std::string bytes = golden.bytes;
    // Kafka wrote type 0 long ago; it is read, but never written.
    if (golden.name == "LegacyOffsetCommitKey") bytes[1] = 1;
    EXPECT_EQ(ours.hex, to_hex(bytes));
    EXPECT_EQ(canonical(parse_json(ours.json).value()), canonical(parse_json(golden.json).value()));
  }
  EXPECT_EQ(covered["ConsumerProtocolSubscription"], (std::set{0, 1, 2, 3}));
  EXPECT_EQ(covered["ConsumerProtocolAssignment"], (std::set{0, 1, 2, 3}));
  EXPECT_EQ(covered["OffsetCommitValue"], (std::set{0, 1, 2, 3, 4}));
  EXPECT_EQ(covered["GroupMetadataValue"], (std::set{0, 1, 2, 3, 4}));
  EXPECT_EQ(covered.size(), 7U);
}

TEST(ConsumerProtocol, of_a_newer_version_is_read_as_far_as_it_is_known) {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"orders", "bills"};
  subscription.rack_id = "r1";
  std::string bytes = encode(subscription).value();
  bytes[1] = 9;
  bytes += "what version 9 has more";
  const auto read = parse_subscription(bytes);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, subscription);
}

TEST(ConsumerProtocol, refuses_what_has_no_version_or_a_negative_one) {
  EXPECT_EQ(parse_subscription("").error().code(), ErrorCode::corrupt_data);
  EXPECT_EQ(parse_assignment(from_hex("00")).error().code(), ErrorCode::corrupt_data);
  EXPECT_EQ(parse_assignment(from_hex("ffff00000000ffffffff")).error().code(),
            ErrorCode::corrupt_data);
}

TEST(ConsumerProtocol, refuses_a_count_that_its_bytes_cannot_hold) {
  EXPECT_EQ(parse_subscription(from_hex("00007fffffffffffffff")).error().code(),
            ErrorCode::corrupt_data);
  EXPECT_EQ(parse_assignment(from_hex("0000000000010001617fffffff")).error().code(),
            ErrorCode::corrupt_data);
}

TEST(GroupRecords, of_other_protocols_are_told_apart_from_broken_ones) {
  EXPECT_EQ(parse_group_record_key(from_hex("0003000161")).error().code(),
            ErrorCode::unsupported_version);
  EXPECT_EQ(parse_group_metadata_value(from_hex("0005")).error().code(),
            ErrorCode::unsupported_version);
  EXPECT_EQ(parse_group_record_key(from_hex("00020005")).error().code(), ErrorCode::corrupt_data);
  EXPECT_EQ(parse_group_record_key("").error().code(), ErrorCode::corrupt_data);
  EXPECT_EQ(parse_group_record_key(from_hex("000200016100")).error().code(),
            ErrorCode::corrupt_data);
}

}  // namespace
}  // namespace ottla::protocol
