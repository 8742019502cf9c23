#include "broker/config/dynamic_settings.h"

#include <vector>

#include "broker/config/broker_config_keys.h"
#include "broker/config/topic_config.h"

namespace ottla::broker {
namespace {

// The topic setting whose default a dynamic setting is; null if it is not dynamic.
const TopicKey* topic_key_of(std::string_view name) {
  const auto [key, synonym] = find_topic_key_by_synonym(name);
  return key != nullptr && synonym == &key->synonyms.front() ? key : nullptr;
}

// The broker's own setting that is dynamic; null if there is none.
const BrokerKey* dynamic_broker_key(std::string_view name) {
  const auto* key = find_broker_key(name);
  return key != nullptr && key->dynamic ? key : nullptr;
}

Result<void> check_own_setting(BrokerConfig config, const BrokerKey& key, std::string_view value) {
  if (auto assigned = key.assign(config, key.name, value); !assigned) return assigned;
  return check_cleaner_memory(config);
}

bool is_broker_key(std::string_view name) {
  return find_broker_key(name) != nullptr || find_topic_key_by_synonym(name).first != nullptr ||
         is_kafka_broker_key(name);
}

Error unknown_setting(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& key : topic_keys()) {
    if (!key.synonyms.front().name.empty()) names.push_back(key.synonyms.front().name);
  }
  return unknown_name("broker setting", name, names);
}

}  // namespace

bool is_dynamic_setting(std::string_view name) {
  return topic_key_of(name) != nullptr || dynamic_broker_key(name) != nullptr;
}

Result<void> check_dynamic_setting(const BrokerConfig& config, std::string_view name,
                                   std::string_view value) {
  const auto* key = topic_key_of(name);
  const auto* own = dynamic_broker_key(name);
  if (key != nullptr || own != nullptr) {
    const auto checked = key != nullptr ? check_value(name, value, key->rule())
                                        : check_own_setting(config, *own, value);
    if (checked) return {};
    return Error(ErrorCode::invalid_request, checked.error().message());
  }
  if (!is_broker_key(name)) return unknown_setting(name);
  return Error(ErrorCode::invalid_request,
               "the broker reads " + std::string(name) +
                   " when it starts; it cannot be changed while it runs");
}

BrokerConfig with_dynamic_settings(const BrokerConfig& config, const DynamicSettings& dynamic) {
  BrokerConfig now = config;
  for (const auto* settings : {&dynamic.cluster, &dynamic.own}) {
    for (const auto& [name, value] : *settings) {
      if (!check_dynamic_setting(config, name, value)) continue;
      now.explicit_values.insert_or_assign(name, value);
      if (const auto* key = dynamic_broker_key(name)) (void)key->assign(now, name, value);
    }
  }
  return now;
}

}  // namespace ottla::broker
