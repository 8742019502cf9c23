#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"

// Clients among brokers of other ages: ours, capped to the versions that releases of Apache Kafka
// told in ApiVersions.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

struct Range {
  ApiKey api;
  std::int16_t max;
};

struct Release {
  std::string name;
  std::vector<Range> ranges;
  std::vector<ApiKey> unknown;
};

void PrintTo(const Release& release, std::ostream* out) {
  *out << release.name;
}

// Without topic ids, flexible messages, record errors, and without leader hints.
Release kafka_2_1() {
  return {"2_1",
          {{ApiKey::produce, 7},
           {ApiKey::fetch, 10},
           {ApiKey::list_offsets, 4},
           {ApiKey::metadata, 7},
           {ApiKey::find_coordinator, 2},
           {ApiKey::api_versions, 2},
           {ApiKey::create_topics, 3},
           {ApiKey::delete_topics, 3},
           {ApiKey::delete_records, 1},
           {ApiKey::init_producer_id, 1},
           {ApiKey::offset_for_leader_epoch, 2},
           {ApiKey::describe_configs, 2},
           {ApiKey::alter_configs, 1},
           {ApiKey::create_partitions, 1},
           {ApiKey::list_groups, 2},
           {ApiKey::describe_groups, 2},
           {ApiKey::delete_groups, 1},
           {ApiKey::offset_commit, 6},
           {ApiKey::offset_fetch, 5},
           {ApiKey::leave_group, 2},
           {ApiKey::write_txn_markers, 0}},
          {ApiKey::incremental_alter_configs, ApiKey::describe_cluster, ApiKey::offset_delete,
           ApiKey::list_transactions, ApiKey::describe_transactions, ApiKey::describe_producers,
           ApiKey::describe_topic_partitions}};
}

// Flexible, but Produce and Fetch name topics.
Release kafka_2_8() {
  return {"2_8",
          {{ApiKey::produce, 9},
           {ApiKey::fetch, 12},
           {ApiKey::list_offsets, 6},
           {ApiKey::metadata, 11},
           {ApiKey::find_coordinator, 3},
           {ApiKey::api_versions, 3},
           {ApiKey::create_topics, 7},
           {ApiKey::delete_topics, 6},
           {ApiKey::delete_records, 2},
           {ApiKey::init_producer_id, 4},
           {ApiKey::offset_for_leader_epoch, 4},
           {ApiKey::describe_configs, 4},
           {ApiKey::alter_configs, 2},
           {ApiKey::create_partitions, 3},
           {ApiKey::incremental_alter_configs, 1},
           {ApiKey::describe_cluster, 0},
           {ApiKey::list_groups, 4},
           {ApiKey::describe_groups, 5},
           {ApiKey::delete_groups, 2},
           {ApiKey::offset_commit, 8},
           {ApiKey::offset_fetch, 7},
           {ApiKey::leave_group, 4},
           {ApiKey::write_txn_markers, 1},
           {ApiKey::describe_producers, 0},
           {ApiKey::list_transactions, -1},
           {ApiKey::describe_transactions, -1},
           {ApiKey::describe_topic_partitions, -1}},
          {}};
}

Release kafka_3_9() {
  auto release = kafka_2_8();
  release.name = "3_9";
  const std::vector<Range> newer = {{ApiKey::produce, 11},
                                    {ApiKey::fetch, 17},
                                    {ApiKey::list_offsets, 9},
                                    {ApiKey::metadata, 12},
                                    {ApiKey::find_coordinator, 6},
                                    {ApiKey::api_versions, 4},
                                    {ApiKey::init_producer_id, 5},
                                    {ApiKey::describe_cluster, 1},
                                    {ApiKey::list_groups, 5},
                                    {ApiKey::offset_commit, 9},
                                    {ApiKey::offset_fetch, 9},
                                    {ApiKey::leave_group, 5},
                                    {ApiKey::list_transactions, 1},
                                    {ApiKey::describe_transactions, 0},
                                    {ApiKey::describe_topic_partitions, 0}};
  for (const auto& range : newer) {
    for (auto& known : release.ranges) {
      if (known.api == range.api) known.max = range.max;
    }
  }
  return release;
}

