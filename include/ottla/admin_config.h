#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ottla/logging.h"
#include "ottla/metadata_recovery.h"
#include "ottla/properties.h"
#include "ottla/result.h"
#include "ottla/runtime.h"
#include "ottla/security_config.h"

namespace ottla {

// How an Admin behaves. Names are Kafka's keys with '_' for '.' and without the unit; defaults are
// those of Kafka 4. Only `bootstrap_servers` must be set.
struct AdminConfig {
  using Millis = std::chrono::milliseconds;

  // host:port, several with commas between them; each name may have many addresses.
  std::string bootstrap_servers{};

  // How brokers name this client in quotas and logs; empty: adminclient and a random number.
  std::string client_id{};

  // The longest that a call may take, when it is not given a time itself.
  Millis default_api_timeout{60'000};
  // The longest a broker may take to answer; then the connection is closed and the request retried.
  Millis request_timeout{30'000};
  // The pause before a retry; doubles up to the maximum, each time by chance up to 20 % more or
  // less.
  Millis retry_backoff{100};
  Millis retry_backoff_max{1000};

  // Metadata is asked for anew at this age, and at once when it proves wrong.
  Millis metadata_max_age{300'000};

  // What to do when the known brokers cannot be reached, or for so long none of them has answered a
  // question about the cluster.
  MetadataRecoveryStrategy metadata_recovery_strategy = MetadataRecoveryStrategy::rebootstrap;
  Millis metadata_recovery_rebootstrap_trigger{300'000};

  // The pause before connecting again to a broker; doubles up to the maximum, 20 % more or less.
  Millis reconnect_backoff{50};
  Millis reconnect_backoff_max{1000};
  // The longest that connecting to one address may take; doubles up to the maximum.
  Millis socket_connection_setup_timeout{10'000};
  Millis socket_connection_setup_timeout_max{30'000};
  // What the kernel keeps for a connection, in bytes. -1 leaves it to the kernel, which adapts it
  // to the connection. (Java's clients set 32 to 128 KiB: half the speed on one machine, and less
  // over long distances.)
  std::int32_t send_buffer_bytes = -1;
  std::int32_t receive_buffer_bytes = -1;
  // Connections that were idle for so long are closed.
  Millis connections_max_idle{300'000};

  // security.protocol and the keys that begin with ssl. or sasl.
  SecurityConfig security{};

  // Threads shared with others; none: the admin client has its own.
  Runtime runtime{};

  // Where log lines go (unset: stderr), from this level on.
  LogSink log_sink{};
  LogLevel log_level = LogLevel::warn;

  // From Kafka's own keys and values. Keys that only a JVM can use are skipped. Errors:
  // invalid_argument naming the key and the nearest known one, or the value and what it should be.
  static Result<AdminConfig> from_properties(const Properties& properties);
};

}  // namespace ottla
