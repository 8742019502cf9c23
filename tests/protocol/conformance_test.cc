#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "protocol/messages/all.h"
#include "tests/protocol/describe.h"
#include "tests/protocol/schema.h"

// Every struct of protocol/messages against the facts of Kafka's schemas (schema.txt).
namespace ottla::protocol {
namespace {

// Fields that are there in all versions and whose default is safer here than Kafka's zero.
const std::set<std::string> kOtherDefaults = {
    "Produce request acks",
    "Produce response responses[].partitionResponses[].baseOffset",
    "Fetch response responses[].partitions[].highWatermark",
    "ListOffsets request replicaId",
    "Metadata response topics[].partitions[].leaderId",
    "DescribeTopicPartitions response topics[].partitions[].leaderId",
    "CreateTopics request topics[].numPartitions",
    "CreateTopics request topics[].replicationFactor",
    "InitProducerId response producerEpoch",
    "DeleteRecords response topics[].partitions[].lowWatermark",
    "SyncGroup request generationId",
    "Heartbeat request generationId",
};

template <class M>
std::string label() {
  return std::string(M::api.name) + " " + std::string(name(M::side));
}

template <class M>
MessageFacts ours_at(std::int16_t version) {
  Describe describe(version, M::api.flexible(version));
  describe.describe(M{});
  return describe.facts();
}

// The paths of structs that a version has.
std::set<std::string> structs_at(const SchemaMessage& schema, std::int16_t version) {
  std::set<std::string> structs = {""};
  for (const auto& field : schema.fields) {
    if (field.type.find("struct") == std::string::npos) continue;
    if (!structs.contains(field.parent()) || !field.versions.contains(version)) continue;
    structs.insert(field.path + (field.type.starts_with("[]") ? "[]." : "."));
  }
  return structs;
}

// What travels in a struct, in wire order: tagged fields last, by their numbers.
std::vector<std::string> expected_layout(const SchemaMessage& schema, const std::string& path,
                                         std::int16_t version) {
  std::vector<SchemaField> fields;
  for (const auto& field : schema.fields) {
    if (field.parent() == path && field.versions.contains(version)) fields.push_back(field);
  }
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.tag < b.tag; });
  std::vector<std::string> layout;
  for (const auto& field : fields) {
    const bool nullable = field.nullable.contains(version);
    layout.push_back(path + field.name() + " " + field.type + (nullable ? " nullable" : "") +
                     " tag " + std::to_string(field.tag));
  }
  return layout;
}

std::vector<std::string> layout_of(const std::string& path, const std::vector<FieldFacts>& facts) {
  std::vector<std::string> layout;
  for (const auto& fact : facts) {
    if (!fact.present) continue;
    layout.push_back(path + fact.name + " " + fact.type + (fact.nullable ? " nullable" : "") +
                     " tag " + std::to_string(fact.tag));
  }
  return layout;
}

TEST(Conformance, every_message_lies_on_the_wire_as_in_kafkas_schema) {
  AllApis::for_each_message([]<class M>() {
    const SchemaMessage schema = read_schema(M::api, M::side);
    for (std::int16_t version = M::api.min; version <= M::api.max; ++version) {
      SCOPED_TRACE(label<M>() + " v" + std::to_string(version));
      const MessageFacts ours = ours_at<M>(version);
      const auto structs = structs_at(schema, version);
      EXPECT_EQ(ours.size(), structs.size());
      for (const auto& path : structs) {
        ASSERT_TRUE(ours.contains(path)) << path;
        EXPECT_EQ(layout_of(path, ours.at(path)), expected_layout(schema, path, version));
      }
    }
  });
}

TEST(Conformance, the_list_of_apis_has_kafkas_versions) {
  AllApis::for_each_message([]<class M>() {
    SCOPED_TRACE(label<M>());
    const SchemaMessage schema = read_schema(M::api, M::side);
    EXPECT_EQ(M::api.min, schema.versions.from);
    EXPECT_LE(M::api.max, schema.versions.to);
    const bool never = schema.flexible.from > schema.flexible.to;
    EXPECT_EQ(M::api.flexible_since, never ? kNeverFlexible : schema.flexible.from);
  });
}

TEST(Conformance, every_api_with_messages_is_in_the_list_of_messages) {
  std::set<ApiKey> listed;
  AllApis::for_each_message([&]<class M>() { listed.insert(M::api.key); });
  for (const Api& api : kApis) EXPECT_EQ(api.has_messages(), listed.contains(api.key)) << api.name;
}

// Whether some version lacks the field though it has the struct around it.
template <class M>
bool may_be_missing(const SchemaMessage& schema, const SchemaField& field) {
  for (std::int16_t version = M::api.min; version <= M::api.max; ++version) {
    const bool has_struct = structs_at(schema, version).contains(field.parent());
    if (has_struct && !field.versions.contains(version)) return true;
  }
  return field.tag >= 0;
}

template <class M>
void check_default(const SchemaMessage& schema, const SchemaField& field, const FieldFacts& ours) {
  SCOPED_TRACE(label<M>() + " " + field.path);
  const bool missing = may_be_missing<M>(schema, field);
  EXPECT_TRUE(!missing || ours.required == field.required);
  if (kOtherDefaults.contains(label<M>() + " " + field.path)) {
    EXPECT_FALSE(missing);
    EXPECT_EQ(ours.default_value, "-1");
    return;
  }
  const bool null_for_empty = ours.default_value == "null" && !field.default_given;
  EXPECT_EQ(ours.default_value, null_for_empty ? "null" : field.default_value);
}

TEST(Conformance, defaults_are_kafkas_and_no_value_is_lost_that_kafka_would_not_lose) {
  AllApis::for_each_message([]<class M>() {
    const SchemaMessage schema = read_schema(M::api, M::side);
    const MessageFacts oldest = ours_at<M>(M::api.min);
    const MessageFacts newest = ours_at<M>(M::api.max);
    for (const auto& field : schema.fields) {
      const bool in_newest = newest.contains(field.parent());
      if (!in_newest && !oldest.contains(field.parent())) continue;
      const auto& facts = (in_newest ? newest : oldest).at(field.parent());
      const auto same_name = [&](const FieldFacts& fact) { return fact.name == field.name(); };
      const auto ours = std::find_if(facts.begin(), facts.end(), same_name);
      // What came after the versions that are served here.
      if (ours == facts.end() && field.versions.from > M::api.max) continue;
      ASSERT_NE(ours, facts.end()) << label<M>() << " " << field.path;
      check_default<M>(schema, field, *ours);
    }
  });
}

}  // namespace
}  // namespace ottla::protocol
