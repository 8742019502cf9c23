#include "tests/simulation/scripted/scripted_cluster.h"

#include <gtest/gtest.h>

#include "tests/unit/scripted_cluster/wire_client.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;
using namespace protocol;  // NOLINT: its messages are what this file is about

class ScriptedClusterTest : public testing::Test {
 protected:
  ScriptedClusterTest() {
    client_node.start();
    cluster.create_topic("t", 3);
  }

  // A connection to a broker; the leader of partition i is broker i + 1.
  WireClient connect(int broker) { return {cluster, client_node, broker}; }

  ErrorCode produce(WireClient& client, std::int32_t partition, const std::string& batch,
                    Offset* base_offset = nullptr) {
    auto response = client.call(produce_request("t", partition, batch), 9);
    if (!response) return response.error().code();
    const auto& told = response->responses.at(0).partition_responses.at(0);
    if (base_offset != nullptr) *base_offset = told.base_offset;
    return told.error_code;
  }

  Simulation world{1};
  SimNode& client_node = world.add_node("client");
  ScriptedCluster cluster{world};
};

TEST_F(ScriptedClusterTest, tells_the_versions_it_knows) {
  auto client = connect(1);
  cluster.limit(ApiKey::fetch, 4, 12);
  const auto response = client.call(ApiVersionsRequest{"test", "1"}, 3).value();
  EXPECT_EQ(response.error_code, ErrorCode::none);
  std::optional<ApiVersionsResponse::ApiVersion> fetch;
  bool admin = false;
  for (const auto& api : response.api_keys) {
    if (api.api_key == ApiKey::fetch) fetch = api;
    admin = admin || api.api_key == ApiKey::create_topics;
  }
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->max_version, 12);
  EXPECT_FALSE(admin);
}

TEST_F(ScriptedClusterTest, answers_unknown_versions_of_api_versions_with_version_0) {
  cluster.limit(ApiKey::api_versions, 0, 2);
  auto client = connect(1);
  client.send(ApiVersionsRequest{"test", "1"}, 3);
  const std::string frame = client.receive().value();
  const auto body = read_response(frame, ApiVersionsRequest::api, 0).value();
  const auto response = decode<ApiVersionsResponse>(body, 0).value();
  EXPECT_EQ(response.error_code, ErrorCode::unsupported_version);
  EXPECT_FALSE(response.api_keys.empty());
}

TEST_F(ScriptedClusterTest, tells_brokers_topics_and_leaders_at_every_version) {
  for (std::int16_t version = 0; version <= MetadataRequest::api.max; ++version) {
    auto client = connect(2);
    MetadataRequest request;
    request.topics.emplace();
    request.topics->push_back({{}, "t"});
    request.topics->push_back({{}, "nobody"});
    const auto response = client.call(request, version).value();
    EXPECT_EQ(response.brokers.size(), 3U);
    EXPECT_EQ(response.brokers.at(0).host, "broker-1");
    ASSERT_EQ(response.topics.size(), 2U) << version;
    EXPECT_EQ(response.topics[0].partitions.at(2).leader_id, BrokerId(3));
    EXPECT_EQ(response.topics[1].error_code, ErrorCode::unknown_topic_or_partition);
  }
}

TEST_F(ScriptedClusterTest, appends_and_hands_out_record_batches) {
  auto client = connect(1);
  Offset base;
  EXPECT_EQ(produce(client, 0, batch_of(2, "first"), &base), ErrorCode::none);
  EXPECT_EQ(base, Offset(0));
  EXPECT_EQ(produce(client, 0, batch_of(3, "second"), &base), ErrorCode::none);
  EXPECT_EQ(base, Offset(2));
  const auto response = client.call(fetch_request("t", 0, 1), 12).value();
  const auto& told = response.responses.at(0).partitions.at(0);
  EXPECT_EQ(told.high_watermark, Offset(5));
  BatchIterator batches(told.records->bytes);
  RecordBatchView batch;
  ASSERT_TRUE(batches.next(batch));
  EXPECT_EQ(batch.base_offset(), Offset(0));
  EXPECT_TRUE(batch.verify_crc());
  ASSERT_TRUE(batches.next(batch));
  EXPECT_EQ(batch.next_offset(), Offset(5));
}

