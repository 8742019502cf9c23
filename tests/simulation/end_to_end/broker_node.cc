#include "tests/simulation/end_to_end/broker_node.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "protocol/record/record_batch.h"
#include "tests/simulation/data_on_disk.h"

namespace ottla::simulation {
namespace {

class BrokerOnNode {
 public:
  BrokerOnNode(SimNode& node, const broker::BrokerConfig& config, BrokerStatus& status)
      : node_(node),
        status_(status),
        broker_({.loop = node.runtime().loop(0),
                 .directories = data_on_disk(node.disk(), config),
                 .logger = simulation_logger(node.simulation(), node.name()),
                 .seed = node.runtime().next_seed()},
                config) {
    status_.broker = &broker_;
    broker_.set_on_offline([this](const Error& error) { fail(error); });
    broker_.start([this](const Result<void>& started) {
      if (!started) return fail(started.error());
      if (status_.on_ready) status_.on_ready(broker_);
      status_.ready = true;
      ++status_.starts;
    });
  }
  ~BrokerOnNode() {
    status_.ready = false;
    status_.broker = nullptr;
  }

 private:
  void fail(const Error& error) {
    // What a process says that its disk has just killed, nobody hears.
    if (!status_.error && !node_.disk().crashed()) status_.error = error;
  }

  SimNode& node_;
  BrokerStatus& status_;
  broker::Broker broker_;
};

}  // namespace

SimNode::Application broker_application(broker::BrokerConfig config, BrokerStatus& status,
                                        const std::string& advertised_as) {
  config.listeners = {{.endpoint = {"", 9092}}};
  return [config = std::move(config), &status, advertised_as](SimNode& node) {
    auto listening = config;
    const auto& name = advertised_as.empty() ? node.name() : advertised_as;
    listening.advertised_listeners = {{.endpoint = {name, 9092}}};
    return std::make_shared<BrokerOnNode>(node, std::move(listening), status);
  };
}

LogSink simulation_log_sink(Simulation& simulation, const std::string& node) {
  if (std::getenv("OTTLA_SIMULATION_LOG") == nullptr) {
    return [](LogLevel, std::string_view, std::string_view) {};
  }
  return [&simulation, node](LogLevel, std::string_view room, std::string_view line) {
    const auto now = std::chrono::duration<double, std::milli>(simulation.now().time_since_epoch());
    std::fprintf(stderr, "%10.3f %-9s %.*s: %.*s\n", now.count(), node.c_str(),
                 static_cast<int>(room.size()), room.data(), static_cast<int>(line.size()),
                 line.data());
  };
}

std::string describe_batches(SimDisk& disk, const std::string& topic, std::int32_t partition) {
  const std::string name = topic + "-" + std::to_string(partition);
  auto directory = disk.open("/data/" + name);
  const auto entries = directory->list();
  if (!entries) return entries.error().to_string();
  std::string text;
  for (const auto& entry : *entries) {
    if (!entry.name.ends_with(".log")) continue;
    const auto bytes = directory->read_file(entry.name);
    if (!bytes) return bytes.error().to_string();
    protocol::BatchIterator batches(*bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      text += name + "@" + std::to_string(batch.base_offset().value) + " " +
              std::to_string(batch.record_count()) + " records, leader epoch " +
              std::to_string(batch.partition_leader_epoch().value) + ", producer " +
              std::to_string(batch.producer_id().value) + " epoch " +
              std::to_string(batch.producer_epoch().value) + " sequence " +
              std::to_string(batch.base_sequence().value) + "\n";
    }
  }
  return text;
}

base::Logger simulation_logger(Simulation& simulation, const std::string& node) {
  if (std::getenv("OTTLA_SIMULATION_LOG") == nullptr) return {};
  return {simulation_log_sink(simulation, node), LogLevel::debug, node};
}

}  // namespace ottla::simulation
