#include <algorithm>
#include <charconv>

#include "broker/config/broker_config_keys.h"
#include "broker/config/config_value.h"

namespace ottla::broker {
namespace {

struct TypeOf {
  ConfigType operator()(bool BrokerConfig::*) const { return ConfigType::boolean; }
  ConfigType operator()(std::int16_t BrokerConfig::*) const { return ConfigType::int16; }
  ConfigType operator()(std::int32_t BrokerConfig::*) const { return ConfigType::int32; }
  ConfigType operator()(std::int64_t BrokerConfig::*) const { return ConfigType::int64; }
  ConfigType operator()(double BrokerConfig::*) const { return ConfigType::float64; }
  ConfigType operator()(std::string BrokerConfig::*) const { return ConfigType::string; }
  ConfigType operator()(std::optional<std::string> BrokerConfig::*) const {
    return ConfigType::string;
  }
  ConfigType operator()(std::vector<std::string> BrokerConfig::*) const { return ConfigType::list; }
  ConfigType operator()(std::vector<ListenerConfig> BrokerConfig::*) const {
    return ConfigType::list;
  }
};

struct TextOf {
  const BrokerConfig& config;

  using Text = std::optional<std::string>;
  Text operator()(bool BrokerConfig::*member) const { return config.*member ? "true" : "false"; }
  template <std::integral T>
  Text operator()(T BrokerConfig::*member) const {
    return std::to_string(config.*member);
  }
  Text operator()(double BrokerConfig::*member) const {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof text, config.*member).ptr);
  }
  Text operator()(std::string BrokerConfig::*member) const {
    return (config.*member).empty() ? Text() : config.*member;
  }
  Text operator()(std::optional<std::string> BrokerConfig::*member) const { return config.*member; }
  Text operator()(std::vector<std::string> BrokerConfig::*member) const {
    return join_list(config.*member);
  }
  Text operator()(std::vector<ListenerConfig> BrokerConfig::*member) const {
    if ((config.*member).empty()) return std::nullopt;
    std::vector<std::string> elements;
    for (const auto& listener : config.*member) elements.push_back(listener.to_string());
    return join_list(elements);
  }
};

// Of a value that was checked.
struct Store {
  BrokerConfig& config;
  const ValueRule& rule;
  std::string_view value;

  void operator()(bool BrokerConfig::*member) const { config.*member = *parse_bool({}, value); }
  template <std::integral T>
  void operator()(T BrokerConfig::*member) const {
    config.*member = static_cast<T>(*parse_integer({}, value, rule));
  }
  void operator()(double BrokerConfig::*member) const {
    config.*member = *parse_float({}, value, rule);
  }
  void operator()(std::string BrokerConfig::*member) const { config.*member = std::string(value); }
  void operator()(std::optional<std::string> BrokerConfig::*member) const {
    (config.*member).reset();
    if (!value.empty()) config.*member = std::string(value);
  }
  void operator()(std::vector<std::string> BrokerConfig::*member) const {
    config.*member = split_list(value);
  }
  // Listeners need the protocol map first.
  void operator()(std::vector<ListenerConfig> BrokerConfig::*) const {}
};

}  // namespace

ValueRule BrokerKey::rule() const {
  return {.type = std::visit(TypeOf(), member), .min = min, .max = max, .choices = choices};
}

std::optional<std::string> BrokerKey::value_in(const BrokerConfig& config) const {
  return std::visit(TextOf{config}, member);
}

Result<void> BrokerKey::assign(BrokerConfig& config, std::string_view called,
                               std::string_view value) const {
  const auto allowed = rule();
  if (auto checked = check_value(called, trim(value), allowed); !checked) return checked;
  std::visit(Store{config, allowed, trim(value)}, member);
  return {};
}

const BrokerKey* find_broker_key(std::string_view name) {
  const auto keys = broker_keys();
  const auto found =
      std::lower_bound(keys.begin(), keys.end(), name,
                       [](const BrokerKey& key, std::string_view n) { return key.name < n; });
  return found != keys.end() && found->name == name ? &*found : nullptr;
}

bool is_kafka_broker_key(std::string_view name) {
  constexpr std::string_view kListenerPrefix = "listener.name.";
  if (name.substr(0, kListenerPrefix.size()) == kListenerPrefix) return true;
  const auto keys = kafka_broker_keys();
  return std::binary_search(keys.begin(), keys.end(), name);
}

}  // namespace ottla::broker
