#include "client/consumer/consumer_settings.h"

#include <algorithm>
#include <utility>

#include "client/metadata/client_config.h"
#include "client/metrics/network_metrics.h"
#include "protocol/messages/list_offsets.h"

namespace ottla::client {
namespace {

using std::chrono::milliseconds;

// Beyond what was asked for, an answer may have one batch that alone is larger.
constexpr std::size_t kLargestBatch = 100 << 20;

// A connection carries one fetch and what else there is to ask.
constexpr std::size_t kMaxInFlight = 100;

// The fetch before may have all of fetch_max_wait.
constexpr base::Duration kNotFetchedLimit = std::chrono::seconds(30);

std::optional<std::int64_t> reset_timestamp(AutoOffsetReset reset) {
  switch (reset) {
    case AutoOffsetReset::earliest:
      return protocol::ListOffsetsRequest::kEarliest;
    case AutoOffsetReset::latest:
      return protocol::ListOffsetsRequest::kLatest;
    case AutoOffsetReset::by_duration:
      return kResetByDuration;
    case AutoOffsetReset::none:
      break;
  }
  return std::nullopt;
}

Result<void> check_group(const ConsumerConfig& config) {
  if (config.group_id.empty()) {
    if (!config.topics.empty()) {
      return Error(ErrorCode::invalid_argument,
                   "topics are subscribed to as a member of a group: set group_id too, or leave "
                   "topics empty and use assign");
    }
    if (config.group_instance_id.empty()) return {};
    return Error(ErrorCode::invalid_argument, "group_instance_id needs group_id");
  }
  for (const auto& topic : config.topics) {
    if (topic.empty()) return Error(ErrorCode::invalid_argument, "topics has an empty name");
  }
  for (const auto& factory : config.partition_assignment_strategy) {
    if (factory) continue;
    return Error(ErrorCode::invalid_argument, "partition_assignment_strategy has an empty entry");
  }
  if (config.partition_assignment_strategy.empty()) {
    return Error(ErrorCode::invalid_argument,
                 "partition_assignment_strategy is empty; it must name an assignor");
  }
  return all_of(
      {at_least("heartbeat_interval", config.heartbeat_interval, milliseconds(1)),
       at_least("session_timeout (which must be longer than heartbeat_interval)",
                config.session_timeout, bounded_ms(config.heartbeat_interval) + milliseconds(1)),
       at_least("max_poll_interval", config.max_poll_interval, milliseconds(1)),
       at_least("auto_commit_interval", config.auto_commit_interval, milliseconds(0))});
}

GroupSettings to_group(const ConsumerConfig& config) {
  GroupSettings group;
  auto& member = group.membership;
  member.group_id = config.group_id;
  if (!config.group_instance_id.empty()) member.group_instance_id = config.group_instance_id;
  member.client_rack = config.client_rack;
  member.session_timeout = bounded(config.session_timeout);
  member.heartbeat_interval = bounded(config.heartbeat_interval);
  member.max_poll_interval = bounded(config.max_poll_interval);
  member.retry = retry_of(config);
  group.auto_commit = config.enable_auto_commit;
  group.auto_commit_interval = bounded(config.auto_commit_interval);
  group.default_api_timeout = bounded(config.default_api_timeout);
  group.request_timeout = bounded(config.request_timeout);
  group.sampling = sampling_of(config);
  group.reset_timestamp = reset_timestamp(config.auto_offset_reset);
  return group;
}

}  // namespace

Result<ConsumerSettings> ConsumerSettings::from(const ConsumerConfig& config, std::uint64_t seed) {
  const auto checked = all_of(
      {at_least("max_poll_records", config.max_poll_records, 1),
       at_least("fetch_min_bytes", config.fetch_min_bytes, 0),
       at_least("fetch_max_wait", config.fetch_max_wait, milliseconds(0)),
       at_least("fetch_max_bytes", config.fetch_max_bytes, 1),
       at_least("max_partition_fetch_bytes", config.max_partition_fetch_bytes, 1),
       at_least("request_timeout (which must be longer than fetch_max_wait)",
                config.request_timeout, bounded_ms(config.fetch_max_wait) + milliseconds(1)),
       at_least("auto_offset_reset_duration", config.auto_offset_reset_duration, milliseconds(0)),
       check_metrics(config), check_interceptors(config.interceptors),
       at_least("default_api_timeout", config.default_api_timeout, milliseconds(1))});
  if (!checked) return checked.error();
  if (const auto group = check_group(config); !group) return group.error();
  auto network = to_network_config(config, "consumer", seed);
  if (!network) return std::move(network).error();
  network->max_in_flight = kMaxInFlight;
  network->max_response_bytes = static_cast<std::size_t>(config.fetch_max_bytes) + kLargestBatch;

  const bool read_committed = config.isolation_level == IsolationLevel::read_committed;
  ConsumerSettings settings;
  settings.network = std::move(*network);
  settings.metadata = to_metadata_config(config);
  settings.metadata.allow_auto_topic_creation = config.allow_auto_create_topics;
  settings.fetcher = {
      .min_bytes = config.fetch_min_bytes,
      .max_wait_ms = static_cast<std::int32_t>(
          std::min<std::int64_t>(config.fetch_max_wait.count(), 0x7fffffff)),
      .max_bytes = config.fetch_max_bytes,
      .max_partition_bytes = config.max_partition_fetch_bytes,
      .retry = retry_of(config),
      .preferred_replica_age = bounded(config.metadata_max_age),
      .not_fetched_limit = kNotFetchedLimit + bounded(config.fetch_max_wait),
      .reset_timestamp = reset_timestamp(config.auto_offset_reset),
      .decode = {.check_crcs = config.check_crcs, .read_committed = read_committed}};
  settings.validator = {.retry = retry_of(config),
                        .reset_timestamp = reset_timestamp(config.auto_offset_reset)};
  settings.max_poll_records = static_cast<std::size_t>(config.max_poll_records);
  settings.default_api_timeout = bounded(config.default_api_timeout);
  settings.isolation_level = static_cast<protocol::IsolationLevel>(config.isolation_level);
  settings.client_rack = config.client_rack;
  settings.interceptors = config.interceptors;
  settings.sampling = sampling_of(config);
  settings.network.metrics = std::make_shared<NetworkMetrics>(settings.sampling);
  settings.metrics_reporter = config.metrics_reporter;
  settings.metrics_report_interval = bounded(config.metrics_report_interval);
  settings.reset_duration = bounded_ms(config.auto_offset_reset_duration);
  settings.exclude_internal_topics = config.exclude_internal_topics;
  if (!config.group_id.empty()) settings.group = to_group(config);
  return settings;
}

}  // namespace ottla::client
