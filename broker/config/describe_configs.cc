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

  // Adds where a topic setting's default is set, by all its names; the dynamic layers count for
  // dynamic settings alone.
  void add(const TopicKey& key, std::vector<ConfigSynonym>& synonyms) const {
    for (const auto& layer : layers_) {
      for (const auto& synonym : key.synonyms) {
        if (!synonym.name.empty()) add(layer, synonym.name, synonyms);
      }
    }
  }

  // The same for a setting of the broker's own.
  void add(std::string_view name, std::vector<ConfigSynonym>& synonyms) const {
    for (const auto& layer : layers_) add(layer, name, synonyms);
  }

 private:
  static void add(const Layer& layer, std::string_view name, std::vector<ConfigSynonym>& synonyms) {
    if (layer.source != ConfigSource::static_broker && !is_dynamic_setting(name)) return;
    const auto set = layer.settings.find(name);
    if (set != layer.settings.end()) synonyms.push_back({set->first, set->second, layer.source});
  }

  std::array<Layer, 3> layers_;
};

// What a topic setting is where nobody has set anything: by the broker's name and in its unit, as
// log.retention.hours=168. None if brokers have no such setting.
std::optional<ConfigSynonym> default_of(const TopicKey& key) {
  TopicKeySynonym last;
  for (const auto& synonym : key.synonyms) {
    if (!synonym.name.empty()) last = synonym;
  }
  if (last.name.empty()) return std::nullopt;
  std::string value(key.default_value);
  if (last.multiplier != 1) value = std::to_string(std::stoll(value) / last.multiplier);
  return ConfigSynonym{std::string(last.name), or_null(value)};
}

// Where brokers have set the default of a topic setting, the stronger first. As Apache Kafka tells
// it, from the first on that has the name: where only log.retention.hours is set, log.retention.ms
// (and so a topic's retention.ms) is told to be nowhere.
std::vector<ConfigSynonym> synonyms_from(std::string_view name, const TopicKey& key,
                                         const Layers& layers) {
  std::vector<ConfigSynonym> synonyms;
  layers.add(key, synonyms);
  if (auto untouched = default_of(key)) synonyms.push_back(*std::move(untouched));
  synonyms.erase(synonyms.begin(),
                 std::find_if(synonyms.begin(), synonyms.end(),
                              [name](const auto& each) { return each.name == name; }));
  return synonyms;
}

void set_source(ConfigDescription& description) {
  if (!description.synonyms.empty()) description.source = description.synonyms.front().source;
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
  for (auto& each : synonyms_from(key.synonyms.front().name, key, layers)) {
    description.synonyms.push_back(std::move(each));
  }
  set_source(description);
  return description;
}

ConfigDescription describe(const BrokerKey& key, const BrokerConfig& now, const Layers& layers) {
  static const BrokerConfig kDefaults;
  ConfigDescription description;
  description.name = key.name;
  description.type = key.rule().type;
  description.documentation = key.documentation;
  description.read_only = !key.dynamic;
  description.value = key.value_in(now);
  layers.add(key.name, description.synonyms);
  if (auto value = key.value_in(kDefaults)) {
    description.synonyms.push_back({description.name, std::move(value)});
  }
  set_source(description);
  return description;
}

// A broker setting that is the default of a topic setting. Of several names for the same only the
// last has a default.
ConfigDescription describe(const TopicKey& key, const TopicKeySynonym& synonym,
                           const Layers& layers) {
  ConfigDescription description;
  description.name = synonym.name;
  description.type = synonym.multiplier == 1 ? key.type : ConfigType::int32;
  description.documentation = key.documentation;
  description.read_only = !is_dynamic_setting(synonym.name);
  description.synonyms = synonyms_from(synonym.name, key, layers);
  if (!description.synonyms.empty()) description.value = description.synonyms.front().value;
  set_source(description);
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
  for (const auto& key : broker_keys()) descriptions.push_back(describe(key, now, layers));
  for (const auto& key : topic_keys()) {
    for (const auto& synonym : key.synonyms) {
      if (synonym.name.empty()) continue;
      descriptions.push_back(describe(key, synonym, layers));
    }
  }
  sort_by_name(descriptions);
  return descriptions;
}

bool is_sensitive_setting(std::string_view name) {
  const auto* own = find_broker_key(name);
  const bool known = own != nullptr && own->dynamic;
  return !known && find_topic_key_by_synonym(name).first == nullptr;
}

std::vector<ConfigDescription> describe_cluster_configs(const DynamicSettings& dynamic) {
  std::vector<ConfigDescription> descriptions;
  for (const auto& [name, value] : dynamic.cluster) {
    const auto [key, synonym] = find_topic_key_by_synonym(name);
    const auto* own = find_broker_key(name);
    ConfigDescription description;
    description.name = name;
    description.value = value;
    description.source = ConfigSource::dynamic_default_broker;
    description.sensitive = is_sensitive_setting(name);
    if (key != nullptr) description.type = key->type;
    if (key != nullptr) description.documentation = key->documentation;
    if (own != nullptr) description.type = own->rule().type;
    if (own != nullptr) description.documentation = own->documentation;
    description.synonyms.push_back({name, value, ConfigSource::dynamic_default_broker});
    descriptions.push_back(std::move(description));
  }
  return descriptions;
}

}  // namespace ottla::broker
