#include "client/admin/admin_core.h"

#include <gtest/gtest.h>

#include "protocol/messages/describe_cluster.h"
#include "tests/simulation/seeds.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;

std::optional<DescribeClusterResponse> somewhere(const DescribeClusterRequest&, std::int16_t) {
  DescribeClusterResponse response;
  response.cluster_id = "somewhere";
  response.brokers.push_back({.broker_id = BrokerId(1), .host = "broker1", .port = 9092});
  return response;
}

std::optional<DescribeClusterResponse> silence(const DescribeClusterRequest&, std::int16_t) {
  return std::nullopt;
}

// But for the time that tasks take.
bool took(const AdminWorld& world, base::TimePoint began, base::Duration time) {
  const auto passed = world.sim.now() - began;
  return passed >= time && passed < time + 1ms;
}

TEST(AdminCore, says_that_no_broker_answered_and_why) {
  AdminWorld world(1);
  world.node(1).crash(simulation::Crash::process);
  const auto began = world.sim.now();
  auto described = world.admin().describe_cluster({.timeout = 3s});
  auto made = world.admin().create_topics({{.name = "a"}}, {.timeout = 3s});
  for (const auto& error : {world.wait(described).error(), world.wait(made).error()}) {
    EXPECT_EQ(error.code(), ErrorCode::no_bootstrap_reachable);
    EXPECT_NE(error.message().find("3000 ms"), std::string::npos) << error;
    EXPECT_NE(error.message().find("broker1:9092"), std::string::npos) << error;
  }
  EXPECT_TRUE(took(world, began, 3s));
}

TEST(AdminCore, finds_a_broker_that_comes_later) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(somewhere);
  world.sim.network().isolate(world.node(1).host());
  auto described = world.admin().describe_cluster({});
  world.sim.run_for(20s);
  EXPECT_FALSE(described.ready());
  world.sim.network().heal();
  EXPECT_EQ(world.wait(described).value().cluster_id, "somewhere");
}

TEST(AdminCore, gives_up_on_a_silent_broker_when_the_time_is_over) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(silence);
  const auto began = world.sim.now();
  const auto error = world.wait(world.admin().describe_cluster({.timeout = 5s})).error();
  EXPECT_EQ(error.code(), ErrorCode::timed_out);
  EXPECT_TRUE(took(world, began, 5s));
}

TEST(AdminCore, uses_the_default_timeout_and_tries_again_after_each_silence) {
  AdminWorld world(1);
  world.config.default_api_timeout = 10s;
  world.config.request_timeout = 3s;
  world.broker(1).on<DescribeClusterRequest>(silence);
  const auto began = world.sim.now();
  const auto error = world.wait(world.admin().describe_cluster({})).error();
  EXPECT_EQ(error.code(), ErrorCode::timed_out);
  EXPECT_NE(error.message().find("REQUEST_TIMED_OUT"), std::string::npos) << error;
  EXPECT_TRUE(took(world, began, 10s));
  EXPECT_EQ(world.broker(1).requests(ApiKey::describe_cluster), 4);
}

TEST(AdminCore, gives_up_at_once_without_any_time) {
  AdminWorld world(1);
  const auto error = world.wait(world.admin().describe_cluster({.timeout = -1ms})).error();
  EXPECT_EQ(error.code(), ErrorCode::no_bootstrap_reachable);
}

TEST(AdminCore, answers_all_calls_through_breaking_connections) {
  simulation::SimulationOptions options;
  options.network.reset_one_in = 8;
  simulation::for_each_seed(100, [&](std::uint64_t seed) {
    AdminWorld world(3, seed, options);
    for (int id = 1; id <= 3; ++id) world.broker(id).on<DescribeClusterRequest>(somewhere);
    std::vector<Future<ClusterDescription>> calls;
    for (int i = 0; i < 10; ++i) calls.push_back(world.admin().describe_cluster({}));
    for (auto& call : calls) {
      const auto described = world.wait(call);
      ASSERT_TRUE(described) << described.error();
      EXPECT_EQ(described->cluster_id, "somewhere");
    }
  });
}

TEST(AdminCore, fails_what_is_under_way_when_it_is_closed) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(silence);
  auto sent = world.admin().describe_cluster({});
  world.sim.run_for(1s);
  auto fresh = world.admin().create_topics({{.name = "a"}}, {});
  auto closed = world.admin().close_async();
  auto late = world.admin().list_topics({});
  EXPECT_TRUE(world.wait(closed));
  EXPECT_EQ(world.wait(sent).error().code(), ErrorCode::closed);
  EXPECT_EQ(world.wait(fresh).error().code(), ErrorCode::closed);
  EXPECT_EQ(world.wait(late).error().code(), ErrorCode::closed);
  EXPECT_TRUE(world.wait(world.admin().close_async()));
}

TEST(AdminCore, tells_callbacks_before_it_is_closed) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(silence);
  std::vector<std::string> told;
  world.admin().describe_cluster({}).then([&](const Result<ClusterDescription>& described) {
    told.push_back(described ? "described" : std::string(describe(described.error().code()).name));
  });
  world.sim.run_for(1s);
  world.admin().close_async().then([&](const Result<void>&) { told.emplace_back("closed"); });
  world.sim.run_for(1s);
  EXPECT_EQ(told, (std::vector<std::string>{"CLOSED", "closed"}));
}

TEST(AdminCore, asks_for_metadata_but_once_when_all_is_well) {
  AdminWorld world(1);
  world.broker(1).on<DescribeClusterRequest>(somewhere);
  EXPECT_TRUE(world.wait(world.admin().describe_cluster({})));
  world.sim.run_for(60s);
  EXPECT_EQ(world.broker(1).requests(ApiKey::metadata), 1);
}

}  // namespace
}  // namespace ottla::client
