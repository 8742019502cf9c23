#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "broker/config/broker_config_keys.h"
#include "broker/config/config_value.h"
#include "broker/config/topic_config.h"
#include "broker/metadata/config_requests.h"

namespace ottla::broker {
namespace {

using Change = ConfigAlteration::Change;

// The longest text that Apache Kafka takes as a value.
constexpr std::size_t kMaxValue = 32'767;

// What is known here of a setting.
struct KnownSetting {
  ConfigType type;
  std::string_view default_value;
};

std::optional<KnownSetting> known_setting(const ConfigResource& resource, std::string_view name) {
  const auto* key = resource.type == ConfigResourceType::topic
                        ? find_topic_key(name)
                        : find_topic_key_by_synonym(name).first;
  if (key != nullptr) return KnownSetting{key->type, key->default_value};
  if (resource.type == ConfigResourceType::topic) return std::nullopt;
  const auto* own = find_broker_key(name);
  if (own == nullptr) return std::nullopt;
  // None of the broker's own lists can be changed while it runs.
  return KnownSetting{own->rule().type, {}};
}

// Decides on one request.
class ConfigAlterer {
 public:
  ConfigAlterer(AlterMode mode, const MetadataImage& image, const BrokerConfig& config)
      : mode_(mode), image_(image), config_(config) {}

  Decision<AlterConfigsResult> decide(const std::vector<ConfigAlteration>& alterations) {
    std::map<ConfigResource, int> mentions;
    for (const auto& alteration : alterations) ++mentions[alteration.resource];
    Decision<AlterConfigsResult> decision;
    for (const auto& alteration : alterations) {
      Result<void> result = mentions[alteration.resource] == 1
                                ? alter(alteration, decision)
                                : invalid_request("the resource stands in the request twice");
      decision.results.push_back({alteration.resource, std::move(result)});
    }
    return decision;
  }

 private:
  Result<void> alter(const ConfigAlteration& alteration,
                     Decision<AlterConfigsResult>& decision) const {
    if (auto checked = check_resource(alteration.resource); !checked) return checked;
    if (auto checked = check_changes(alteration.changes); !checked) return checked;
    const auto& before = image_.configs(alteration.resource);
    ConfigMap after = mode_ == AlterMode::incremental ? before : ConfigMap();
    for (const auto& change : alteration.changes) {
      if (auto applied = apply(alteration.resource, change, after); !applied) return applied;
    }
    if (auto checked = check_values(alteration, after); !checked) return checked;
    append_records(alteration.resource, before, after, decision);
    return {};
  }

  Result<void> check_resource(const ConfigResource& resource) const {
    const auto& name = resource.name;
    switch (resource.type) {
      case ConfigResourceType::topic:
        if (name.empty()) return invalid_request("there are no settings for all topics");
        if (image_.find_topic(name) != nullptr) return {};
        return Error(ErrorCode::unknown_topic_or_partition, "there is no topic '" + name + "'");
      case ConfigResourceType::broker:
        if (name.empty() || name == std::to_string(config_.node_id)) return {};
        return invalid_request("this is broker " + std::to_string(config_.node_id) +
                               "; the settings of broker '" + name + "' are with that broker");
      default:
        return invalid_request("settings of resource type " +
                               std::to_string(static_cast<int>(resource.type)) +
                               " cannot be changed here; those of topics (2) and brokers (4) can");
    }
  }

  static Result<void> check_changes(const std::vector<Change>& changes) {
    std::set<std::string_view> seen;
    for (const auto& change : changes) {
      if (!seen.insert(change.name).second) {
        return invalid_request("the setting " + change.name + " stands in the request twice");
      }
      if (change.op < AlterConfigOp::set || change.op > AlterConfigOp::subtract) {
        return invalid_request(std::to_string(static_cast<int>(change.op)) + " is no operation");
      }
      if (!change.value && change.op != AlterConfigOp::remove) {
        return invalid_request("the setting " + change.name + " has no value");
      }
    }
    return {};
  }

