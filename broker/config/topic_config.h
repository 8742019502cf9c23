#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/config/config_value.h"
#include "broker/log/log_config.h"
#include "ottla/result.h"

namespace ottla::broker {

// What a topic's settings mean, all together.
struct TopicConfig {
  LogConfig log;
  std::int32_t min_insync_replicas = 1;
  bool unclean_leader_election_enable = false;

  bool operator==(const TopicConfig&) const = default;
};

// Key -> value of one topic, as ConfigRecords have it.
using TopicOverrides = std::map<std::string, std::string, std::less<>>;

// A broker setting that is the default of a topic setting; its value counts `multiplier` times.
struct TopicKeySynonym {
  std::string_view name;
  std::int64_t multiplier = 1;
};

struct TopicKey {
  std::string_view name;
  ConfigType type = ConfigType::string;
  std::string_view default_value;
  std::string_view documentation;
  std::array<TopicKeySynonym, 3> synonyms{};  // the first that is set counts; no name: none
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view choices = {};
  bool hidden = false;  // accepted, but not shown

  ValueRule rule() const { return {type, min, max, choices}; }
};

// Kafka's topic settings, sorted by name: they are all accepted and kept, since Apache Kafka may
// be the next to read them.
std::span<const TopicKey> topic_keys();
const TopicKey* find_topic_key(std::string_view name);
// The topic key that has this broker key as a synonym, and which one it is.
std::pair<const TopicKey*, const TopicKeySynonym*> find_topic_key_by_synonym(std::string_view name);

// The value that a topic's setting has where the topic says nothing: of the first broker synonym
// that is set, in the unit of the topic key, else the default.
std::string topic_default(const TopicKey& key, const BrokerConfig& config);

// Checks what CreateTopics asks for; a null value stands for the default and is left out. Errors:
// invalid_config, for an unknown key naming the nearest one.
Result<TopicOverrides> check_topic_overrides(
    std::span<const std::pair<std::string, std::optional<std::string>>> configs);

// Checks what each setting alone does not show. Error: invalid_config where min.compaction.lag.ms
// lies above max.compaction.lag.ms, and for tiered storage, which this broker does not have.
Result<void> check_topic_settings_agree(const TopicOverrides& overrides);

// What holds for a topic: its overrides, else the broker's defaults. Never fails: overrides that
// cannot be read (another implementation may have written them) count as not set, and each adds a
// sentence to `problems`, if given.
TopicConfig derive_topic_config(const BrokerConfig& config, const TopicOverrides& overrides,
                                std::vector<std::string>* problems = nullptr);

}  // namespace ottla::broker
