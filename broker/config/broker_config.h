#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/config/listener_sasl.h"
#include "broker/config/listener_tls.h"
#include "broker/config/listeners.h"
#include "broker/config/properties.h"
#include "ottla/result.h"

namespace ottla::broker {

// The settings of one broker. Every member is the Kafka key of the same name with dots for
// underscores, with Kafka's default unless the comment says otherwise; `ottla_` members are
// Ottla's own. Units are those of the key (`_ms`, `_bytes`). The defaults of topics
// (`log.retention.ms` and the like) are not members: topic_config.h derives them from
// `explicit_values`. A value; made by `from_properties` or by setting members of a default one.
struct BrokerConfig {
  // Identity.
  std::int32_t node_id = 1;  // Kafka: none
  std::optional<std::string> broker_rack;
  std::vector<std::string> log_dirs{"./ottla-data"};  // Kafka: /tmp/kafka-logs
  std::optional<std::string> metadata_log_dir;        // none: the first of log_dirs

  // Listeners. Kafka listens on every address; without being told, Ottla does on this machine only.
  std::vector<ListenerConfig> listeners{{.endpoint = {.host = "127.0.0.1", .port = 9092}}};
  std::vector<ListenerConfig> advertised_listeners;  // empty: the address a client came by
  std::string inter_broker_listener_name;            // empty: the first PLAINTEXT listener

  // Encryption.
  std::map<std::string, ListenerTls> tls_listeners;    // by name: those with TLS
  std::int64_t ottla_ssl_reload_interval_ms = 10'000;  // 0: files are read at the start alone

  // Who may connect. Kafka's default mechanism is GSSAPI, which is not served here.
  std::vector<std::string> sasl_enabled_mechanisms;
  std::int64_t connections_max_reauth_ms = 0;  // 0: whoever has logged in stays so
  std::string sasl_oauthbearer_jwks_endpoint_url;
  std::int64_t sasl_oauthbearer_jwks_endpoint_refresh_ms = 3'600'000;
  std::int64_t sasl_oauthbearer_jwks_endpoint_retry_backoff_ms = 100;
  std::int64_t sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms = 10'000;
  std::string sasl_oauthbearer_expected_issuer;
  std::vector<std::string> sasl_oauthbearer_expected_audience;
  std::string sasl_oauthbearer_sub_claim_name = "sub";
  std::int64_t sasl_oauthbearer_clock_skew_seconds = 30;
  std::int32_t connection_failed_authentication_delay_ms = 100;
  std::map<std::string, ListenerSasl> sasl_listeners;  // by name: those that clients log in at

  // Authorization.
  std::string authorizer_class_name;  // empty: everybody may do everything
  std::string super_users;            // User:alice;User:bob
  bool allow_everyone_if_no_acl_found = false;

  // Sockets and requests.
  std::int32_t num_network_threads = 0;        // 0: by the number of cores (Kafka: 3)
  std::int32_t num_io_threads = 8;             // workers for what may sleep
  std::int64_t queued_max_request_bytes = -1;  // -1: 256 MiB
  std::int32_t socket_request_max_bytes = 104'857'600;
  std::int32_t socket_send_buffer_bytes = 102'400;
  std::int32_t socket_receive_buffer_bytes = 102'400;
  std::int32_t socket_listen_backlog_size = 50;
  std::int64_t connections_max_idle_ms = 600'000;
  std::int32_t max_connections = std::numeric_limits<std::int32_t>::max();
  std::int32_t max_connections_per_ip = std::numeric_limits<std::int32_t>::max();
  std::int32_t request_timeout_ms = 30'000;

  // Topics.
  std::int32_t num_partitions = 1;
  std::int32_t default_replication_factor = 1;
  bool auto_create_topics_enable = true;
  bool delete_topic_enable = true;

  // Logs.
  std::int64_t log_retention_check_interval_ms = 300'000;
  std::int32_t log_flush_offset_checkpoint_interval_ms = 60'000;
  std::int32_t log_flush_start_offset_checkpoint_interval_ms = 60'000;
  std::int32_t num_recovery_threads_per_data_dir = 2;
  std::int64_t replica_high_watermark_checkpoint_interval_ms = 5'000;

  // Compaction.
  bool log_cleaner_enable = true;
  std::int64_t log_cleaner_backoff_ms = 15'000;
  std::int64_t log_cleaner_dedupe_buffer_size = 134'217'728;
  double log_cleaner_io_buffer_load_factor = 0.9;
  std::int32_t log_cleaner_io_buffer_size = 524'288;
  double log_cleaner_io_max_bytes_per_second = std::numeric_limits<double>::max();
  std::int32_t log_cleaner_threads = 1;

