#include "broker/config/broker_config.h"
#include "broker/config/broker_config_keys.h"
#include "ottla/scram_mechanism.h"
#include "protocol/sasl/oauthbearer.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kControllerListener = "CONTROLLER";

std::string listener_list(const std::vector<ListenerConfig>& listeners) {
  std::string text;
  for (const auto& listener : listeners) {
    if (!text.empty()) text += ',';
    text += listener.to_string();
  }
  return text;
}

// Where the listeners are bound, with the ports they got.
std::vector<ListenerConfig> bound_listeners(const BrokerConfig& config,
                                            const std::vector<ListenerConfig>& advertised) {
  auto bound = config.listeners;
  for (auto& listener : bound) {
    for (const auto& real : advertised) {
      if (real.name == listener.name && listener.endpoint.port == 0) {
        listener.endpoint.port = real.endpoint.port;
      }
    }
  }
  return bound;
}

// The listener for brokers, of which there is none but this: one without credentials, if possible.
const std::string& name_for_brokers(const std::vector<ListenerConfig>& listeners) {
  for (const auto& listener : listeners) {
    if (!uses_sasl(listener.protocol)) return listener.name;
  }
  return listeners.front().name;
}

// Kafka does not start with a mechanism that its listener for brokers does not have.
void add_mechanism_for_brokers(const BrokerConfig& config, const std::string& listener,
                               Properties& properties) {
  const auto sasl = config.sasl_listeners.find(listener);
  if (sasl == config.sasl_listeners.end()) return;
  const auto& mechanisms = sasl->second.mechanisms;
  auto& chosen = properties["sasl.mechanism.inter.broker.protocol"];
  if (!mechanisms.contains(chosen)) chosen = mechanisms.begin()->first;
}

// What Kafka wants to be told of mechanisms that this broker takes as they are.
void add_sasl(const BrokerConfig& config, Properties& properties) {
  for (const auto& [name, sasl] : config.sasl_listeners) {
    for (const auto& [mechanism, unused] : sasl.mechanisms) {
      if (mechanism == protocol::kOauthBearer) {
        const std::string module = "org.apache.kafka.common.security.oauthbearer.OAuthBearer";
        const auto key = jaas_config_key(name, mechanism);
        properties.try_emplace(key, module + "LoginModule required;");
        const auto prefix = key.substr(0, key.size() - std::string_view("sasl.jaas.config").size());
        properties.try_emplace(prefix + "sasl.server.callback.handler.class",
                               module + "ValidatorCallbackHandler");
      }
      if (!parse_scram_mechanism(mechanism)) continue;
      properties.try_emplace(jaas_config_key(name, mechanism),
                             "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    }
  }
}

}  // namespace

std::string export_kafka_config(const BrokerConfig& config,
                                const std::vector<ListenerConfig>& advertised,
                                std::uint16_t controller_port) {
  Properties properties;
  for (const auto& [key, value] : config.explicit_values) {
    if (is_kafka_broker_key(key)) properties[key] = value;
  }
  // Kafka does not start with the last one beside inter.broker.listener.name.
  for (const auto* gone : {"broker.id", "log.dir", "security.inter.broker.protocol"}) {
    properties.erase(gone);
  }
  const auto id = std::to_string(config.node_id);
  const ListenerConfig controller{.name = std::string(kControllerListener),
                                  .endpoint = {.host = "127.0.0.1", .port = controller_port}};
  auto listeners = bound_listeners(config, advertised);
  std::string map;
  for (const auto& listener : listeners) {
    map += listener.name + ":" + std::string(to_string(listener.protocol)) + ",";
  }
  const auto& inter_broker = config.inter_broker_listener_name;
  properties["node.id"] = id;
  properties["process.roles"] = "broker,controller";
  properties["controller.quorum.voters"] = id + "@" + controller.endpoint.to_string();
  properties["controller.listener.names"] = kControllerListener;
  properties["inter.broker.listener.name"] =
      inter_broker.empty() ? name_for_brokers(listeners) : inter_broker;
  properties["listener.security.protocol.map"] = map + controller.name + ":PLAINTEXT";
  listeners.push_back(controller);
  properties["listeners"] = listener_list(listeners);
  properties["advertised.listeners"] = listener_list(advertised);
  std::string log_dirs;
  for (const auto& path : config.log_dirs)
    log_dirs += (log_dirs.empty() ? "" : ",") + whole_path(path);
  properties["log.dirs"] = log_dirs;
  if (config.metadata_log_dir) {
    properties["metadata.log.dir"] = whole_path(*config.metadata_log_dir);
  }
  add_mechanism_for_brokers(config, properties["inter.broker.listener.name"], properties);
  add_sasl(config, properties);
  // One node cannot hold more; Kafka does not lower these by itself.
  properties["offsets.topic.replication.factor"] = "1";
  properties["transaction.state.log.replication.factor"] = "1";
  properties["transaction.state.log.min.isr"] = "1";
  properties["share.coordinator.state.topic.replication.factor"] = "1";
  properties["share.coordinator.state.topic.min.isr"] = "1";
  return format_properties(properties);
}

}  // namespace ottla::broker
