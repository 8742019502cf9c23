#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/admin/admin_core.h"
#include "protocol/messages/metadata.h"
#include "tests/simulation/simulation.h"
#include "tests/unit/client/admin/fake_broker.h"

namespace ottla::client {

using namespace std::chrono_literals;

// An admin client and brokers 1, 2, ... in a simulation. `controller` is what all brokers tell of
// the controller.
class AdminWorld {
 public:
  explicit AdminWorld(int broker_count = 2, std::uint64_t seed = 1,
                      const simulation::SimulationOptions& options = {})
      : sim(seed, options), client(sim.add_node("client")) {
    client.start();
    for (int id = 1; id <= broker_count; ++id) {
      auto& node = sim.add_node("broker" + std::to_string(id));
      node.start();
      nodes.push_back(&node);
      brokers.push_back(
          std::make_unique<FakeBroker>(node.runtime().loop(0), base::Endpoint{"", kPort}));
    }
    for (auto& each : brokers) {
      each->on<protocol::MetadataRequest>(
          [this](const protocol::MetadataRequest&, std::int16_t) { return metadata(); });
    }
    config.bootstrap_servers = "broker1:9092";
    config.log_level = LogLevel::off;
  }

  ~AdminWorld() {
    if (!core) return;
    auto closed = core->close_async();
    EXPECT_TRUE(wait(closed));
  }

  AdminCore& admin() {
    if (!core) core = AdminCore::start(client.runtime(), config).value();
    return *core;
  }

  FakeBroker& broker(int id) { return *brokers[static_cast<std::size_t>(id) - 1]; }
  simulation::SimNode& node(int id) { return *nodes[static_cast<std::size_t>(id) - 1]; }

  // What it came to; for at most ten minutes.
  template <class T>
  Result<T> wait(Future<T>& future) {
    EXPECT_TRUE(sim.run_until([&] { return future.ready(); }, 10min));
    return future.get();
  }
  template <class T>
  Result<T> wait(Future<T>&& future) {
    return wait(future);
  }

  protocol::MetadataResponse metadata() const {
    protocol::MetadataResponse response;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      response.brokers.push_back({.node_id = BrokerId(static_cast<std::int32_t>(i) + 1),
                                  .host = nodes[i]->name(),
                                  .port = kPort,
                                  .rack = std::nullopt});
    }
    response.cluster_id = "the-cluster";
    response.controller_id = BrokerId(controller);
    return response;
  }

  static constexpr std::uint16_t kPort = 9092;

  simulation::Simulation sim;
  simulation::SimNode& client;
  std::vector<simulation::SimNode*> nodes;
  std::vector<std::unique_ptr<FakeBroker>> brokers;
  std::int32_t controller = 1;
  AdminConfig config;
  std::shared_ptr<AdminCore> core;
};

}  // namespace ottla::client