  Result<void> apply(const ConfigResource& resource, const Change& change, ConfigMap& after) const {
    switch (change.op) {
      case AlterConfigOp::set:
        after.insert_or_assign(change.name, *change.value);
        return {};
      case AlterConfigOp::remove:
        after.erase(change.name);
        return {};
      case AlterConfigOp::append:
      case AlterConfigOp::subtract:
        return edit_list(resource, change, after);
    }
    return {};
  }

  static Result<void> edit_list(const ConfigResource& resource, const Change& change,
                                ConfigMap& after) {
    const auto known = known_setting(resource, change.name);
    if (known && known->type != ConfigType::list) {
      return Error(ErrorCode::invalid_config, change.name +
                                                  " is no list: nothing can be appended to it or "
                                                  "taken from it");
    }
    const auto set = after.find(change.name);
    const std::string_view now = set != after.end() ? std::string_view(set->second)
                                 : known            ? known->default_value
                                                    : std::string_view();
    auto elements = split_list(now);
    std::erase(elements, "");
    for (const auto& element : split_list(*change.value)) {
      const auto found = std::find(elements.begin(), elements.end(), element);
      if (change.op == AlterConfigOp::subtract) {
        if (found != elements.end()) elements.erase(found);
      } else if (found == elements.end()) {
        elements.push_back(element);
      }
    }
    after.insert_or_assign(change.name, join_list(elements));
    return {};
  }

  // What was there before is not judged again: another implementation may have written it.
  Result<void> check_values(const ConfigAlteration& alteration, const ConfigMap& after) const {
    const bool is_topic = alteration.resource.type == ConfigResourceType::topic;
    std::vector<std::pair<std::string, std::optional<std::string>>> changed;
    for (const auto& change : alteration.changes) {
      const auto set = after.find(change.name);
      if (set == after.end()) continue;
      if (set->second.size() > kMaxValue) {
        return Error(ErrorCode::invalid_config, "the value of " + change.name + " is longer than " +
                                                    std::to_string(kMaxValue) + " bytes");
      }
      if (is_topic) {
        changed.emplace_back(change.name, set->second);
      } else if (auto checked = check_dynamic_setting(config_, change.name, set->second);
                 !checked) {
        return checked;
      }
    }
    if (!is_topic) return {};
    if (auto checked = check_topic_overrides(changed); !checked) return checked.error();
    return check_topic_settings_agree(after);
  }

  static void append_records(const ConfigResource& resource, const ConfigMap& before,
                             const ConfigMap& after, Decision<AlterConfigsResult>& decision) {
    ConfigRecord record{.resource_type = static_cast<std::int8_t>(resource.type),
                        .resource_name = resource.name};
    for (const auto& [name, value] : before) {
      if (after.find(name) != after.end()) continue;
      record.name = decision.made.emplace_back(name);
      record.value.reset();
      decision.records.push_back(record);
    }
    for (const auto& [name, value] : after) {
      const auto old = before.find(name);
      if (old != before.end() && old->second == value) continue;
      record.name = decision.made.emplace_back(name);
      record.value = decision.made.emplace_back(value);
      decision.records.push_back(record);
    }
  }

  const AlterMode mode_;
  const MetadataImage& image_;
  const BrokerConfig& config_;
};

}  // namespace

Decision<AlterConfigsResult> decide_alter_configs(const std::vector<ConfigAlteration>& alterations,
                                                  AlterMode mode, const MetadataImage& image,
                                                  const BrokerConfig& config) {
  return ConfigAlterer(mode, image, config).decide(alterations);
}

DynamicSettings dynamic_settings_of(const MetadataImage& image, BrokerId broker) {
  const auto type = ConfigResourceType::broker;
  return {.own = image.configs({type, std::to_string(broker.value)}),
          .cluster = image.configs({type, ""})};
}

}  // namespace ottla::broker
