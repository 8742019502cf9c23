#include "client/admin/brokers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_log_dirs.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

const ApiSupport& support_of(const std::vector<ApiSupport>& apis, ApiKey key) {
  return *std::find_if(apis.begin(), apis.end(), [&](const auto& each) { return each.key == key; });
}

TEST(DescribeBrokerApis, tells_what_each_broker_serves_and_what_of_it_is_spoken_here) {
  AdminWorld world(2);
  world.broker(2).on<DescribeClusterRequest>(
      [](const DescribeClusterRequest&, std::int16_t) { return DescribeClusterResponse(); }, 1);
  const auto described = world.wait(world.admin().describe_broker_apis({})).value();
  ASSERT_EQ(described.size(), 2U);
  const auto& two = described.at(2).value();
  EXPECT_EQ(support_of(two, ApiKey::describe_cluster), (ApiSupport{.key = ApiKey::describe_cluster,
                                                                   .name = "DescribeCluster",
                                                                   .versions = VersionRange{0, 1},
                                                                   .usable = std::int16_t{1}}));
  EXPECT_EQ(support_of(described.at(1).value(), ApiKey::describe_cluster),
            (ApiSupport{.key = ApiKey::describe_cluster, .name = "DescribeCluster"}));
  EXPECT_TRUE(std::is_sorted(two.begin(), two.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
  // What servers ask one another is no news to a client.
  EXPECT_TRUE(std::none_of(two.begin(), two.end(),
                           [](const auto& each) { return each.key == ApiKey::vote; }));
}

TEST(DescribeBrokerApis, tells_of_apis_that_are_newer_than_this_library) {
  AdminWorld world(1);
  world.broker(1).serve(ApiKey{12345}, 3);
  world.broker(1).serve(ApiKey::vote, 2);
  const auto apis = world.wait(world.admin().describe_broker_apis({})).value().at(1).value();
  EXPECT_EQ(support_of(apis, ApiKey{12345}),
            (ApiSupport{.key = ApiKey{12345}, .versions = VersionRange{0, 3}}));
  EXPECT_EQ(support_of(apis, ApiKey::vote),
            (ApiSupport{.key = ApiKey::vote, .name = "Vote", .versions = VersionRange{0, 2}}));
}

DescribeLogDirsResponse two_directories() {
  DescribeLogDirsResponse response;
  response.results.push_back({.log_dir = "/b", .total_bytes = 100, .usable_bytes = 40});
  response.results.push_back({.error_code = ErrorCode::kafka_storage_error, .log_dir = "/a"});
  response.results[0].topics.push_back({.name = "t", .partitions = {{1, 5, 2, true}, {0, 9}}});
  return response;
}

TEST(DescribeLogDirs, asks_every_broker_what_is_in_its_directories) {
  AdminWorld world(2);
  for (const int id : {1, 2}) {
    world.broker(id).on<DescribeLogDirsRequest>(
        [](const DescribeLogDirsRequest& request, std::int16_t) {
          EXPECT_FALSE(request.topics.has_value());
          return two_directories();
        });
  }
  const auto described = world.wait(world.admin().describe_log_dirs({}, {})).value();
  ASSERT_EQ(described.size(), 2U);
  for (const auto& [broker, directories] : described) {
    ASSERT_TRUE(directories) << broker;
    EXPECT_EQ(directories->at("/a"),
              (LogDirDescription{.error = Error(ErrorCode::kafka_storage_error)}));
    const std::map<TopicPartition, ReplicaInfo> replicas = {
        {{"t", 0}, {.size = 9}}, {{"t", 1}, {.size = 5, .offset_lag = 2, .future = true}}};
    EXPECT_EQ(directories->at("/b"),
              (LogDirDescription{.replicas = replicas, .total_bytes = 100, .usable_bytes = 40}));
  }
}

TEST(DescribeLogDirs, asks_only_whom_it_is_told) {
  AdminWorld world(3);
  for (const int id : {1, 2, 3}) {
    world.broker(id).on<DescribeLogDirsRequest>(
        [](const DescribeLogDirsRequest&, std::int16_t) { return two_directories(); });
  }
  const auto described = world.wait(world.admin().describe_log_dirs({3, -1}, {})).value();
  ASSERT_EQ(described.size(), 2U);
  EXPECT_TRUE(described.at(3));
  EXPECT_EQ(described.at(-1).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(world.broker(1).requests(ApiKey::describe_log_dirs), 0);
}

TEST(DescribeLogDirs, tells_whom_it_did_not_reach_and_what_was_refused) {
  AdminWorld world(2);
  world.broker(1).on<DescribeLogDirsRequest>([](const DescribeLogDirsRequest&, std::int16_t) {
    DescribeLogDirsResponse response;
    response.error_code = ErrorCode::cluster_authorization_failed;
    return response;
  });
  world.broker(2).on<DescribeLogDirsRequest>(
      [](const DescribeLogDirsRequest&, std::int16_t) { return DescribeLogDirsResponse(); }, 2);
  const auto described =
      world.wait(world.admin().describe_log_dirs({1, 2, 9}, {.timeout = 3s})).value();
  ASSERT_EQ(described.size(), 3U);
  EXPECT_EQ(described.at(1).error().code(), ErrorCode::cluster_authorization_failed);
  EXPECT_EQ(described.at(2).error().code(), ErrorCode::cluster_authorization_failed);
  EXPECT_FALSE(described.at(9));
}

}  // namespace
}  // namespace ottla::client
