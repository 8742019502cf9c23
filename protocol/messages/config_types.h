#pragma once

#include <cstdint>

// The words that requests about topics and settings have for configurations. A peer may send
// numbers that are not named here.
namespace ottla::protocol {

enum class ConfigResourceType : std::int8_t {
  unknown = 0,
  topic = 2,
  broker = 4,
  broker_logger = 8,
  client_metrics = 16,
  group = 32,
};

// Where a value comes from.
enum class ConfigSource : std::int8_t {
  not_said = -1,
  unknown = 0,
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  defaults = 5,
  dynamic_broker_logger = 6,
  client_metrics = 7,
  group = 8,
};

enum class ConfigType : std::int8_t {
  unknown = 0,
  boolean = 1,
  string = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  real = 6,
  list = 7,
  class_name = 8,
  password = 9,
};

// What IncrementalAlterConfigs does to a setting: the last two with elements of lists.
enum class AlterConfigOp : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

}  // namespace ottla::protocol
