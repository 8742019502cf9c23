#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/logger.h"
#include "broker/broker.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// What becomes of the brokers that are started on a node, one after the other.
struct BrokerStatus {
  bool ready = false;          // the one that runs serves clients
  std::uint64_t starts = 0;    // that succeeded
  std::optional<Error> error;  // the first that anything failed with
  broker::Broker* broker = nullptr;
  std::function<void(broker::Broker&)> on_ready;  // may be empty
};

// A broker on /data of its node, listening on port 9092. `status` outlives the node's last run.
// Clients are told to come to `advertised_as`, if it is not empty.
SimNode::Application broker_application(broker::BrokerConfig config, BrokerStatus& status,
                                        const std::string& advertised_as = {});

// The batches of a partition on a broker's disk, a line each: for a failure's report.
std::string describe_batches(SimDisk& disk, const std::string& topic, std::int32_t partition);

// A logger to stderr if the environment has OTTLA_SIMULATION_LOG, for looking at one seed; else a
// silent one.
base::Logger simulation_logger(Simulation& simulation, const std::string& node);
LogSink simulation_log_sink(Simulation& simulation, const std::string& node);

}  // namespace ottla::simulation
