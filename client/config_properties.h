#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/security_properties.h"
#include "ottla/metadata_recovery.h"
#include "ottla/properties.h"
#include "ottla/result.h"

// From Kafka's own keys to the fields of a configuration, in the same way for every client.
namespace ottla::client {

// One of Kafka's keys, and how its value gets into a Config.
template <class Config>
struct ConfigProperty {
  std::string_view key;
  Result<void> (*read)(Config& config, std::string_view key, std::string_view value);
};

// invalid_argument "KEY is 'VALUE'; it must be EXPECTED".
Error bad_property(std::string_view key, std::string_view value, std::string_view expected);

Result<std::int64_t> read_integer(std::string_view key, std::string_view value, std::int64_t least,
                                  std::int64_t most);

// Milliseconds of at least 0; more than a hundred years are a hundred years.
Result<void> read_value(std::string_view key, std::string_view value,
                        std::chrono::milliseconds& field);
Result<void> read_value(std::string_view key, std::string_view value, std::string& field);
Result<void> read_value(std::string_view key, std::string_view value, bool& field);
Result<void> read_value(std::string_view key, std::string_view value,
                        MetadataRecoveryStrategy& field);

// Whole numbers of at least `least`.
template <std::integral T>
Result<void> read_value(std::string_view key, std::string_view value, T& field,
                        std::int64_t least = 0) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  constexpr auto known = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto number =
      read_integer(key, value, least, static_cast<std::int64_t>(most < known ? most : known));
  if (!number) return number.error();
  field = static_cast<T>(*number);
  return {};
}

namespace config_detail {

template <class Member>
struct MemberOf;
template <class Class, class Field>
struct MemberOf<Field Class::*> {
  using Config = Class;
};

// What the keys that stand in no table come to: nothing if the client does the same whatever they
// say; otherwise an error.
Result<void> read_other(std::string_view key, std::string_view value,
                        const std::vector<std::string_view>& known);

}  // namespace config_detail

// For a ConfigProperty whose value goes into `Member` as it is.
template <auto Member>
Result<void> read_into(typename config_detail::MemberOf<decltype(Member)>::Config& config,
                       std::string_view key, std::string_view value) {
  return read_value(key, value, config.*Member);
}

// For one whose value is a whole number of at least -1, which stands for a choice of the system's.
template <auto Member>
Result<void> read_size_into(typename config_detail::MemberOf<decltype(Member)>::Config& config,
                            std::string_view key, std::string_view value) {
  return read_value(key, value, config.*Member, -1);
}

// The keys that every client has.
template <class Config>
std::vector<ConfigProperty<Config>> common_properties() {
  std::vector<ConfigProperty<Config>> properties = {
      {"bootstrap.servers", read_into<&Config::bootstrap_servers>},
      {"client.id", read_into<&Config::client_id>},
      {"request.timeout.ms", read_into<&Config::request_timeout>},
      {"retry.backoff.ms", read_into<&Config::retry_backoff>},
      {"retry.backoff.max.ms", read_into<&Config::retry_backoff_max>},
      {"metadata.max.age.ms", read_into<&Config::metadata_max_age>},
      {"reconnect.backoff.ms", read_into<&Config::reconnect_backoff>},
      {"reconnect.backoff.max.ms", read_into<&Config::reconnect_backoff_max>},
      {"socket.connection.setup.timeout.ms", read_into<&Config::socket_connection_setup_timeout>},
      {"socket.connection.setup.timeout.max.ms",
       read_into<&Config::socket_connection_setup_timeout_max>},
      {"connections.max.idle.ms", read_into<&Config::connections_max_idle>},
      {"send.buffer.bytes", read_size_into<&Config::send_buffer_bytes>},
      {"receive.buffer.bytes", read_size_into<&Config::receive_buffer_bytes>},
  };
  if constexpr (requires(Config config) { config.metadata_recovery_strategy; }) {
    properties.push_back(
        {"metadata.recovery.strategy", read_into<&Config::metadata_recovery_strategy>});
    properties.push_back({"metadata.recovery.rebootstrap.trigger.ms",
                          read_into<&Config::metadata_recovery_rebootstrap_trigger>});
  }
  if constexpr (requires(Config config) { config.metrics_num_samples; }) {
    properties.push_back({"metrics.num.samples", read_into<&Config::metrics_num_samples>});
    properties.push_back({"metrics.sample.window.ms", read_into<&Config::metrics_sample_window>});
  }
  return properties;
}

// A Config from the keys of `common_properties`, of its SecurityConfig and of `own`. Keys that only
// a JVM can use are skipped. Errors: invalid_argument naming the key and the nearest known one, or
// the value and what it should be.
template <class Config>
Result<Config> read_properties(const Properties& properties,
                               std::span<const ConfigProperty<Config>> own) {
  auto table = common_properties<Config>();
  table.insert(table.end(), own.begin(), own.end());
  std::vector<std::string_view> known;
  known.reserve(table.size());
  for (const auto& row : table) known.push_back(row.key);
  add_security_keys(known);
  Config config;
  for (const auto& [key, value] : properties) {
    const ConfigProperty<Config>* property = nullptr;
    for (const auto& row : table) {
      if (row.key == key) property = &row;
    }
    const auto secured = read_security_key(config.security, key, value);
    if (!secured) return secured.error();
    if (*secured) continue;
    const auto read = property != nullptr ? property->read(config, key, value)
                                          : config_detail::read_other(key, value, known);
    if (!read) return read.error();
  }
  return config;
}

}  // namespace ottla::client