class OldBrokers : public testing::TestWithParam<Release> {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start();
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
    for (const auto& range : GetParam().ranges) broker_->limit_versions(range.api, 0, range.max);
    for (const auto api : GetParam().unknown) broker_->limit_versions(api, 0, -1);
  }

  void create_topic(const std::string& name, std::int32_t partitions) {
    auto admin = Admin::open({.bootstrap_servers = broker_->address()});
    ASSERT_TRUE(admin) << admin.error();
    const auto made =
        admin->create_topics({{.name = name, .partitions = partitions, .replication_factor = 1}})
            .get();
    ASSERT_TRUE(made) << made.error();
    ASSERT_FALSE(made->at(name)) << *made->at(name);
  }

  Result<Producer> producer(ProducerConfig config = {}) {
    config.bootstrap_servers = broker_->address();
    config.delivery_timeout = 30s;
    config.request_timeout = 10s;
    return Producer::open(std::move(config));
  }

  std::vector<std::string> read(const std::string& topic, std::size_t count) {
    auto consumer = Consumer::open(
        {.bootstrap_servers = broker_->address(), .auto_offset_reset = AutoOffsetReset::earliest});
    EXPECT_TRUE(consumer) << consumer.error();
    EXPECT_TRUE(consumer->assign({{topic, 0}}));
    std::vector<std::string> values;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (values.size() < count && std::chrono::steady_clock::now() < deadline) {
      const auto batch = consumer->poll(1s);
      EXPECT_TRUE(batch) << batch.error();
      if (!batch) break;
      for (const auto& record : *batch) values.emplace_back(record.value());
    }
    return values;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_P(OldBrokers, an_idempotent_producer_and_a_consumer_work_with_every_codec) {
  std::vector<std::string> sent;
  create_topic("t", 1);
  for (const auto codec : {Compression::none, Compression::gzip, Compression::snappy,
                           Compression::lz4, Compression::zstd}) {
    auto producer = this->producer({.compression_type = codec});
    ASSERT_TRUE(producer) << producer.error();
    for (int i = 0; i < 20; ++i) {
      sent.push_back(std::string(to_string(codec)) + std::string(100, 'x') + std::to_string(i));
      producer->send({.topic = "t", .key = "k", .value = sent.back()}).forget();
    }
    const auto flushed = producer->flush().get();
    ASSERT_TRUE(flushed) << flushed.error();
  }
  EXPECT_EQ(read("t", sent.size()), sent);
}

TEST_P(OldBrokers, retries_are_recognised) {
  create_topic("t", 1);
  auto producer = this->producer();
  ASSERT_TRUE(producer) << producer.error();
  broker_->drop_connection_next(ApiKey::produce);
  for (const auto* value : {"a", "b", "c"}) {
    const auto sent = producer->send({.topic = "t", .value = value}).get();
    ASSERT_TRUE(sent) << sent.error();
  }
  EXPECT_EQ(read("t", 3), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(OldBrokers, a_refusal_says_what_it_says_everywhere) {
  create_topic("t", 1);
  auto producer = this->producer();
  ASSERT_TRUE(producer) << producer.error();
  broker_->fail_next(ApiKey::produce, ErrorCode::topic_authorization_failed);
  const auto sent = producer->send({.topic = "t", .value = "v"}).get();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::topic_authorization_failed);
  broker_->fail_next(ApiKey::produce, ErrorCode::not_leader_or_follower, 2);
  EXPECT_TRUE(producer->send({.topic = "t", .value = "v"}).get());
}

TEST_P(OldBrokers, an_admin_lists_describes_and_deletes) {
  create_topic("t", 2);
  auto admin = Admin::open({.bootstrap_servers = broker_->address()});
  ASSERT_TRUE(admin) << admin.error();
  const auto listed = admin->list_topics().get();
  ASSERT_TRUE(listed) << listed.error();
  ASSERT_EQ(listed->size(), 1U);
  const auto described = admin->describe_topics({"t"}).get();
  ASSERT_TRUE(described) << described.error();
  ASSERT_TRUE(described->at("t")) << described->at("t").error();
  EXPECT_EQ(described->at("t")->partitions.size(), 2U);
  const auto deleted = admin->delete_topics({"t"}).get();
  ASSERT_TRUE(deleted) << deleted.error();
  EXPECT_FALSE(deleted->at("t"));
}

// What a release does not know is said so, of the group or the broker.
TEST_P(OldBrokers, an_admin_moves_and_deletes_groups) {
  const bool oldest = GetParam().name == "2_1";
  create_topic("t", 2);
  auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
  const auto altered =
      admin.alter_consumer_group_offsets("g", {{{"t", 0}, {.offset = 0}}, {{"t", 1}, {}}}).get();
  ASSERT_TRUE(altered) << altered.error();
  EXPECT_FALSE(altered->at({"t", 0}));
  const auto listed = admin.list_groups().get().value();
  EXPECT_EQ(listed.at(1).value().at(0).group_id, "g");
  EXPECT_EQ(listed.at(1).value().at(0).state, oldest ? GroupState::unknown : GroupState::empty);
  const auto described = admin.describe_consumer_groups({"g", "nobody"}).get().value();
  EXPECT_EQ(described.at("g").value().state, GroupState::empty);
  EXPECT_EQ(described.at("nobody").error().code(), ErrorCode::group_id_not_found);
  const auto offsets =
      admin.list_consumer_group_offsets({{"g", {}}, {"h", {{"t", 0}}}}).get().value();
  EXPECT_EQ(offsets.at("g").value().size(), 2U);
  EXPECT_TRUE(offsets.at("h").value().empty());
  const auto ends = admin.list_offsets({{{"t", 0}, OffsetSpec::latest()}}).get().value();
  EXPECT_EQ(ends.at({"t", 0}).value().offset, 0);
  const auto removed = admin.remove_members_from_consumer_group("g", {{"m", {}}}).get();
  const auto taken_back = admin.delete_consumer_group_offsets("g", {{"t", 0}}).get();
  if (oldest) {
    EXPECT_EQ(removed.error().code(), ErrorCode::unsupported_version);
    EXPECT_EQ(taken_back.error().code(), ErrorCode::unsupported_version);
  } else {
    EXPECT_EQ(removed.value().at("m")->code(), ErrorCode::unknown_member_id);
    EXPECT_FALSE(taken_back.value().at({"t", 0}));
  }
  EXPECT_FALSE(admin.delete_consumer_groups({"g"}).get().value().at("g"));
}

TEST_P(OldBrokers, an_admin_fences_producers_and_sees_transactions_where_it_can) {
  auto admin = Admin::open({.bootstrap_servers = broker_->address()}).value();
  const auto fenced = admin.fence_producers({"writer"}).get().value();
  ASSERT_TRUE(fenced.at("writer")) << fenced.at("writer").error();
  const auto listed = admin.list_transactions().get().value();
  const auto described = admin.describe_transactions({"writer"}).get().value();
  if (GetParam().name == "3_9") {
    EXPECT_EQ(listed.at(1).value().at(0).state, TransactionState::empty);
    EXPECT_EQ(described.at("writer").value().producer_id, fenced.at("writer")->producer_id);
  } else {
    EXPECT_EQ(listed.at(1).error().code(), ErrorCode::unsupported_version);
    EXPECT_EQ(described.at("writer").error().code(), ErrorCode::unsupported_version);
  }
  const auto filtered = admin.list_transactions({.transactional_id_pattern = "w.*"}).get().value();
  EXPECT_EQ(filtered.at(1).error().code(), ErrorCode::unsupported_version);
}

INSTANTIATE_TEST_SUITE_P(Kafka, OldBrokers, testing::Values(kafka_2_1(), kafka_2_8(), kafka_3_9()),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace ottla::integration