  // Quotas.
  std::int32_t quota_window_num = 11;
  std::int32_t quota_window_size_seconds = 1;
  std::int32_t controller_quota_window_num = 11;
  std::int32_t controller_quota_window_size_seconds = 1;

  // Fetch.
  std::int32_t fetch_max_bytes = 57'671'680;
  std::int32_t max_incremental_fetch_session_cache_slots = 1'000;
  std::int32_t max_request_partition_size_limit = 2'000;

  // Idempotent producers.
  std::int32_t producer_id_expiration_ms = 86'400'000;

  // Internal topics: the wish; they get min(this, brokers present) replicas.
  std::int32_t offsets_topic_compression_codec = 0;  // none; 1 gzip, 2 snappy, 3 lz4, 4 zstd
  std::int32_t offsets_topic_num_partitions = 50;
  std::int16_t offsets_topic_replication_factor = 3;
  std::int32_t offsets_topic_segment_bytes = 104'857'600;
  std::int32_t transaction_state_log_num_partitions = 50;
  std::int16_t transaction_state_log_replication_factor = 3;
  std::int32_t transaction_state_log_segment_bytes = 104'857'600;
  std::int32_t transaction_state_log_min_isr = 2;

  // Groups.
  std::int32_t group_initial_rebalance_delay_ms = 0;  // Kafka: 3000
  std::int32_t group_max_session_timeout_ms = 1'800'000;
  std::int32_t group_max_size = std::numeric_limits<std::int32_t>::max();
  std::int32_t group_min_session_timeout_ms = 6'000;
  std::int32_t offset_metadata_max_bytes = 4'096;
  std::int64_t offsets_retention_check_interval_ms = 600'000;
  std::int32_t offsets_retention_minutes = 10'080;

  // Transactions.
  std::int32_t add_partitions_to_txn_retry_backoff_max_ms = 100;
  std::int32_t transaction_abort_timed_out_transaction_cleanup_interval_ms = 10'000;
  std::int32_t transaction_max_timeout_ms = 900'000;
  bool transaction_partition_verification_enable = true;
  std::int32_t transaction_remove_expired_transaction_cleanup_interval_ms = 3'600'000;
  std::int32_t transactional_id_expiration_ms = 604'800'000;

  // Ottla's own.
  std::string ottla_audit_log;  // path of the file; empty: none
  std::int32_t ottla_audit_log_files = 10;
  std::int64_t ottla_audit_log_max_bytes = 104'857'600;
  std::string ottla_durability = "fsync";  // fsync, os or memory
  std::int64_t ottla_flush_delay_ms = 10;
  std::string ottla_http_listener;         // host:port for /metrics and /health; empty: none
  std::int64_t ottla_request_log_ms = -1;  // requests that take longer are logged; -1: none
  bool ottla_clamp_replication_factor = false;
  bool ottla_insecure = false;  // listen beyond this machine for clients that do not authenticate

  // What was set, by key: where DescribeConfigs and the defaults of topics come from.
  Properties explicit_values;

  // What `from_properties` has to say without refusing: keys that Kafka has and Ottla does not, and
  // settings without an effect here. One sentence each.
  std::vector<std::string> warnings;

  bool operator==(const BrokerConfig&) const = default;

  // Errors (invalid_config) say key, value and what was expected; a key that neither Ottla nor
  // Kafka has is an error that names the nearest one there is. So is a listener that is reached
  // from other machines by whoever likes, unless `ottla.insecure` wants it. Files of keys
  // and certificates are not looked at.
  static Result<BrokerConfig> from_properties(const Properties& properties);
};

// A path as it is known to others, whatever the working directory; the file system is not asked.
std::string whole_path(const std::string& path);

// The text of a server.properties with which Apache Kafka 4.x, as broker and controller, takes over
// this broker's data directory once the broker is stopped: the same node id, directory, listeners
// and explicitly set Kafka keys, and a controller quorum of this one node on
// 127.0.0.1:`controller_port`. `advertised` are the listeners as they really are (ports picked).
std::string export_kafka_config(const BrokerConfig& config,
                                const std::vector<ListenerConfig>& advertised,
                                std::uint16_t controller_port);

}  // namespace ottla::broker
