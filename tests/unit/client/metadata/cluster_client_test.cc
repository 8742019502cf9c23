#include "client/metadata/cluster_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "protocol/messages/metadata.h"
#include "tests/simulation/scripted/scripted_cluster.h"
#include "tests/simulation/simulation.h"

namespace ottla::client {
namespace {

using namespace std::chrono_literals;
using simulation::Rule;
using simulation::Trick;

TEST(ClusterClient, news_of_brokers_fail_no_request_while_they_are_told) {
  simulation::Simulation sim(1);
  simulation::ScriptedCluster cluster(sim, {.brokers = 1});
  auto& app = sim.add_node("app");
  app.start();
  std::unique_ptr<ClusterClient> client;
  std::optional<Error> failed;
  const auto on_loop = [&](const std::function<void()>& work) {
    bool done = false;
    app.loop().post([&] {
      work();
      done = true;
    });
    ASSERT_TRUE(sim.run_until([&] { return done; }, 1min));
  };
  on_loop([&] {
    const NetworkConfig network{.client_id = "test", .bootstrap = {{"broker-1", 9092}}};
    client =
        std::make_unique<ClusterClient>(app.runtime(), network, MetadataConfig{}, base::Logger());
    client->start([](base::TimePoint) { return base::kNever; });
    client->metadata().request_update();
  });
  ASSERT_TRUE(sim.run_until([&] { return client->cluster().brokers().size() == 1; }, 1min));
  cluster.play({.trick = Trick::stall, .api = ApiKey::metadata, .times = Rule::kAlways});
  const auto before = cluster.count_seen(ApiKey::metadata);
  on_loop([&] {
    auto make = [](std::int16_t) { return protocol::MetadataRequest{}; };
    auto done = [&](const Result<Response<protocol::MetadataResponse>>& response) {
      failed = response.error();
    };
    client->network().send(make_request<protocol::MetadataRequest>(BrokerId(1), make, done));
  });
  ASSERT_TRUE(sim.run_until([&] { return cluster.count_seen(ApiKey::metadata) > before; }, 1min));

  on_loop([&] {
    client->metadata().add_broker({.id = 1, .host = "elsewhere", .port = 9092, .rack = {}});
    client->set_dedicated(Node{.id = 1, .host = "elsewhere", .port = 9092, .rack = {}});
    EXPECT_FALSE(failed) << "whoever tells may hold a lock that the answer needs";
  });
  ASSERT_TRUE(sim.run_until([&] { return failed.has_value(); }, 1min));
  EXPECT_EQ(failed->code(), ErrorCode::network_exception);
  on_loop([&] {
    client->stop();
    client.reset();
  });
}

}  // namespace
}  // namespace ottla::client
