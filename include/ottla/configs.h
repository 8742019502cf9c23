#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/error.h"
#include "ottla/result.h"

namespace ottla {

// What has settings; the numbers are Kafka's.
enum class ConfigResourceType : std::int8_t { topic = 2, broker = 4 };

struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::topic;
  // A topic's name, or a broker's id as digits; empty for brokers: what holds for all of them.
  std::string name;

  static ConfigResource topic(std::string name) {
    return {ConfigResourceType::topic, std::move(name)};
  }
  static ConfigResource broker(std::int32_t id) {
    return {ConfigResourceType::broker, std::to_string(id)};
  }
  static ConfigResource all_brokers() { return {ConfigResourceType::broker, {}}; }

  auto operator<=>(const ConfigResource&) const = default;
};

// "topic greetings", "broker 1", "all brokers".
std::string to_string(const ConfigResource& resource);

// Where a value comes from, the strongest first; the numbers are Kafka's.
enum class ConfigSource : std::int8_t {
  unknown = 0,
  topic = 1,                   // set at the topic
  dynamic_broker = 2,          // set at the broker, while it ran
  dynamic_default_broker = 3,  // set for all brokers, while they ran
  static_broker = 4,           // in the broker's properties file
  defaults = 5,
};

// A place that sets a value, under the name it has there.
struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::unknown;

  bool operator==(const ConfigSynonym&) const = default;
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // none if it is sensitive, or null
  ConfigSource source = ConfigSource::unknown;
  bool read_only = false;
  bool sensitive = false;
  std::vector<ConfigSynonym> synonyms;  // if asked for; the one that counts first
};

// All settings of each resource, or why they are not told.
using ConfigDescriptions = std::map<ConfigResource, Result<std::vector<ConfigEntry>>>;

enum class ConfigOp : std::int8_t {
  set = 0,
  remove = 1,    // back to the default
  append = 2,    // adds elements to a list
  subtract = 3,  // takes elements from a list
};

struct ConfigChange {
  std::string name;
  std::string value = {};  // elements of lists with commas; of no matter to `remove`
  ConfigOp op = ConfigOp::set;
};

using ConfigChanges = std::map<ConfigResource, std::vector<ConfigChange>>;

// One entry for each resource asked for: none, or why nothing of it was changed.
using ConfigOutcomes = std::map<ConfigResource, std::optional<Error>>;

}  // namespace ottla
