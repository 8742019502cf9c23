#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/consumer/consumer_core.h"
#include "client/producer/producer_core.h"
#include "protocol/record/record_reader.h"
#include "tests/simulation/scripted/scripted_cluster.h"
#include "tests/simulation/simulation.h"

namespace ottla::client {

using namespace std::chrono_literals;
using simulation::Rule;
using simulation::ScriptedCluster;
using simulation::ScriptedClusterOptions;
using simulation::Simulation;
using simulation::Trick;

// A scripted cluster and one machine whose clients talk to it, in virtual time.
class ClientWorld {
 public:
  explicit ClientWorld(std::uint64_t seed = 1, const ScriptedClusterOptions& options = {})
      : sim(seed), cluster(sim, options), app(sim.add_node("app")) {
    app.start();
  }

  ProducerConfig producer_config() const {
    return {.bootstrap_servers = cluster.bootstrap_servers(), .log_level = LogLevel::off};
  }
  ConsumerConfig consumer_config() const {
    return {.bootstrap_servers = cluster.bootstrap_servers(),
            .auto_offset_reset = AutoOffsetReset::earliest,
            .log_level = LogLevel::off};
  }
  std::shared_ptr<ProducerCore> start(const ProducerConfig& config) {
    auto core = ProducerCore::start(app.runtime(), config);
    EXPECT_TRUE(core.has_value()) << core.error();
    return core ? *core : nullptr;
  }
  std::shared_ptr<ConsumerCore> start(const ConsumerConfig& config) {
    auto core = ConsumerCore::start(app.runtime(), config);
    EXPECT_TRUE(core.has_value()) << core.error();
    return core ? *core : nullptr;
  }

  // The outcome, once there; timed_out with a text of its own if `limit` of virtual time is not
  // enough.
  template <class T>
  Result<T> await(Future<T> future, base::Duration limit = 10min) {
    sim.run_until([&] { return future.ready(); }, limit);
    if (!future.ready()) return Error(ErrorCode::timed_out, "the future is still not ready");
    return future.get();
  }

  // All records of a partition as the cluster keeps them, "key=value".
  std::vector<std::string> stored(const TopicPartition& of) {
    std::vector<std::string> records;
    for (const auto& kept : cluster.partition(of).batches()) {
      const auto batch = protocol::RecordBatchView::parse(kept.bytes).value();
      std::string buffer;
      const auto bytes = protocol::uncompressed_records(batch, 1 << 20, buffer).value();
      protocol::RecordReader reader(batch, bytes);
      for (protocol::RecordView record; reader.next(record);) {
        records.push_back(std::string(record.key.value_or("")) + "=" +
                          std::string(record.value.value_or("")));
      }
      EXPECT_TRUE(reader.status());
    }
    return records;
  }

  Simulation sim;
  ScriptedCluster cluster;
  simulation::SimNode& app;
};

}  // namespace ottla::client
