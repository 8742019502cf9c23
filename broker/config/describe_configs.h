#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/config/config_value.h"
#include "broker/config/dynamic_settings.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {

// Where a value comes from; the numbers are those of DescribeConfigs.
enum class ConfigSource : std::int8_t {
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  default_value = 5,
};

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::default_value;

  bool operator==(const ConfigSynonym&) const = default;
};

// One setting as DescribeConfigs tells it.
struct ConfigDescription {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::default_value;
  ConfigType type = ConfigType::string;
  bool read_only = false;
  bool sensitive = false;               // then the value must not be told
  std::vector<ConfigSynonym> synonyms;  // every place that sets it, the one that counts first
  std::string_view documentation;       // of static storage
};

// All settings of a topic, sorted by name. `config` is what the broker was started with.
std::vector<ConfigDescription> describe_topic_configs(const BrokerConfig& config,
                                                      const TopicOverrides& overrides,
                                                      const DynamicSettings& dynamic = {});

// All settings of this broker, sorted by name.
std::vector<ConfigDescription> describe_broker_configs(const BrokerConfig& config,
                                                       const DynamicSettings& dynamic = {});

// Whether the value that brokers are given for this setting must not be told: what is not known
// here may be a password.
bool is_sensitive_setting(std::string_view name);

// What was set for all brokers of the cluster, sorted by name.
std::vector<ConfigDescription> describe_cluster_configs(const DynamicSettings& dynamic);

}  // namespace ottla::broker