TEST_F(ScriptedClusterTest, refuses_bad_batches_and_sequences_out_of_order) {
  auto client = connect(1);
  std::string bad = batch_of(1, "x");
  bad.back() = static_cast<char>(bad.back() ^ 1);
  EXPECT_EQ(produce(client, 0, bad), ErrorCode::corrupt_message);
  const ProducerState first{ProducerId(7), ProducerEpoch(0), Sequence(0)};
  const ProducerState third{ProducerId(7), ProducerEpoch(0), Sequence(4)};
  Offset base;
  EXPECT_EQ(produce(client, 0, batch_of(2, "a", first), &base), ErrorCode::none);
  EXPECT_EQ(produce(client, 0, batch_of(2, "a", first), &base), ErrorCode::none);
  EXPECT_EQ(base, Offset(0)) << "a duplicate is acknowledged as what it was";
  EXPECT_EQ(produce(client, 0, batch_of(2, "a", third)), ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(cluster.partition({"t", 0}).log_end_offset(), Offset(2));
}

TEST_F(ScriptedClusterTest, sends_clients_on_when_a_leader_moves) {
  auto client = connect(1);
  cluster.move_leader({"t", 0}, 3);
  auto response = client.call(produce_request("t", 0, batch_of(1, "x")), 10).value();
  const auto& told = response.responses.at(0).partition_responses.at(0);
  EXPECT_EQ(told.error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(told.current_leader.leader_id, BrokerId(3));
  EXPECT_EQ(told.current_leader.leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(response.node_endpoints.at(0).host, "broker-3");
  auto leader = connect(3);
  EXPECT_EQ(produce(leader, 0, batch_of(1, "x")), ErrorCode::none);
  auto fetch = fetch_request("t", 0, 0);
  fetch.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(0);
  const auto fenced = leader.call(fetch, 12).value();
  EXPECT_EQ(fenced.responses.at(0).partitions.at(0).error_code, ErrorCode::fenced_leader_epoch);
}

TEST_F(ScriptedClusterTest, holds_a_fetch_until_there_is_something_to_tell) {
  auto reader = connect(1);
  auto writer = connect(1);
  reader.send(fetch_request("t", 0, 0, 5000), 12);
  EXPECT_FALSE(reader.receive(1s));
  EXPECT_EQ(produce(writer, 0, batch_of(1, "x")), ErrorCode::none);
  EXPECT_TRUE(reader.receive(100ms));
  const TimePoint before = world.now();
  reader.send(fetch_request("t", 0, 1, 500), 12);
  EXPECT_TRUE(reader.receive());
  EXPECT_GE(world.now() - before, 500ms);
}

TEST_F(ScriptedClusterTest, tells_within_a_session_only_what_is_new) {
  auto reader = connect(1);
  auto writer = connect(1);
  auto first = fetch_request("t", 0, 0);
  first.session_epoch = 0;
  auto opened = reader.call(first, 12).value();
  ASSERT_GT(opened.session_id, 0);
  EXPECT_EQ(opened.responses.size(), 1U);
  FetchRequest next;
  next.min_bytes = 1;
  next.session_id = opened.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(reader.call(next, 12).value().responses.empty());
  produce(writer, 0, batch_of(1, "x"));
  next.session_epoch = 2;
  EXPECT_EQ(reader.call(next, 12).value().responses.size(), 1U);
  next.session_epoch = 9;
  EXPECT_EQ(reader.call(next, 12).value().error_code, ErrorCode::invalid_fetch_session_epoch);
  next.session_id = 1;
  EXPECT_EQ(reader.call(next, 12).value().error_code, ErrorCode::fetch_session_id_not_found);
}

TEST_F(ScriptedClusterTest, sends_consumers_with_a_rack_to_a_follower) {
  cluster.partition({"t", 0}).preferred_read_replica = BrokerId(2);
  auto leader = connect(1);
  auto follower = connect(2);
  produce(leader, 0, batch_of(1, "x"));
  auto request = fetch_request("t", 0, 0);
  EXPECT_EQ(follower.call(request, 12).value().responses.at(0).partitions.at(0).error_code,
            ErrorCode::not_leader_or_follower);
  request.rack_id = "here";
  const auto sent_on = leader.call(request, 12).value();
  EXPECT_EQ(sent_on.responses.at(0).partitions.at(0).preferred_read_replica, BrokerId(2));
  const auto served = follower.call(request, 12).value();
  EXPECT_FALSE(served.responses.at(0).partitions.at(0).records->bytes.empty());
}

TEST_F(ScriptedClusterTest, finds_offsets_by_mark_and_by_time) {
  auto client = connect(1);
  produce(client, 0, batch_of(3, "x"));
  const auto ask = [&](std::int64_t timestamp) {
    ListOffsetsRequest request;
    request.topics.push_back({"t", {{0, kNoLeaderEpoch, timestamp}}});
    const auto response = client.call(request, 7).value();
    return response.topics.at(0).partitions.at(0).offset;
  };
  EXPECT_EQ(ask(ListOffsetsRequest::kLatest), Offset(3));
  EXPECT_EQ(ask(ListOffsetsRequest::kEarliest), Offset(0));
  EXPECT_EQ(ask(1'700'000'000'001), Offset(0));
  EXPECT_EQ(ask(1'800'000'000'000), kNoOffset);
}

TEST_F(ScriptedClusterTest, gives_producer_ids_and_coordinators) {
  auto client = connect(2);
  const auto one = client.call(InitProducerIdRequest{}, 4).value();
  const auto two = client.call(InitProducerIdRequest{}, 4).value();
  EXPECT_NE(one.producer_id, two.producer_id);
  FindCoordinatorRequest request;
  request.coordinator_keys = {"group"};
  const auto found = client.call(request, 4).value();
  EXPECT_EQ(found.coordinators.at(0).node_id, BrokerId(1));
  cluster.node(1).crash(Crash::process);
  EXPECT_EQ(client.call(request, 4).value().coordinators.at(0).node_id, BrokerId(2));
}

TEST_F(ScriptedClusterTest, keeps_its_records_when_a_broker_dies) {
  auto client = connect(1);
  produce(client, 0, batch_of(1, "x"));
  cluster.node(1).crash(Crash::process);
  world.run_for(1s);
  EXPECT_TRUE(client.closed);
  cluster.node(1).start();
  auto again = connect(1);
  EXPECT_EQ(again.call(fetch_request("t", 0, 0), 12)
                .value()
                .responses.at(0)
                .partitions.at(0)
                .high_watermark,
            Offset(1));
}

TEST_F(ScriptedClusterTest, answers_in_the_order_of_the_requests) {
  auto client = connect(1);
  cluster.play({.trick = Trick::delay, .api = ApiKey::produce, .delay = 300ms});
  client.send(produce_request("t", 0, batch_of(1, "x")), 9);
  client.send(ApiVersionsRequest{}, 3);
  EXPECT_FALSE(client.receive(200ms));
  EXPECT_EQ(read_correlation_id(client.receive().value()).value(), 1);
  EXPECT_EQ(read_correlation_id(client.receive().value()).value(), 2);
}

TEST_F(ScriptedClusterTest, closes_a_connection_that_speaks_nonsense) {
  auto client = connect(1);
  client.send(CreateTopicsRequest{}, 7);
  EXPECT_FALSE(client.receive(1s));
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(cluster.bad_requests(), 1U);
}

}  // namespace
}  // namespace ottla::simulation
