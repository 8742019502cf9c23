#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ottla/compression.h"
#include "ottla/interceptor.h"
#include "ottla/logging.h"
#include "ottla/metadata_recovery.h"
#include "ottla/metrics.h"
#include "ottla/partitioner.h"
#include "ottla/properties.h"
#include "ottla/result.h"
#include "ottla/runtime.h"
#include "ottla/security_config.h"

namespace ottla {

// When a broker answers that a batch is stored.
enum class Acks : std::int8_t {
  all = -1,    // every in-sync replica has it: it survives as long as one of them does
  none = 0,    // not at all: what was handed to the kernel counts as delivered, without an offset
  leader = 1,  // the partition's leader has it: lost if that fails before others copied it
};

// How a Producer behaves. Names are Kafka's keys with '_' for '.' and without the unit; defaults
// are those of Kafka 4. Only `bootstrap_servers` must be set.
struct ProducerConfig {
  using Millis = std::chrono::milliseconds;

  // host:port, several with commas between them; each name may have many addresses. One that
  // answers is enough to find the cluster.
  std::string bootstrap_servers{};

  // How brokers name this client in quotas and logs; empty: producer and a random number.
  std::string client_id{};

  Acks acks = Acks::all;

  // Every record is stored once, and in the order of sending, though sending is retried. Needs
  // acks = all, retries and at most five requests in flight; unset: on where these hold.
  std::optional<bool> enable_idempotence{};

  // Names this producer over restarts: it writes in transactions, which the next producer with the
  // same id takes over, and none of an earlier one can go on. Needs idempotence. Empty: none.
  std::string transactional_id{};
  // A transaction that is open for so long is aborted by the cluster, and its producer can write no
  // more; at most the brokers' transaction.max.timeout.ms.
  Millis transaction_timeout{60'000};

  // How long a batch waits for more records before it is sent. 0: as soon as the network is free.
  Millis linger{5};

  // The size a batch is sent at, in bytes; also the unit in which `buffer_memory` is handed out.
  // A larger record gets a batch of its own.
  std::size_t batch_size = 16384;

  // The most bytes of records waiting for their acknowledgement; a send that finds no room waits
  // for at most `max_block`.
  std::size_t buffer_memory = 32 << 20;

  Compression compression_type = Compression::none;
  // In the codec's own scale (gzip 1..9, lz4 1..17, zstd -131072..22); unset: Kafka's default.
  std::optional<int> compression_level{};

  // The longest that `send` waits, for metadata of a topic not seen before and for memory.
  Millis max_block{60'000};

  // The longest from `send` to an outcome; at least linger + request_timeout. When it is over the
  // record fails with timed_out; if it was on its way, the broker may still have stored it.
  Millis delivery_timeout{120'000};

  // The longest a broker may take to answer; then the connection is closed and the request retried.
  Millis request_timeout{30'000};

  // Attempts after the first; bounded in practice by delivery_timeout.
  std::int32_t retries = 2147483647;
  // The pause before a retry; doubles up to the maximum, each time by chance up to 20 % more or
  // less.
  Millis retry_backoff{100};
  Millis retry_backoff_max{1000};

  // Unanswered requests to one broker. Records of a partition stay in order at any number: without
  // idempotence a partition has one batch on its way at a time.
  std::int32_t max_in_flight_requests_per_connection = 5;

  // The largest record (before compression, with some 100 bytes of overhead) and the most bytes of
  // batches in a request. Brokers have a limit too: message.max.bytes.
  std::size_t max_request_size = 1 << 20;

  // Who chooses the partitions of records that name none: unset, the key decides, as in every
  // client of Kafka, and records without a key are spread (KIP-794): evenly, a batch at a time.
  PartitionerFactory partitioner{};

  // Spread records that have a key as if they had none. A partitioner sees them all the same.
  bool partitioner_ignore_keys = false;

  // Spread less where batches pile up. The keyless records of a fast broker are then more.
  bool partitioner_adaptive_partitioning_enable = true;

  // Spread nothing to a broker that has taken no batch for so long though some wait for it; 0:
  // however long. Needs adaptive partitioning.
  Millis partitioner_availability_timeout{0};

  // See every record and every outcome, in this order.
  std::vector<std::shared_ptr<ProducerInterceptor>> interceptors{};

  // Metadata is asked for anew at this age, and at once when it proves wrong.
  Millis metadata_max_age{300'000};
  // Topics that nothing was sent to for so long are not asked for any more, until something is; at
  // least 5 s.
  Millis metadata_max_idle{300'000};

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

  // Rates, averages and maxima of `Producer::metrics` look at so many windows of this length.
  Millis metrics_sample_window{30'000};
  std::int32_t metrics_num_samples = 2;
  // Called with the metrics at this interval, on the callback thread; 0: never.
  MetricsReporter metrics_reporter{};
  Millis metrics_report_interval{0};

  // security.protocol and the keys that begin with ssl. or sasl.
  SecurityConfig security{};

  // Threads shared with others; none: the producer has its own.
  Runtime runtime{};

  // Where log lines go (unset: stderr), from this level on.
  LogSink log_sink{};
  LogLevel log_level = LogLevel::warn;

  // From Kafka's own keys and values ("linger.ms" -> "20"). Keys that only a JVM can use
  // (serializers, metric reporters) are skipped. Errors: invalid_argument naming the key and the
  // nearest known one, or the value and what it should be.
  static Result<ProducerConfig> from_properties(const Properties& properties);
};

}  // namespace ottla
