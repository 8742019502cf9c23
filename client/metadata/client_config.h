#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/logger.h"
#include "base/transport.h"
#include "client/metadata/metadata.h"
#include "client/metrics/sampled.h"
#include "client/network/network_config.h"
#include "ottla/detail/future_source.h"
#include "ottla/metadata_recovery.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

// From the settings that the public configurations share to those of the rooms.
namespace ottla::client {

// "a:9092,b:9092"; invalid_argument, naming the field, if it is empty or malformed.
Result<std::vector<base::Endpoint>> parse_bootstrap_servers(std::string_view text);

// Durations of the configuration may be as long as they can be said; as deadlines they would be
// over at once. A hundred years at most.
inline base::Duration bounded(std::chrono::milliseconds time) {
  return detail::clamp_timeout(time);
}
inline std::chrono::milliseconds bounded_ms(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(bounded(time));
}

// What a check of one field says: invalid_argument "linger is -5 ms; it must be at least 0 ms".
Result<void> at_least(std::string_view field, std::chrono::milliseconds value,
                      std::chrono::milliseconds least);
Result<void> at_least(std::string_view field, std::int64_t value, std::int64_t least);

// The first error of several checks.
Result<void> all_of(std::initializer_list<Result<void>> checks);

template <class Config>
Result<void> check_metrics(const Config& config) {
  const std::chrono::milliseconds zero(0);
  const bool reports = config.metrics_report_interval > zero;
  if (reports != (config.metrics_reporter != nullptr)) {
    return Error(ErrorCode::invalid_argument,
                 "metrics_reporter and metrics_report_interval need each other: set both");
  }
  return all_of({at_least("metrics_sample_window", config.metrics_sample_window,
                          std::chrono::milliseconds(1)),
                 at_least("metrics_num_samples", config.metrics_num_samples, 1),
                 at_least("metrics_report_interval", config.metrics_report_interval, zero)});
}

// What the connections have in common; null without TLS. (sleeps) Errors: invalid_config, naming
// the key of Kafka's, and why it cannot be so.
Result<std::shared_ptr<const base::TlsContext>> make_tls(const SecurityConfig& config);

// Whom to log in as; none where nobody asks. Errors: invalid_config, naming the key of Kafka's, and
// never the password.
Result<std::optional<SaslCredentials>> make_sasl(const SecurityConfig& config);

template <class Interceptor>
Result<void> check_interceptors(const std::vector<std::shared_ptr<Interceptor>>& interceptors) {
  for (const auto& interceptor : interceptors) {
    if (interceptor) continue;
    return Error(ErrorCode::invalid_argument, "interceptors has one that is null");
  }
  return {};
}

std::string default_client_id(std::string_view kind, std::uint64_t seed);

// Of "producer", "consumer" or "adminclient".
template <class Config>
Result<NetworkConfig> to_network_config(const Config& config, std::string_view kind,
                                        std::uint64_t seed) {
  const std::chrono::milliseconds zero(0);
  const auto checked =
      all_of({at_least("request_timeout", config.request_timeout, std::chrono::milliseconds(1)),
              at_least("retry_backoff", config.retry_backoff, zero),
              at_least("retry_backoff_max", config.retry_backoff_max, zero),
              at_least("metadata_max_age", config.metadata_max_age, zero),
              at_least("reconnect_backoff", config.reconnect_backoff, zero),
              at_least("reconnect_backoff_max", config.reconnect_backoff_max, zero),
              at_least("socket_connection_setup_timeout", config.socket_connection_setup_timeout,
                       std::chrono::milliseconds(1)),
              at_least("connections_max_idle", config.connections_max_idle, zero),
              at_least("send_buffer_bytes", config.send_buffer_bytes, -1),
              at_least("receive_buffer_bytes", config.receive_buffer_bytes, -1)});
  if (!checked) return checked.error();
  if constexpr (requires { config.metadata_recovery_strategy; }) {
    const auto trigger =
        at_least("metadata_recovery_rebootstrap_trigger",
                 config.metadata_recovery_rebootstrap_trigger, std::chrono::milliseconds(1000));
    if (!trigger) return trigger.error();
  }
  auto bootstrap = parse_bootstrap_servers(config.bootstrap_servers);
  if (!bootstrap) return std::move(bootstrap).error();
  auto tls = make_tls(config.security);
  if (!tls) return tls.error();
  auto sasl = make_sasl(config.security);
  if (!sasl) return sasl.error();
  NetworkConfig network;
  network.tls = std::move(*tls);
  network.sasl = std::move(*sasl);
  network.client_id = config.client_id.empty() ? default_client_id(kind, seed) : config.client_id;
  network.bootstrap = std::move(*bootstrap);
  network.reconnect = {bounded(config.reconnect_backoff), bounded(config.reconnect_backoff_max)};
  network.connection_setup = {bounded(config.socket_connection_setup_timeout),
                              bounded(config.socket_connection_setup_timeout_max)};
  network.socket_buffers = {.send = config.send_buffer_bytes,
                            .receive = config.receive_buffer_bytes};
  network.connections_max_idle = bounded(config.connections_max_idle);
  network.request_timeout = bounded(config.request_timeout);
  if constexpr (requires { config.metadata_recovery_strategy; }) {
    network.rebootstrap =
        config.metadata_recovery_strategy == MetadataRecoveryStrategy::rebootstrap;
  }
  return network;
}

template <class Config>
SamplingConfig sampling_of(const Config& config) {
  return {.window = bounded(config.metrics_sample_window),
          .samples = static_cast<std::size_t>(config.metrics_num_samples)};
}

template <class Config>
Backoff retry_of(const Config& config) {
  return {bounded(config.retry_backoff), bounded(config.retry_backoff_max)};
}

template <class Config>
MetadataConfig to_metadata_config(const Config& config) {
  MetadataConfig metadata;
  metadata.max_age = bounded(config.metadata_max_age);
  metadata.retry = retry_of(config);
  if constexpr (requires { config.metadata_recovery_strategy; }) {
    metadata.rebootstrap =
        config.metadata_recovery_strategy == MetadataRecoveryStrategy::rebootstrap;
    metadata.rebootstrap_trigger = bounded(config.metadata_recovery_rebootstrap_trigger);
  }
  return metadata;
}

template <class Config>
base::Logger make_logger(const Config& config, std::string_view kind) {
  return {config.log_sink ? config.log_sink : stderr_log_sink(), config.log_level,
          std::string(kind)};
}

}  // namespace ottla::client
