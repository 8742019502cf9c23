#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ottla/assignor.h"
#include "ottla/consumer_interceptor.h"
#include "ottla/isolation_level.h"
#include "ottla/logging.h"
#include "ottla/metadata_recovery.h"
#include "ottla/metrics.h"
#include "ottla/properties.h"
#include "ottla/result.h"
#include "ottla/runtime.h"
#include "ottla/security_config.h"

namespace ottla {

// Where reading begins in a partition without a position, or whose position no longer exists.
enum class AutoOffsetReset : std::uint8_t {
  earliest,  // with the oldest record there is
  latest,    // with what is written from then on
  none,      // nowhere: poll answers offset_out_of_range, or log_truncated
  // With the first record that is not older than auto_offset_reset_duration; while there is none,
  // with the first to come (KIP-1106).
  by_duration,
};

// How a Consumer behaves. Names are Kafka's keys with '_' for '.' and without the unit; defaults
// are those of Kafka 4. Only `bootstrap_servers` must be set.
struct ConsumerConfig {
  using Millis = std::chrono::milliseconds;

  // host:port, several with commas between them; each name may have many addresses.
  std::string bootstrap_servers{};

  // How brokers name this client in quotas and logs; empty: consumer and a random number.
  std::string client_id{};

  // The group whose members share the topics, and in whose name offsets are committed; empty: none,
  // then partitions are assigned by hand and nothing is committed.
  std::string group_id{};
  // Names this member over restarts: within session_timeout it comes back to its partitions without
  // a rebalance (KIP-345). Two members must not have the same. Empty: none.
  std::string group_instance_id{};
  // Subscribed to when the consumer is opened.
  std::vector<std::string> topics{};
  // A pattern that subscribes to topics takes none that are the cluster's own.
  bool exclude_internal_topics = true;

  // A member that sends no heartbeat for so long is taken for dead, and its partitions go to
  // others.
  Millis session_timeout{45'000};
  Millis heartbeat_interval{3'000};
  // A member whose application does not poll for so long leaves; and the longest that a rebalance
  // waits for a member.
  Millis max_poll_interval{300'000};
  // In the order in which they are liked; the group takes one that all members name.
  std::vector<AssignorFactory> partition_assignment_strategy{range_assignor(),
                                                             cooperative_sticky_assignor()};

  // Commits by itself what poll has returned, once poll is called again: every
  // auto_commit_interval, before partitions go to others, and at the end. Also of partitions that
  // are assigned by hand.
  bool enable_auto_commit = true;
  Millis auto_commit_interval{5'000};

  AutoOffsetReset auto_offset_reset = AutoOffsetReset::latest;
  Millis auto_offset_reset_duration{0};
  IsolationLevel isolation_level = IsolationLevel::read_uncommitted;

  // The most records that one poll hands out.
  std::int32_t max_poll_records = 500;

  // A broker answers a fetch when it has so many bytes, or after fetch_max_wait.
  std::int32_t fetch_min_bytes = 1;
  Millis fetch_max_wait{500};
  // The most bytes of one answer, and the most that is fetched ahead of poll, over all partitions.
  std::int32_t fetch_max_bytes = 50 << 20;
  // The most bytes of one partition in an answer. Both limits are soft: a batch that alone is
  // larger comes whole.
  std::int32_t max_partition_fetch_bytes = 1 << 20;

  // Check the checksum of every batch before its records are handed out.
  bool check_crcs = true;

  // See what every poll hands out and what the group commits, in this order.
  std::vector<std::shared_ptr<ConsumerInterceptor>> interceptors{};

  // Ask for the topic in a way that makes brokers create it, if they are set up to.
  bool allow_auto_create_topics = true;

  // The data centre or zone this consumer is in, for brokers that place readers near replicas.
  std::string client_rack{};

  // The longest that a call which asks the cluster may take, when it is not given a time itself.
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
  Millis connections_max_idle{540'000};

  // Rates, averages and maxima of `Consumer::metrics` look at so many windows of this length.
  Millis metrics_sample_window{30'000};
  std::int32_t metrics_num_samples = 2;
  // Called with the metrics at this interval, on the callback thread; 0: never.
  MetricsReporter metrics_reporter{};
  Millis metrics_report_interval{0};

  // security.protocol and the keys that begin with ssl. or sasl.
  SecurityConfig security{};

  // Threads shared with others; none: the consumer has its own.
  Runtime runtime{};

  // Where log lines go (unset: stderr), from this level on.
  LogSink log_sink{};
  LogLevel log_level = LogLevel::warn;

  // From Kafka's own keys and values. Keys that only a JVM can use are skipped. Errors:
  // invalid_argument naming the key and the nearest known one, or the value and what it should be.
  static Result<ConsumerConfig> from_properties(const Properties& properties);
};

}  // namespace ottla
