#include "ottla/consumer_config.h"

#include <array>
#include <string>

#include "client/config_properties.h"

namespace ottla {
namespace {

using client::bad_property;

Result<void> read_reset(ConsumerConfig& config, std::string_view key, std::string_view value) {
  if (value == "earliest") {
    config.auto_offset_reset = AutoOffsetReset::earliest;
  } else if (value == "latest") {
    config.auto_offset_reset = AutoOffsetReset::latest;
  } else if (value == "none") {
    config.auto_offset_reset = AutoOffsetReset::none;
  } else {
    return bad_property(key, value, "earliest, latest or none");
  }
  return {};
}

Result<void> read_isolation(ConsumerConfig& config, std::string_view key, std::string_view value) {
  if (value == "read_uncommitted") {
    config.isolation_level = IsolationLevel::read_uncommitted;
  } else if (value == "read_committed") {
    config.isolation_level = IsolationLevel::read_committed;
  } else {
    return bad_property(key, value, "read_uncommitted or read_committed");
  }
  return {};
}

}  // namespace

Result<ConsumerConfig> ConsumerConfig::from_properties(const Properties& properties) {
  using client::read_into;
  using Config = ConsumerConfig;
  static constexpr std::array own = std::to_array<client::ConfigProperty<Config>>({
      {"auto.offset.reset", read_reset},
      {"isolation.level", read_isolation},
      {"max.poll.records", read_into<&Config::max_poll_records>},
      {"fetch.min.bytes", read_into<&Config::fetch_min_bytes>},
      {"fetch.max.wait.ms", read_into<&Config::fetch_max_wait>},
      {"fetch.max.bytes", read_into<&Config::fetch_max_bytes>},
      {"max.partition.fetch.bytes", read_into<&Config::max_partition_fetch_bytes>},
      {"check.crcs", read_into<&Config::check_crcs>},
      {"allow.auto.create.topics", read_into<&Config::allow_auto_create_topics>},
      {"client.rack", read_into<&Config::client_rack>},
      {"default.api.timeout.ms", read_into<&Config::default_api_timeout>},
  });
  return client::read_properties<Config>(properties, own);
}

}  // namespace ottla
