#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/network/crank.h"
#include "client/network/network_client.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"
#include "tests/simulation/simulation.h"
#include "tests/unit/client/admin/fake_broker.h"

namespace ottla::client {

using namespace std::chrono_literals;

// Brokers 1, 2, ... that do as a test tells them, and a NetworkClient turned by its crank.
class NetworkWorld {
 public:
  static constexpr std::uint16_t kPort = 9092;

  explicit NetworkWorld(int broker_count = 1, std::uint64_t seed = 1)
      : sim(seed), client(sim.add_node("client")) {
    client.start();
    for (int i = 1; i <= broker_count; ++i) {
      auto& node = sim.add_node("broker" + std::to_string(i));
      node.start();
      nodes.push_back(&node);
      brokers.push_back(
          std::make_unique<FakeBroker>(node.runtime().loop(0), base::Endpoint{"", kPort}));
      answer_metadata(i);
      config.bootstrap.push_back(endpoint(i));
    }
  }
  ~NetworkWorld() {
    if (!network) return;
    on_loop([this] {
      crank->stop();
      network->close();
    });
    network.reset();
  }

  static base::Endpoint endpoint(int broker) { return {"broker" + std::to_string(broker), kPort}; }
  FakeBroker& broker(int i) { return *brokers[static_cast<std::size_t>(i) - 1]; }
  simulation::SimNode& node(int i) { return *nodes[static_cast<std::size_t>(i) - 1]; }
  int seen(int i) { return broker(i).requests(ApiKey::metadata); }

  // What `broker` answers; after that it may be told otherwise.
  void answer_metadata(int i, std::int32_t throttle_ms = 0) {
    broker(i).on<protocol::MetadataRequest>(
        [i, throttle_ms](const auto&, std::int16_t) -> std::optional<protocol::MetadataResponse> {
          protocol::MetadataResponse response;
          response.throttle_time_ms = throttle_ms;
          response.controller_id = BrokerId(i);
          return response;
        });
  }
  void stall(int i) {
    broker(i).on<protocol::MetadataRequest>(
        [](const auto&, std::int16_t) -> std::optional<protocol::MetadataResponse> {
          return std::nullopt;
        });
  }
  // `answer(frame)` is sent instead of what would be right.
  void answer_bytes(int i,
                    std::function<FakeBroker::Answer(const protocol::RequestFrame&)> answer) {
    broker(i).on_raw(ApiKey::metadata, std::move(answer));
  }

  void on_loop(std::function<void()> work) {
    bool done = false;
    client.loop().post([&] {
      work();
      done = true;
    });
    ASSERT_TRUE(sim.run_until([&] { return done; }, 1min));
  }

  void start() {
    on_loop([this] {
      auto& loop = client.loop();
      crank = std::make_shared<Crank>(loop, [this](base::TimePoint now) {
        ++turns;
        return network->poll(now);
      });
      network = std::make_unique<NetworkClient>(
          loop, client.transport(), config, 7, base::Logger(),
          NetworkClient::Events{.on_change = [this] { crank->wake(); },
                                .on_failure =
                                    [this](BrokerId id, const Error& error) {
                                      failures.push_back({sim.now(), id, error});
                                    }});
    });
  }

  // One request that asks for metadata; its outcome goes to a place of its own in `outcomes`.
  struct Outcome {
    bool told = false;
    base::TimePoint when;
    std::int32_t broker = 0;  // who says it answered
    std::optional<Error> error;
  };
  std::size_t ask(BrokerId broker = kAnyBroker, base::Duration timeout = {}) {
    return ask(LinkId{broker}, timeout);
  }
  std::size_t ask(const LinkId& link, base::Duration timeout = {}) {
    const auto place = outcomes.size();
    outcomes.emplace_back();
    on_loop([&] {
      auto make = [](std::int16_t) { return protocol::MetadataRequest{}; };
      auto done = [this, place](const Result<Response<protocol::MetadataResponse>>& response) {
        auto& outcome = outcomes[place];
        EXPECT_FALSE(outcome.told) << "told twice";
        outcome.told = true;
        outcome.when = sim.now();
        if (response) {
          outcome.broker = response->message.controller_id.value;
        } else {
          outcome.error = response.error();
        }
        if (on_outcome) on_outcome();
      };
      auto request = make_request<protocol::MetadataRequest>(link.broker, make, done);
      request.dedicated = link.dedicated;
      request.timeout = timeout;
      network->send(std::move(request));
    });
    return place;
  }
  const Outcome& wait(std::size_t place, base::Duration limit = 10min) {
    sim.run_until([&] { return outcomes[place].told; }, limit);
    EXPECT_TRUE(outcomes[place].told);
    return outcomes[place];
  }

  void set_brokers(const std::vector<BrokerAddress>& addresses) {
    on_loop([&] { network->set_brokers(addresses); });
  }

  struct Failure {
    base::TimePoint when;
    BrokerId broker;
    Error error;
  };
  simulation::Simulation sim;
  simulation::SimNode& client;
  std::vector<simulation::SimNode*> nodes;
  std::vector<std::unique_ptr<FakeBroker>> brokers;
  NetworkConfig config{.client_id = "test"};
  std::shared_ptr<Crank> crank;
  std::unique_ptr<NetworkClient> network;
  std::deque<Outcome> outcomes;
  std::function<void()> on_outcome;
  std::vector<Failure> failures;
  std::uint64_t turns = 0;
};

}  // namespace ottla::client
