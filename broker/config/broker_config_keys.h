#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/config/config_value.h"

namespace ottla::broker {

// Where a key's value goes.
using BrokerMember =
    std::variant<bool BrokerConfig::*, std::int16_t BrokerConfig::*, std::int32_t BrokerConfig::*,
                 std::int64_t BrokerConfig::*, double BrokerConfig::*, std::string BrokerConfig::*,
                 std::optional<std::string> BrokerConfig::*,
                 std::vector<std::string> BrokerConfig::*,
                 std::vector<ListenerConfig> BrokerConfig::*>;

struct BrokerKey {
  std::string_view name;
  BrokerMember member;
  std::string_view documentation;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view choices = {};
  // Whether a change holds at once; whoever sets this sees to that.
  bool dynamic = false;

  ValueRule rule() const;
  // The value as text; nullopt: null.
  std::optional<std::string> value_in(const BrokerConfig& config) const;
  // Gives it a value; errors, invalid_config, call the key `called`. Listeners stay as they are:
  // they cannot be read alone.
  Result<void> assign(BrokerConfig& config, std::string_view called, std::string_view value) const;
};

// The keys that this broker acts on, but for the defaults of topics; sorted by name.
std::span<const BrokerKey> broker_keys();
const BrokerKey* find_broker_key(std::string_view name);

// invalid_config where log.cleaner.dedupe.buffer.size is not 1 MiB for each of log.cleaner.threads.
Result<void> check_cleaner_memory(const BrokerConfig& config);

// Every key of Apache Kafka's broker, sorted.
std::span<const std::string_view> kafka_broker_keys();
// Also true for per-listener forms, `listener.name.<listener>.<key>`.
bool is_kafka_broker_key(std::string_view name);

}  // namespace ottla::broker
