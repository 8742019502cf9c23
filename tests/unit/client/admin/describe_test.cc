#include "client/admin/describe.h"

#include <gtest/gtest.h>

#include <array>

#include "protocol/messages/describe_cluster.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr Uuid kId{1, 2};

MetadataResponse::Partition partition(std::int32_t index, std::int32_t leader) {
  return {.partition_index = index,
          .leader_id = BrokerId(leader),
          .leader_epoch = LeaderEpoch(7),
          .replica_nodes = {BrokerId(1), BrokerId(2)},
          .isr_nodes = {BrokerId(1)},
          .offline_replicas = {BrokerId(2)}};
}

// One broker; `topics` are what it says to a request that names topics, or wants all.
struct DescribedWorld : AdminWorld {
  explicit DescribedWorld(std::vector<MetadataResponse::Topic> topics,
                          std::int16_t newest = MetadataRequest::api.max)
      : AdminWorld(1) {
    broker(1).on<MetadataRequest>(
        [this, topics](const MetadataRequest& request, std::int16_t version) {
          auto response = metadata();
          const bool all = version == 0 ? request.topics->empty() : !request.topics;
          if (!all && request.topics->empty()) return response;
          EXPECT_EQ(request.allow_auto_topic_creation, version < 4);
          response.topics = topics;
          return response;
        },
        newest);
  }
};

TEST(ListTopics, gives_all_topics_by_name) {
  for (const std::int16_t version : std::array<std::int16_t, 4>{0, 1, 9, 13}) {
    DescribedWorld world({{.name = "b", .topic_id = kId},
                          {.name = "__offsets", .is_internal = true},
                          {.name = "a"},
                          {.error_code = ErrorCode::topic_authorization_failed, .name = "hidden"},
                          {.error_code = ErrorCode::leader_not_available, .name = "headless"},
                          {.name = "a"}},
                         version);
    const auto id = version >= 10 ? kId.to_string() : std::string();
    const auto listed = world.wait(world.admin().list_topics({.list_internal = true})).value();
    const bool internal = version >= 1;
    EXPECT_EQ(listed, (std::vector<TopicListing>{{.name = "__offsets", .internal = internal},
                                                 {.name = "a"},
                                                 {.name = "b", .topic_id = id},
                                                 {.name = "headless"}}));
  }
}

TEST(ListTopics, leaves_internal_topics_out_unless_asked) {
  DescribedWorld world({{.name = "b"}, {.name = "__offsets", .is_internal = true}});
  const auto listed = world.wait(world.admin().list_topics({})).value();
  EXPECT_EQ(listed, (std::vector<TopicListing>{{.name = "b"}}));
}

TEST(DescribeTopics, gives_partitions_in_their_order) {
  DescribedWorld world(
      {{.name = "t", .topic_id = kId, .partitions = {partition(1, -1), partition(0, 1)}}});
  const auto described = world.wait(world.admin().describe_topics({"t"}, {})).value();
  const auto& topic = described.at("t").value();
  EXPECT_EQ(topic.name, "t");
  EXPECT_EQ(topic.topic_id, kId.to_string());
  EXPECT_FALSE(topic.internal);
  ASSERT_EQ(topic.partitions.size(), 2U);
  EXPECT_EQ(topic.partitions[0], (PartitionInfo{.topic = "t",
                                                .partition = 0,
                                                .leader = 1,
                                                .leader_epoch = 7,
                                                .replicas = {1, 2},
                                                .in_sync_replicas = {1},
                                                .offline_replicas = {2}}));
  EXPECT_EQ(topic.partitions[1].partition, 1);
  EXPECT_EQ(topic.partitions[1].leader, std::nullopt);
}

