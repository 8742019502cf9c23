#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "tools/command.h"
#include "tools/flags.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "export-kafka-config";

struct Flags {
  std::string config;
  std::vector<std::string> overrides;
  std::uint16_t controller_port = 9093;

  void add_to(CLI::App& app) {
    app.add_option("--config", config, "the server.properties that ottla-broker is started with");
    app.add_option("--override", overrides, "key=value, as ottla-broker is started with");
    app.add_option("--controller-port", controller_port,
                   "of 127.0.0.1, for Apache Kafka's controller")
        ->check(CLI::Range(1, 65535));
  }
};

Result<std::string> export_config(const Flags& flags) {
  const auto properties = client_properties({}, flags.config, flags.overrides);
  if (!properties) return properties.error();
  const auto config = broker::BrokerConfig::from_properties(*properties);
  if (!config) return config.error();
  const auto& advertised =
      config->advertised_listeners.empty() ? config->listeners : config->advertised_listeners;
  for (const auto& listener : advertised) {
    if (listener.endpoint.port != 0) continue;
    return Error(ErrorCode::invalid_config, "listener " + listener.name +
                                                " has port 0, and Apache Kafka must be told which; "
                                                "name it with --override listeners=...");
  }
  return broker::export_kafka_config(*config, advertised, flags.controller_port);
}

}  // namespace

int run_export_kafka_config(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Prints the server.properties with which Apache Kafka takes over the data directory of a "
      "broker that is stopped.",
      "ottla export-kafka-config");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto text = export_config(flags);
  if (!text) return fail(kName, text.error());
  std::cout << *text;
  return kSuccess;
}

}  // namespace ottla::tools
