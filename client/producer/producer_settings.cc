#include "client/producer/producer_settings.h"

#include <algorithm>
#include <limits>
#include <string>

#include "client/metadata/client_config.h"
#include "protocol/compression/compression.h"

namespace ottla::client {
namespace {

using std::chrono::milliseconds;

constexpr std::int32_t kMostIdempotentInFlight = 5;

Error invalid(std::string message) {
  return Error(ErrorCode::invalid_argument, std::move(message));
}

Result<void> check(const ProducerConfig& config) {
  const auto checked =
      all_of({at_least("linger", config.linger, milliseconds(0)),
              at_least("partitioner_availability_timeout", config.partitioner_availability_timeout,
                       milliseconds(0)),
              at_least("metadata_max_idle", config.metadata_max_idle, milliseconds(5000)),
              check_metrics(config), check_interceptors(config.interceptors),
              at_least("max_block", config.max_block, milliseconds(0)),
              at_least("retries", config.retries, 0),
              at_least("transaction_timeout", config.transaction_timeout, milliseconds(1)),
              at_least("max_in_flight_requests_per_connection",
                       config.max_in_flight_requests_per_connection, 1),
              at_least("delivery_timeout (which must be no less than linger + request_timeout)",
                       bounded_ms(config.delivery_timeout),
                       std::min(bounded_ms(milliseconds::max()),
                                bounded_ms(config.linger) + bounded_ms(config.request_timeout)))});
  if (!checked) return checked;
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  if (config.batch_size > most || config.max_request_size > most) {
    return invalid("batch_size and max_request_size must be less than 2 GiB");
  }
  if (config.batch_size > config.buffer_memory) {
    return invalid("batch_size is " + std::to_string(config.batch_size) +
                   ", more than buffer_memory has at all (" + std::to_string(config.buffer_memory) +
                   "); raise that or make batches smaller");
  }
  if (config.acks != Acks::all && config.acks != Acks::none && config.acks != Acks::leader) {
    return invalid("acks must be all, none or leader");
  }
  if (config.compression_level) {
    return protocol::check_level(config.compression_type, *config.compression_level);
  }
  return {};
}

// Unset, it is on where everything it needs is.
Result<bool> idempotence(const ProducerConfig& config) {
  const bool possible = config.acks == Acks::all && config.retries > 0 &&
                        config.max_in_flight_requests_per_connection <= kMostIdempotentInFlight;
  if (config.enable_idempotence.value_or(false) && !possible) {
    return invalid(
        "enable_idempotence needs acks = all, retries of at least 1 and "
        "max_in_flight_requests_per_connection of at most 5");
  }
  const bool idempotent = config.enable_idempotence.value_or(possible);
  if (!config.transactional_id.empty() && !idempotent) {
    return invalid(
        "transactional_id needs an idempotent producer: acks = all, retries of at least 1, "
        "max_in_flight_requests_per_connection of at most 5, and enable_idempotence not false");
  }
  return idempotent;
}

}  // namespace

Result<ProducerSettings> ProducerSettings::from(const ProducerConfig& config, std::uint64_t seed) {
  if (const auto checked = check(config); !checked) return checked.error();
  const auto idempotent = idempotence(config);
  if (!idempotent) return idempotent.error();
  auto network = to_network_config(config, "producer", seed);
  if (!network) return std::move(network).error();
  network->max_in_flight = static_cast<std::size_t>(config.max_in_flight_requests_per_connection);

  ProducerSettings settings;
  settings.network = std::move(*network);
  settings.metadata = to_metadata_config(config);
  settings.metadata.max_idle = bounded(config.metadata_max_idle);
  settings.accumulator = {.batch_size = std::max(config.batch_size, protocol::kBatchHeaderSize + 1),
                          .buffer_memory = config.buffer_memory,
                          .max_request_size = config.max_request_size,
                          .compression = config.compression_type,
                          .compression_level = config.compression_level.value_or(
                              protocol::default_level(config.compression_type)),
                          .max_block = bounded(config.max_block),
                          .adaptive_partitioning = config.partitioner_adaptive_partitioning_enable,
                          .partitioner = config.partitioner,
                          .sampling = sampling_of(config)};
  settings.network.metrics = std::make_shared<NetworkMetrics>(settings.accumulator.sampling);
  settings.metrics_reporter = config.metrics_reporter;
  settings.metrics_report_interval = bounded(config.metrics_report_interval);
  settings.sender = {.acks = config.acks,
                     .idempotent = *idempotent,
                     .linger = bounded(config.linger),
                     .delivery_timeout = bounded(config.delivery_timeout),
                     .retries = static_cast<std::uint32_t>(config.retries),
                     .retry = retry_of(config),
                     .max_request_size = config.max_request_size,
                     .availability_timeout = config.partitioner_adaptive_partitioning_enable
                                                 ? bounded(config.partitioner_availability_timeout)
                                                 : base::Duration::zero()};
  if (!config.transactional_id.empty()) {
    settings.transactions = {.transactional_id = config.transactional_id,
                             .transaction_timeout = bounded(config.transaction_timeout),
                             .retry = retry_of(config)};
  }
  settings.max_block = bounded(config.max_block);
  settings.request_timeout_ms = static_cast<std::int32_t>(std::min<std::int64_t>(
      config.request_timeout.count(), std::numeric_limits<std::int32_t>::max()));
  settings.ignore_keys = config.partitioner_ignore_keys;
  settings.interceptors = config.interceptors;
  return settings;
}

}  // namespace ottla::client
