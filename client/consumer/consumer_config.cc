#include "ottla/consumer_config.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "client/config_properties.h"

namespace ottla {
namespace {

using client::bad_property;

// "P2DT3H4M5.678S", of which parts may be missing.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  bool in_time = false;
  double millis = 0;
  while (!text.empty()) {
    if (text.front() == 'T' && !in_time) {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    const auto end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const double number = std::strtod(std::string(text.substr(0, end)).c_str(), nullptr);
    const char unit = text[end];
    if (unit == 'D' && !in_time) {
      millis += number * 86'400'000;
    } else if (unit == 'H' && in_time) {
      millis += number * 3'600'000;
    } else if (unit == 'M' && in_time) {
      millis += number * 60'000;
    } else if (unit == 'S' && in_time) {
      millis += number * 1000;
    } else {
      return std::nullopt;
    }
    text.remove_prefix(end + 1);
  }
  constexpr double kCentury = 100 * 365.25 * 86'400'000;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(millis, kCentury)));
}

Result<void> read_reset(ConsumerConfig& config, std::string_view key, std::string_view value) {
  if (value == "earliest") {
    config.auto_offset_reset = AutoOffsetReset::earliest;
  } else if (value == "latest") {
    config.auto_offset_reset = AutoOffsetReset::latest;
  } else if (value == "none") {
    config.auto_offset_reset = AutoOffsetReset::none;
  } else if (constexpr std::string_view kBy = "by_duration:"; value.starts_with(kBy)) {
    const auto duration = read_duration(value.substr(kBy.size()));
    if (!duration) return bad_property(key, value, "by_duration and a time such as PT1H30M");
    config.auto_offset_reset = AutoOffsetReset::by_duration;
    config.auto_offset_reset_duration = *duration;
  } else {
    return bad_property(key, value, "earliest, latest, none or by_duration:PT1H (KIP-1106)");
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

// Of the protocol that is not there.
Result<void> read_remote_assignor(ConsumerConfig&, std::string_view key, std::string_view value) {
  if (value.empty()) return {};
  return bad_property(key, value, "empty: the protocol of groups is classic");
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
      {"group.remote.assignor", read_remote_assignor},
      {"exclude.internal.topics", read_into<&Config::exclude_internal_topics>},
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
