#include "broker/config/describe_configs.h"

#include <algorithm>

#include "broker/config/broker_config_keys.h"

namespace ottla::broker {
namespace {

std::optional<std::string> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// What the broker says to a topic key, most important first, ending with the default.
std::vector<ConfigSynonym> broker_synonyms(const TopicKey& key, const BrokerConfig& config) {
  std::vector<ConfigSynonym> synonyms;
  std::string_view last = key.name;
  for (const auto& synonym : key.synonyms) {
    if (synonym.name.empty()) break;
    last = synonym.name;
    const auto set = config.explicit_values.find(synonym.name);
    if (set == config.explicit_values.end()) continue;
    synonyms.push_back({std::string(synonym.name), set->second, ConfigSource::static_broker});
  }
  synonyms.push_back({std::string(last), std::string(key.default_value)});
  return synonyms;
}

ConfigDescription describe(const TopicKey& key, const BrokerConfig& config,
                           const TopicOverrides& overrides) {
  ConfigDescription description;
  description.name = key.name;
  description.type = key.type;
  description.documentation = key.documentation;
  description.value = topic_default(key, config);
  description.synonyms = broker_synonyms(key, config);
  const auto set = overrides.find(key.name);
  if (set != overrides.end()) {
    description.value = set->second;
    description.synonyms.insert(description.synonyms.begin(),
                                {set->first, set->second, ConfigSource::topic});
  }
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
                           const BrokerConfig& config) {
  ConfigDescription description;
  description.name = synonym.name;
  description.type = synonym.multiplier == 1 ? key.type : ConfigType::int32;
  description.documentation = key.documentation;
  description.read_only = true;
  const auto set = config.explicit_values.find(synonym.name);
  if (set != config.explicit_values.end()) {
    description.value = set->second;
    description.source = ConfigSource::static_broker;
    description.synonyms.push_back({set->first, set->second, ConfigSource::static_broker});
  }
  if (&synonym == &key.synonyms.front()) {
    if (!description.value) description.value = or_null(topic_default(key, config));
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
                                                      const TopicOverrides& overrides) {
  std::vector<ConfigDescription> descriptions;
  for (const auto& key : topic_keys()) {
    if (!key.hidden) descriptions.push_back(describe(key, config, overrides));
  }
  return descriptions;
}

std::vector<ConfigDescription> describe_broker_configs(const BrokerConfig& config) {
  std::vector<ConfigDescription> descriptions;
  for (const auto& key : broker_keys()) descriptions.push_back(describe(key, config));
  for (const auto& key : topic_keys()) {
    for (const auto& synonym : key.synonyms) {
      if (!synonym.name.empty()) descriptions.push_back(describe(key, synonym, config));
    }
  }
  sort_by_name(descriptions);
  return descriptions;
}

}  // namespace ottla::broker
