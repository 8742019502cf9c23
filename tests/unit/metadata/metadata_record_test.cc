#include "broker/metadata/metadata_record.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/random.h"
#include "broker/metadata/control_records.h"
#include "protocol/wire/codec_impl.h"
#include "tests/unit/metadata/hex.h"

namespace ottla::broker {
namespace {

// One line of golden bytes: name, version, hex, JSON.
struct Golden {
  std::string name;
  std::int16_t version = 0;
  std::string bytes;
  std::string json;
};

std::vector<Golden> golden_records() {
  std::ifstream file(OTTLA_SOURCE_DIR "/tests/protocol/golden/metadata_records.txt");
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Golden golden;
    std::string hex;
    words >> golden.name >> golden.version >> hex;
    std::getline(words, golden.json);
    golden.bytes = from_hex(hex);
    all.push_back(std::move(golden));
  }
  return all;
}

template <class Body>
std::string round_trip(const Golden& golden) {
  const auto body = protocol::Codec<Body>::decode(golden.bytes, golden.version);
  if (!body) return body.error().to_string();
  const auto encoded = protocol::Codec<Body>::encode(*body, golden.version, {});
  if (!encoded) return encoded.error().to_string();
  return to_hex(encoded->bytes.view());
}

const std::map<std::string, std::string (*)(const Golden&)>& control_records() {
  static const std::map<std::string, std::string (*)(const Golden&)> kAll = {
      {"LeaderChangeMessage", round_trip<LeaderChangeMessage>},
      {"SnapshotHeaderRecord", round_trip<SnapshotHeaderRecord>},
      {"SnapshotFooterRecord", round_trip<SnapshotFooterRecord>},
      {"KRaftVersionRecord", round_trip<KRaftVersionRecord>},
      {"VotersRecord", round_trip<VotersRecord>}};
  return kAll;
}

TEST(MetadataRecord, every_record_made_by_Kafka_comes_back_byte_for_byte) {
  std::size_t records = 0;
  std::map<std::string, std::int16_t> names;
  for (const auto& golden : golden_records()) {
    SCOPED_TRACE(golden.name + " v" + std::to_string(golden.version) + golden.json);
    ++records;
    names[golden.name] = golden.version;
    const auto control = control_records().find(golden.name);
    if (control != control_records().end()) {
      EXPECT_EQ(control->second(golden), to_hex(golden.bytes));
      continue;
    }
    const auto record = parse_metadata_record(golden.bytes);
    ASSERT_TRUE(record) << record.error();
    EXPECT_EQ(record_name(*record), golden.name);
    const auto encoded = encode_metadata_record(*record, golden.version);
    ASSERT_TRUE(encoded) << encoded.error();
    EXPECT_EQ(to_hex(*encoded), to_hex(golden.bytes));
  }
  EXPECT_GT(records, 100U);
  EXPECT_GE(names.size(), 30U);
}

TEST(MetadataRecord, fields_land_where_Kafka_put_them) {
  bool found = false;
  for (const auto& golden : golden_records()) {
    if (golden.name != "RegisterBrokerRecord" || golden.version != 0) continue;
    const auto record = parse_metadata_record(golden.bytes);
    ASSERT_TRUE(record) << record.error();
    const auto& broker = std::get<RegisterBrokerRecord>(*record);
    if (broker.broker_id != BrokerId(1)) continue;
    found = true;
    EXPECT_EQ(broker.broker_epoch, 3);
    EXPECT_EQ(broker.incarnation_id.to_string(), "ASNFZ4mrzfH-3LqYdlQyDg");
    ASSERT_EQ(broker.end_points.size(), 1U);
    EXPECT_EQ(broker.end_points[0].name, "name-4");
    EXPECT_EQ(broker.end_points[0].port, 6);
    EXPECT_EQ(broker.rack, std::nullopt);
    EXPECT_FALSE(broker.fenced);
  }
  EXPECT_TRUE(found);
}

TEST(MetadataRecord, quotas_have_the_numbers_that_Kafka_wrote) {
  std::vector<double> values;
  for (const auto& golden : golden_records()) {
    if (golden.name != "ClientQuotaRecord") continue;
    const auto record = parse_metadata_record(golden.bytes);
    ASSERT_TRUE(record) << record.error();
    values.push_back(std::get<ClientQuotaRecord>(*record).value);
  }
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[0], 0.0);
  EXPECT_EQ(values[1], -3.75);
}

TEST(MetadataRecord, a_type_or_version_from_the_future_is_named) {
  const auto type = parse_metadata_record(from_hex("01630000"));
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code(), ErrorCode::unsupported_version);
  EXPECT_NE(type.error().message().find("type 99"), std::string::npos);

  const auto version = parse_metadata_record(from_hex("010309"));
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code(), ErrorCode::unsupported_version);
  EXPECT_NE(version.error().message().find("PartitionRecord version 9"), std::string::npos);

  const auto frame = parse_metadata_record(from_hex("02140000"));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code(), ErrorCode::unsupported_version);
}

TEST(MetadataRecord, bytes_behind_the_body_are_an_error) {
  const auto record = parse_metadata_record(from_hex("0114000000"));
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code(), ErrorCode::corrupt_data);
}

TEST(MetadataRecord, any_prefix_of_a_record_is_an_error) {
  for (const auto& golden : golden_records()) {
    if (control_records().count(golden.name) != 0) continue;
    for (std::size_t size = 0; size < golden.bytes.size(); ++size) {
      const auto record = parse_metadata_record(BytesView(golden.bytes).substr(0, size));
      ASSERT_FALSE(record) << golden.name << " cut to " << size;
    }
  }
}

TEST(MetadataRecord, flipped_bytes_end_in_a_record_or_an_error) {
  base::Random random(7);
  std::size_t refused = 0;
  for (const auto& golden : golden_records()) {
    for (int i = 0; i < 200; ++i) {
      std::string bytes = golden.bytes;
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      const auto record = parse_metadata_record(bytes);
      if (!record) ++refused;
    }
  }
  EXPECT_GT(refused, 1000U);
}

TEST(ControlRecord, key_has_version_and_type) {
  const auto encoded =
      encode_control_record(LeaderChangeMessage{.leader_id = 1, .voters = {{.voter_id = 1}}}, 0);
  ASSERT_TRUE(encoded) << encoded.error();
  EXPECT_EQ(to_hex(encoded->key), "00000002");
  protocol::RecordView view;
  view.key = encoded->key;
  view.value = encoded->value;
  const auto read = parse_control_record(view);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(std::get<LeaderChangeMessage>(*read).leader_id, 1);
}

TEST(ControlRecord, transaction_markers_have_no_place_here) {
  const std::string key = from_hex("00000001");
  protocol::RecordView view;
  view.key = key;
  view.value = "";
  const auto read = parse_control_record(view);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::unsupported_version);
}

}  // namespace
}  // namespace ottla::broker
