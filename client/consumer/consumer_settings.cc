#include "client/consumer/consumer_settings.h"

#include <algorithm>
#include <utility>

#include "client/metadata/client_config.h"
#include "protocol/messages/list_offsets.h"

namespace ottla::client {
namespace {

using std::chrono::milliseconds;

// Beyond what was asked for, an answer may have one batch that alone is larger.
constexpr std::size_t kLargestBatch = 100 << 20;

// A connection carries one fetch and what else there is to ask.
constexpr std::size_t kMaxInFlight = 100;

std::optional<std::int64_t> reset_timestamp(AutoOffsetReset reset) {
  switch (reset) {
    case AutoOffsetReset::earliest:
      return protocol::ListOffsetsRequest::kEarliest;
    case AutoOffsetReset::latest:
      return protocol::ListOffsetsRequest::kLatest;
    case AutoOffsetReset::none:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<ConsumerSettings> ConsumerSettings::from(const ConsumerConfig& config, std::uint64_t seed) {
  const auto checked =
      all_of({at_least("max_poll_records", config.max_poll_records, 1),
              at_least("fetch_min_bytes", config.fetch_min_bytes, 0),
              at_least("fetch_max_wait", config.fetch_max_wait, milliseconds(0)),
              at_least("fetch_max_bytes", config.fetch_max_bytes, 1),
              at_least("max_partition_fetch_bytes", config.max_partition_fetch_bytes, 1),
              at_least("request_timeout (which must be longer than fetch_max_wait)",
                       config.request_timeout, config.fetch_max_wait + milliseconds(1)),
              at_least("default_api_timeout", config.default_api_timeout, milliseconds(1))});
  if (!checked) return checked.error();
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
      .missing_limit = config.default_api_timeout,
      .reset_timestamp = reset_timestamp(config.auto_offset_reset),
      .decode = {.check_crcs = config.check_crcs, .read_committed = read_committed}};
  settings.max_poll_records = static_cast<std::size_t>(config.max_poll_records);
  settings.default_api_timeout = config.default_api_timeout;
  settings.isolation_level = static_cast<protocol::IsolationLevel>(config.isolation_level);
  settings.client_rack = config.client_rack;
  return settings;
}

}  // namespace ottla::client
