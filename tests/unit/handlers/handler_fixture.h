#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "broker/metadata/metadata_image.h"
#include "tests/simulation/data_on_disk.h"
#include "tests/simulation/simulation.h"
#include "tests/unit/scripted_cluster/wire_client.h"

namespace ottla::broker {

// A broker in the simulator, and clients that speak the wire to it.
class HandlerFixture : public testing::Test {
 protected:
  static constexpr std::uint16_t kPort = 9092;

  ~HandlerFixture() override { clients_.clear(); }

  void SetUp() override {
    asking_.start();
    start();
  }

  std::vector<DataDirectory> data(simulation::SimDisk& disk) const {
    auto directories = simulation::data_on_disk(disk, config_);
    for (auto& each : directories) {
      if (each.path == without_) each.handle = Error(ErrorCode::io_error, "no such disk");
    }
    return directories;
  }

  // Starts the broker, also after a crash or a stop.
  void start() {
    const auto started = try_start();
    ASSERT_TRUE(started) << started.error();
    clients_.clear();
    client();
  }

  // The same where it may be refused.
  Result<void> try_start() {
    config_.listeners = {{.endpoint = {"", kPort}}};
    config_.advertised_listeners = {{.endpoint = {"broker", kPort}}};
    std::optional<Result<void>> outcome;
    node_.start([&](simulation::SimNode& node) -> std::shared_ptr<void> {
      auto made = std::make_shared<Broker>(Broker::Deps{.loop = node.runtime().loop(0),
                                                        .directories = data(node.disk()),
                                                        .logger = logger_,
                                                        .seed = simulation_.random().next()},
                                           config_);
      broker_ = made.get();
      made->start([&outcome](Result<void> started) { outcome = std::move(started); });
      return made;
    });
    EXPECT_TRUE(run_until([&outcome] { return outcome.has_value(); }));
    return outcome.value_or(ErrorCode::timed_out);
  }

  // Everything that was not synced is gone.
  void cut_power_and_restart() {
    node_.crash(simulation::Crash::power);
    start();
  }

  void restart() {
    bool stopped = false;
    node_.loop().post([&] {
      broker_->stop([&](const Result<void>& outcome) {
        EXPECT_TRUE(outcome) << outcome.error();
        stopped = true;
      });
    });
    ASSERT_TRUE(run_until([&] { return stopped; }));
    node_.stop();
    start();
  }

  bool run_until(const std::function<bool()>& done) {
    return simulation_.run_until(done, std::chrono::seconds(60));
  }

  simulation::WireClient& client(std::size_t number = 0) {
    while (clients_.size() <= number) {
      clients_.push_back(std::make_unique<simulation::WireClient>(
          simulation_, asking_, base::Endpoint{node_.address(), kPort}));
    }
    return *clients_[number];
  }

  // Asks at the newest version unless told otherwise. The response borrows from the client.
  template <class M>
  typename M::Response call(const M& request, std::int16_t version = M::api.max) {
    auto response = client().call(request, version);
    EXPECT_TRUE(response) << response.error();
    return response ? *std::move(response) : typename M::Response();
  }

  ErrorCode create_topic(std::string_view name, std::int32_t partitions = 1,
                         std::vector<std::pair<std::string_view, std::string_view>> configs = {}) {
    protocol::CreateTopicsRequest request;
    request.timeout_ms = 5000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    for (const auto& [key, value] : configs) topic.configs.push_back({key, value});
    const auto response = call(request);
    EXPECT_EQ(response.topics.size(), 1U);
    return response.topics.empty() ? ErrorCode::unknown_server_error
                                   : response.topics[0].error_code;
  }

  // Appends one batch of `records` records; its base offset, or -1.
  std::int64_t produce(std::string_view topic, std::int32_t partition, int records,
                       const std::string& value = "value") {
    const auto batch = simulation::batch_of(records, value);
    const auto response = call(simulation::produce_request(topic, partition, batch), 9);
    if (response.responses.empty()) return -1;
    const auto& answer = response.responses[0].partition_responses[0];
    EXPECT_EQ(answer.error_code, ErrorCode::none);
    return answer.base_offset.value;
  }

  Uuid topic_id(std::string_view name) {
    protocol::MetadataRequest request;
    request.topics.emplace().push_back({.topic_id = {}, .name = name});
    const auto response = call(request);
    return response.topics.empty() ? Uuid() : response.topics[0].topic_id;
  }

  simulation::Simulation simulation_{11};
  simulation::SimNode& node_ = simulation_.add_node("broker");
  simulation::SimNode& asking_ = simulation_.add_node("client");
  BrokerConfig config_ = [] {
    BrokerConfig config;
    config.log_dirs = {"/data"};
    return config;
  }();
  base::Logger logger_;
  std::string without_;  // one of the directories that cannot be opened
  Broker* broker_ = nullptr;
  std::vector<std::unique_ptr<simulation::WireClient>> clients_;
};

}  // namespace ottla::broker
