#include "broker/config/describe_configs.h"

#include <algorithm>
#include <array>

#include "broker/config/broker_config_keys.h"

namespace ottla::broker {
namespace {

std::optional<std::string> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// A place where broker settings are found.
struct Layer {
  const Properties& settings;
  ConfigSource source;
};

// What was set for a broker, the stronger first.
class Layers {
 public:
  Layers(const BrokerConfig& config, const DynamicSettings& dynamic)
      : layers_{{{dynamic.own, ConfigSource::dynamic_broker},
                 {dynamic.cluster, ConfigSource::dynamic_default_broker},
                 {config.explicit_values, ConfigSource::static_broker}}} {}

  // Adds where `name` is set; the dynamic layers count for dynamic settings alone.
  void add(std::string_view name, std::vector<ConfigSynonym>& synonyms) const {
    for (const auto& layer : layers_) add(layer, name, synonyms);
  }

  // The same for all names of a topic setting's default.
  void add(const TopicKey& key, std::vector<ConfigSynonym>& synonyms) const {
    for (const auto& layer : layers_) {
      for (const auto& synonym : key.synonyms) {
        if (!synonym.name.empty()) add(layer, synonym.name, synonyms);
      }
    }
  }

 private:
  static void add(const Layer& layer, std::string_view name, std::vector<ConfigSynonym>& synonyms) {
    if (layer.source != ConfigSource::static_broker && !is_dynamic_setting(name)) return;
    const auto set = layer.settings.find(name);
    if (set != layer.settings.end()) synonyms.push_back({set->first, set->second, layer.source});
  }

  std::array<Layer, 3> layers_;
};

// The name that a topic setting's default goes by in the broker.
std::string_view name_of_default(const TopicKey& key) {
  std::string_view last = key.name;
  for (const auto& synonym : key.synonyms) {
    if (!synonym.name.empty()) last = synonym.name;
  }
  return last;
}

ConfigDescription describe(const TopicKey& key, const BrokerConfig& now, const Layers& layers,
                           const TopicOverrides& overrides) {
  ConfigDescription description;
  description.name = key.name;
  description.type = key.type;
  description.documentation = key.documentation;
  description.value = topic_default(key, now);
  const auto set = overrides.find(key.name);
  if (set != overrides.end()) {
    description.value = set->second;
    description.synonyms.push_back({set->first, set->second, ConfigSource::topic});
  }
  layers.add(key, description.synonyms);
  description.synonyms.push_back(
      {std::string(name_of_default(key)), std::string(key.default_value)});
  description.source = description.synonyms.front().source;
  return description;
}

ConfigDescription describe(const BrokerKey& key, const BrokerConfig& config) {
  static const BrokerConfig kDefaults;
  ConfigDescription description;
  description.name = key.name;
  description.type = key.rule().type;
  description.documentation = key.documentation;
  description.read_only = true;
  description.value = key.value_in(config);
  const auto set = config.explicit_values.find(key.name);
  if (set != config.explicit_values.end()) {
    description.synonyms.push_back({set->first, set->second, ConfigSource::static_broker});
  }
  if (auto value = key.value_in(kDefaults)) {
    description.synonyms.push_back({description.name, std::move(value)});
  }
  if (!description.synonyms.empty()) description.source = description.synonyms.front().source;
  return description;
}

// A broker setting that is the default of a topic setting.
ConfigDescription describe(const TopicKey& key, const TopicKeySynonym& synonym,
                           const BrokerConfig& now, const Layers& layers) {
  ConfigDescription description;
  description.name = synonym.name;
  description.type = synonym.multiplier == 1 ? key.type : ConfigType::int32;
  description.documentation = key.documentation;
  description.read_only = !is_dynamic_setting(synonym.name);
  layers.add(synonym.name, description.synonyms);
  if (!description.synonyms.empty()) {
    description.value = description.synonyms.front().value;
    description.source = description.synonyms.front().source;
  }
  if (&synonym == &key.synonyms.front()) {
    if (!description.value) description.value = or_null(topic_default(key, now));
    description.synonyms.push_back({description.name, or_null(key.default_value)});
  }
  return description;
}

void sort_by_name(std::vector<ConfigDescription>& descriptions) {
  std::sort(descriptions.begin(), descriptions.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
}

}  // namespace

std::vector<ConfigDescription> describe_topic_configs(const BrokerConfig& config,
                                                      const TopicOverrides& overrides,
                                                      const DynamicSettings& dynamic) {
  const auto now = with_dynamic_settings(config, dynamic);
  const Layers layers(config, dynamic);
  std::vector<ConfigDescription> descriptions;
  for (const auto& key : topic_keys()) {
    if (!key.hidden) descriptions.push_back(describe(key, now, layers, overrides));
  }
  return descriptions;
}

std::vector<ConfigDescription> describe_broker_configs(const BrokerConfig& config,
                                                       const DynamicSettings& dynamic) {
  const auto now = with_dynamic_settings(config, dynamic);
  const Layers layers(config, dynamic);
  std::vector<ConfigDescription> descriptions;
  for (const auto& key : broker_keys()) descriptions.push_back(describe(key, config));
  for (const auto& key : topic_keys()) {
    for (const auto& synonym : key.synonyms) {
      if (synonym.name.empty()) continue;
      descriptions.push_back(describe(key, synonym, now, layers));
    }
  }
  sort_by_name(descriptions);
  return descriptions;
}

std::vector<ConfigDescription> describe_cluster_configs(const DynamicSettings& dynamic) {
  std::vector<ConfigDescription> descriptions;
  for (const auto& [name, value] : dynamic.cluster) {
    const auto [key, synonym] = find_topic_key_by_synonym(name);
    ConfigDescription description;
    description.name = name;
    description.value = value;
    description.source = ConfigSource::dynamic_default_broker;
    // What is not known here may be a password.
    description.sensitive = key == nullptr;
    if (key != nullptr) description.type = key->type;
    if (key != nullptr) description.documentation = key->documentation;
    description.synonyms.push_back({name, value, ConfigSource::dynamic_default_broker});
    descriptions.push_back(std::move(description));
  }
  return descriptions;
}

}  // namespace ottla::broker