TEST(DescribeTopics, tells_each_topic_its_own_error) {
  DescribedWorld world({{.error_code = ErrorCode::unknown_topic_or_partition, .name = "unknown"},
                        {.error_code = ErrorCode::topic_authorization_failed, .name = "hidden"},
                        {.name = "gap", .partitions = {partition(0, 1), partition(2, 1)}},
                        {.name = "twice", .partitions = {partition(0, 1), partition(0, 2)}},
                        {.name = "negative", .partitions = {partition(-1, 1)}},
                        {.name = "none"},
                        {.name = "fine", .partitions = {partition(0, 1)}},
                        {.name = "strange", .partitions = {partition(0, 1)}}});
  const auto described =
      world
          .wait(world.admin().describe_topics(
              {"unknown", "hidden", "gap", "twice", "negative", "none", "fine", "missing", ""}, {}))
          .value();
  EXPECT_EQ(described.size(), 9U);
  EXPECT_EQ(described.at("unknown").error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(described.at("hidden").error().code(), ErrorCode::topic_authorization_failed);
  for (const auto* topic : {"gap", "twice", "negative", "none", "missing"}) {
    EXPECT_EQ(described.at(topic).error().code(), ErrorCode::unknown_server_error) << topic;
    EXPECT_EQ(described.at(topic).error().context().topic, topic);
  }
  EXPECT_EQ(described.at("").error().code(), ErrorCode::invalid_topic_exception);
  EXPECT_TRUE(described.at("fine").has_value());
}

TEST(DescribeTopics, waits_for_what_can_change) {
  AdminWorld world(1);
  int asked = 0;
  world.broker(1).on<MetadataRequest>([&](const MetadataRequest& request, std::int16_t) {
    auto response = world.metadata();
    if (request.topics->empty()) return response;
    auto& topic = response.topics.emplace_back();
    topic.name = "t";
    if (++asked < 3) {
      topic.error_code = ErrorCode::leader_not_available;
    } else {
      topic.partitions = {partition(0, 1)};
    }
    return response;
  });
  EXPECT_TRUE(world.wait(world.admin().describe_topics({"t"}, {})).value().at("t").has_value());
  EXPECT_EQ(asked, 3);
}

DescribeClusterResponse described_cluster() {
  DescribeClusterResponse response;
  response.cluster_id = "the-cluster";
  response.controller_id = BrokerId(2);
  response.brokers.push_back({.broker_id = BrokerId(2), .host = "two", .port = 92, .rack = "r"});
  response.brokers.push_back({.broker_id = BrokerId(1), .host = "one", .port = 91});
  return response;
}

TEST(DescribeCluster, gives_nodes_by_id_and_the_controller) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(
      [](const DescribeClusterRequest&, std::int16_t) { return described_cluster(); });
  const auto described = world.wait(world.admin().describe_cluster({})).value();
  const Node two{.id = 2, .host = "two", .port = 92, .rack = "r"};
  EXPECT_EQ(described.cluster_id, "the-cluster");
  EXPECT_EQ(described.controller, two);
  EXPECT_EQ(described.nodes, (std::vector{Node{.id = 1, .host = "one", .port = 91}, two}));
}

TEST(DescribeCluster, has_no_controller_where_none_is_told) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>([](const DescribeClusterRequest&, std::int16_t) {
    auto response = described_cluster();
    response.controller_id = BrokerId(-1);
    return response;
  });
  EXPECT_EQ(world.wait(world.admin().describe_cluster({})).value().controller, std::nullopt);
}

TEST(DescribeCluster, asks_older_brokers_by_metadata) {
  AdminWorld world(2);
  world.controller = 2;
  const auto described = world.wait(world.admin().describe_cluster({})).value();
  const Node two{.id = 2, .host = "broker2", .port = AdminWorld::kPort};
  EXPECT_EQ(described.cluster_id, "the-cluster");
  EXPECT_EQ(described.controller, two);
  EXPECT_EQ(described.nodes,
            (std::vector{Node{.id = 1, .host = "broker1", .port = AdminWorld::kPort}, two}));
}

TEST(DescribeCluster, tells_of_fenced_brokers_where_it_is_asked_to) {
  for (const bool wanted : {false, true}) {
    AdminWorld world(1);
    world.broker(1).on<DescribeClusterRequest>(
        [](const DescribeClusterRequest& request, std::int16_t) {
          auto response = described_cluster();
          if (request.include_fenced_brokers) response.brokers[0].is_fenced = true;
          return response;
        });
    const auto described =
        world.wait(world.admin().describe_cluster({.include_fenced_brokers = wanted})).value();
    EXPECT_EQ(described.fenced,
              wanted ? std::vector<std::int32_t>{2} : std::vector<std::int32_t>{});
  }
}

TEST(DescribeCluster, does_without_fenced_brokers_where_none_are_told) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(
      [](const DescribeClusterRequest&, std::int16_t) { return described_cluster(); }, 1);
  const auto described =
      world.wait(world.admin().describe_cluster({.include_fenced_brokers = true}));
  ASSERT_TRUE(described) << described.error();
  EXPECT_EQ(described->nodes.size(), 2U);
}

TEST(DescribeCluster, does_not_believe_in_a_broker_that_is_there_twice) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>([](const DescribeClusterRequest&, std::int16_t) {
    auto response = described_cluster();
    response.brokers.push_back({.broker_id = BrokerId(1), .host = "other", .port = 91});
    return response;
  });
  EXPECT_EQ(world.wait(world.admin().describe_cluster({})).error().code(),
            ErrorCode::unknown_server_error);
}

TEST(DescribeCluster, fails_with_what_the_broker_refused_it_for) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>([](const DescribeClusterRequest&, std::int16_t) {
    DescribeClusterResponse response;
    response.error_code = ErrorCode::cluster_authorization_failed;
    response.error_message = "not you";
    return response;
  });
  EXPECT_EQ(world.wait(world.admin().describe_cluster({})).error(),
            Error(ErrorCode::cluster_authorization_failed, "not you"));
}

}  // namespace
}  // namespace ottla::client
