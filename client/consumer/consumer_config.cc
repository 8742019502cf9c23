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

// Names, or the classes of the Java client.
Result<void> read_assignors(ConsumerConfig& config, std::string_view key, std::string_view value) {
  std::vector<AssignorFactory> assignors;
  while (!value.empty()) {
    const auto comma = value.find(',');
    auto name = value.substr(0, comma);
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    constexpr std::string_view kPackage = "org.apache.kafka.clients.consumer.";
    if (name.starts_with(kPackage)) name.remove_prefix(kPackage.size());
    if (name == "RangeAssignor") name = "range";
    if (name == "RoundRobinAssignor") name = "roundrobin";
    if (name == "StickyAssignor") name = "sticky";
    if (name == "CooperativeStickyAssignor") name = "cooperative-sticky";
    auto found = assignor_by_name(name);
    if (!found) return bad_property(key, name, "range, roundrobin, sticky or cooperative-sticky");
    assignors.push_back(std::move(*found));
  }
  if (assignors.empty()) return bad_property(key, value, "one or several assignors");
  config.partition_assignment_strategy = std::move(assignors);
  return {};
}

Result<void> read_protocol(ConsumerConfig&, std::string_view key, std::string_view value) {
  if (value == "classic") return {};
  return bad_property(key, value, "classic");
}

}  // namespace

Result<ConsumerConfig> ConsumerConfig::from_properties(const Properties& properties) {
  using client::read_into;
  using Config = ConsumerConfig;
  static constexpr std::array own = std::to_array<client::ConfigProperty<Config>>({
      {"auto.offset.reset", read_reset},
      {"isolation.level", read_isolation},
      {"group.id", read_into<&Config::group_id>},
      {"group.instance.id", read_into<&Config::group_instance_id>},
      {"session.timeout.ms", read_into<&Config::session_timeout>},
      {"heartbeat.interval.ms", read_into<&Config::heartbeat_interval>},
      {"max.poll.interval.ms", read_into<&Config::max_poll_interval>},
      {"partition.assignment.strategy", read_assignors},
      {"enable.auto.commit", read_into<&Config::enable_auto_commit>},
      {"auto.commit.interval.ms", read_into<&Config::auto_commit_interval>},
      {"group.protocol", read_protocol},
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
