#include "broker/metrics_of_broker.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "base/time.h"

namespace ottla::broker {
namespace {

void add_logs(const ReplicaManager& replicas, MetricsPage& page) {
  const std::string prefix = "kafka_log_log_";
  auto& sizes = page.gauges(prefix + "size", "Bytes of a partition's segments.");
  auto& segments = page.gauges(prefix + "numlogsegments", "Segments of a partition.");
  auto& starts = page.gauges(prefix + "logstartoffset", "The first offset of a partition.");
  auto& ends = page.gauges(prefix + "logendoffset", "The offset after a partition's last record.");
  for (const auto& [id, partition] : replicas.partitions()) {
    const auto& log = partition->log();
    const auto labels =
        metric_labels({{"topic", id.topic}, {"partition", std::to_string(id.partition)}});
    sizes.add(static_cast<double>(log.size_in_bytes()), labels);
    segments.add(static_cast<double>(log.segment_count()), labels);
    starts.add(static_cast<double>(log.log_start_offset().value), labels);
    ends.add(static_cast<double>(log.log_end_offset().value), labels);
  }
}

void add_replicas(const ReplicaManager& replicas, MetricsPage& page) {
  std::size_t led = 0;
  std::size_t offline = replicas.partitions_without_log();
  std::size_t producers = 0;
  for (const auto& [id, partition] : replicas.partitions()) {
    led += partition->leads() ? 1 : 0;
    offline += partition->log().offline() ? 1 : 0;
    producers += partition->log().producer_count();
  }
  const std::string prefix = "kafka_server_replicamanager_";
  page.gauge(prefix + "partitioncount", "Partitions of this broker.",
             static_cast<double>(replicas.partitions().size()));
  page.gauge(prefix + "leadercount", "Partitions that it leads.", static_cast<double>(led));
  page.gauge(prefix + "offlinereplicacount", "Partitions in directories that have failed.",
             static_cast<double>(offline));
  page.gauge(prefix + "produceridcount", "Idempotent producers that partitions remember.",
             static_cast<double>(producers));
  auto& waiting = page.gauges("kafka_server_delayedoperationpurgatory_purgatorysize",
                              "Requests that wait for something to happen.");
  waiting.add(static_cast<double>(replicas.waiting_produces()),
              metric_labels({{"delayedOperation", "Produce"}}));
  waiting.add(static_cast<double>(replicas.waiting_fetches()),
              metric_labels({{"delayedOperation", "Fetch"}}));
  replicas.traffic().collect(page);
}

// What the metadata say of all brokers' partitions.
void add_controller(const Services& services, MetricsPage& page) {
  const auto& image = services.image();
  std::size_t partitions = 0;
  std::size_t offline = 0;
  std::size_t under_replicated = 0;
  std::size_t not_preferred = 0;
  image.state().topics_by_name.for_each([&](const auto&, const auto& topic) {
    partitions += topic->partitions.size();
    for (const auto& [number, partition] : topic->partitions) {
      offline += partition.leader == kNoLeader ? 1 : 0;
      under_replicated += partition.in_sync_replicas.size() < partition.replicas.size() ? 1 : 0;
      not_preferred +=
          !partition.replicas.empty() && partition.leader != partition.replicas.front() ? 1 : 0;
    }
  });
  std::size_t fenced = 0;
  for (const auto& [id, broker] : image.brokers()) fenced += broker.fenced ? 1 : 0;
  page.gauge("kafka_server_replicamanager_underreplicatedpartitions",
             "Partitions with fewer replicas in sync than there are.",
             static_cast<double>(under_replicated));
  const std::string prefix = "kafka_controller_kafkacontroller_";
  page.gauge(prefix + "activecontrollercount", "1: the controller is in this process.", 1);
  page.gauge(prefix + "globaltopiccount", "Topics.", static_cast<double>(image.topic_count()));
  page.gauge(prefix + "globalpartitioncount", "Partitions.", static_cast<double>(partitions));
  page.gauge(prefix + "offlinepartitionscount", "Partitions without a leader.",
             static_cast<double>(offline));
  page.gauge(prefix + "preferredreplicaimbalancecount",
             "Partitions that another than their first replica leads.",
             static_cast<double>(not_preferred));
  page.gauge(prefix + "activebrokercount", "Brokers that take part.",
             static_cast<double>(image.brokers().size() - fenced));
  page.gauge(prefix + "fencedbrokercount", "Brokers that are registered and do not.",
             static_cast<double>(fenced));
  page.gauge(prefix + "lastappliedrecordoffset", "The last metadata record in effect.",
             static_cast<double>(image.last_offset().value));
}

void add_groups(const GroupCoordinator& coordinator, MetricsPage& page) {
  std::map<GroupState, std::size_t> by_state;
  std::size_t members = 0;
  const auto groups = coordinator.groups();
  if (!groups) return;  // being loaded
  for (const auto* group : *groups) {
    ++by_state[group->state()];
    members += group->members().size();
  }
  const std::string prefix = "kafka_coordinator_group_groupmetadatamanager_numgroups";
  page.gauge(prefix, "Groups, or committed offsets of one.", static_cast<double>(groups->size()));
  constexpr std::array states = {std::pair{GroupState::empty, "empty"},
                                 std::pair{GroupState::stable, "stable"},
                                 std::pair{GroupState::preparing_rebalance, "preparingrebalance"},
                                 std::pair{GroupState::completing_rebalance, "completingrebalance"},
                                 std::pair{GroupState::dead, "dead"}};
  for (const auto& [state, name] : states) {
    page.gauge(prefix + name, "Groups in this state.", static_cast<double>(by_state[state]));
  }
  page.gauge("ottla_group_members", "Members of all groups.", static_cast<double>(members));
  page.gauge("ottla_group_memory_bytes", "Memory of groups and committed offsets, about.",
             static_cast<double>(coordinator.memory()));
}

void add_transactions(const TransactionCoordinator& coordinator, MetricsPage& page) {
  const auto transactions = coordinator.transactions();
  if (!transactions) return;  // being loaded
  std::map<TransactionState, std::size_t> by_state;
  for (const auto& [id, transaction] : *transactions) ++by_state[transaction->now().state];
  auto& family = page.gauges("ottla_transactions",
                             "Transactional ids by the state of their last "
                             "transaction.");
  for (const auto& [state, count] : by_state) {
    family.add(static_cast<double>(count), metric_labels({{"state", name(state)}}));
  }
  page.gauge("ottla_transaction_memory_bytes", "Memory of transactions, about.",
             static_cast<double>(coordinator.memory()));
}

void add_network(const Services& services, const Server& server, MetricsPage& page) {
  page.gauge("kafka_server_socket_server_metrics_connection_count", "Connections.",
             static_cast<double>(server.connection_count()));
  server.request_metrics().collect(page, base::RealClock().now());
  const std::string prefix = "kafka_server_fetchsessioncache_";
  page.gauge(prefix + "numincrementalfetchsessions", "Fetch sessions.",
             static_cast<double>(services.fetch_sessions.sessions()));
  page.gauge("ottla_fetch_session_memory_bytes", "Memory of fetch sessions, about.",
             static_cast<double>(services.fetch_sessions.bytes()));
}

// A name that a client has given itself, as printable ASCII and no two alike.
std::string plain_label(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  return text;
}

// Clients make up their names, so that there are figures for some of them only: those who use most
// of what they may.
void add_quotas(const ClientQuotas& quotas, MetricsPage& page) {
  constexpr std::size_t kMostShown = 50;
  struct Shown {
    QuotaKind kind;
    std::string_view prefix;
    std::string_view used;
    std::string_view help;
    std::string_view wait;
  };
  constexpr std::array kinds = {
      Shown{QuotaKind::produce, "kafka_server_produce_", "byte_rate",
            "Bytes of Produce a second, of those with a quota who use most of it.",
            "throttle_time"},
      Shown{QuotaKind::fetch, "kafka_server_fetch_", "byte_rate",
            "Bytes of Fetch a second, of those with a quota who use most of it.", "throttle_time"},
      Shown{QuotaKind::request, "kafka_server_request_", "request_time",
            "Percent of the loop's time, of those with a quota who use most of it.",
            "throttle_time"},
      Shown{QuotaKind::mutation, "kafka_server_controllermutation_", "tokens",
            "Partitions that may be made or deleted at once, of those with a quota who use most "
            "of it.",
            "throttle_time"},
      Shown{QuotaKind::connection, "kafka_server_socket_server_metrics_connection_accept_", "rate",
            "Connections a second, of addresses with a quota that use most of it.",
            "throttle_time"}};
  for (const auto& [kind, prefix, used, help, wait] : kinds) {
    const auto name = std::string(prefix);
    auto& rates = page.gauges(name + std::string(used), help);
    auto& waits = page.gauges(name + std::string(wait),
                              "Milliseconds that their next request would be told to wait.");
    auto& limits = page.gauges(name + "quota", "What they may use a second.");
    for (const auto& each : quotas.busiest(kind, kMostShown)) {
      const auto user = plain_label(each.user);
      const auto client_id = plain_label(each.client_id);
      const auto labels = kind == QuotaKind::connection
                              ? metric_labels({{"ip", user}})
                              : metric_labels({{"user", user}, {"client-id", client_id}});
      rates.add(each.used, labels);
      waits.add(std::chrono::duration<double, std::milli>(each.wait).count(), labels);
      limits.add(each.limit, labels);
    }
  }
  page.counter("ottla_delayed_connections_total",
               "Connections that were served later for connection_creation_rate.",
               static_cast<double>(quotas.delayed_connections()));
}

void add_audit(const AuditLog& audit, MetricsPage& page) {
  page.counter("ottla_audit_lines_total", "Lines written to the audit log.",
               static_cast<double>(audit.lines_written()));
  page.counter("ottla_audit_dropped_lines_total",
               "Lines that the audit log had no room for or that could not be written.",
               static_cast<double>(audit.lines_dropped()));
}

}  // namespace

MetricsPage metrics_of(const Services& services, const Server& server) {
  MetricsPage page;
  page.gauges("ottla_broker_info", "The broker, in its labels.")
      .add(1, metric_labels({{"node_id", std::to_string(services.self().value)},
                             {"cluster_id", services.image().cluster_id()}}));
  page.gauge("kafka_server_kafkaserver_brokerstate", "3: running.", 3);
  page.gauge("kafka_log_logmanager_offlinelogdirectorycount", "Log directories that have failed.",
             static_cast<double>(
                 services.config.log_dirs.size() -
                 std::min(services.config.log_dirs.size(), services.log_dirs.online().size())));
  add_replicas(services.replicas, page);
  add_controller(services, page);
  add_groups(services.groups, page);
  add_transactions(services.transactions, page);
  add_network(services, server, page);
  add_quotas(services.quotas, page);
  if (services.audit != nullptr) add_audit(*services.audit, page);
  add_logs(services.replicas, page);
  return page;
}

Health health_of(const Services& services) {
  const auto& config = services.config;
  std::size_t leaderless = 0;
  for (const auto& [id, partition] : services.replicas.partitions()) {
    leaderless += partition->leads() && !partition->log().offline() ? 0 : 1;
  }
  leaderless += services.replicas.partitions_without_log();
  const bool all_online = services.log_dirs.all_online();
  Health health;
  health.well = all_online && leaderless == 0;
  health.text = std::string("{\"status\":\"") + (health.well ? "up" : "degraded") +
                "\",\"node_id\":" + std::to_string(config.node_id) +
                ",\"all_log_dirs_online\":" + (all_online ? "true" : "false") +
                ",\"unavailable_partitions\":" + std::to_string(leaderless) + "}\n";
  return health;
}

}  // namespace ottla::broker
