#include <algorithm>
#include <array>

#include "tools/command.h"

namespace ottla::tools {
namespace {

constexpr std::array kCommands = {
    Command{"topics", "kafka-topics", "create, list, describe and delete topics", run_topics},
    Command{"configs", "kafka-configs", "describe and change settings of topics and brokers",
            run_configs},
    Command{"acls", "kafka-acls", "list and change who may do what", run_acls},
    Command{"delete-records", "kafka-delete-records", "delete records below given offsets",
            run_delete_records},
    Command{"get-offsets", "kafka-get-offsets", "print offsets of partitions, by time",
            run_get_offsets},
    Command{"log-dirs", "kafka-log-dirs", "print what brokers have in their log directories",
            run_log_dirs},
    Command{"cluster", "kafka-cluster", "print the cluster's id and its brokers", run_cluster},
    Command{"leader-election", "kafka-leader-election", "elect leaders of partitions",
            run_leader_election},
    Command{"features", "kafka-features", "print and change the levels of the cluster's features",
            run_features},
    Command{"broker-api-versions", "kafka-broker-api-versions", "print what brokers can be asked",
            run_broker_api_versions},
    Command{"consumer-groups", "kafka-consumer-groups",
            "list, describe, reset and delete consumer groups", run_consumer_groups},
    Command{"transactions", "kafka-transactions", "look at transactions and end those that hang",
            run_transactions},
    Command{"produce", "console-producer", "send the lines of stdin to a topic", run_produce},
    Command{"producer-perf-test", "kafka-producer-perf-test",
            "measure how fast a cluster takes records", run_producer_perf_test},
    Command{"consume", "console-consumer", "print the records of a topic", run_consume},
    Command{"tail", "", "follow several topics, each in its colour", run_tail},
    Command{"top", "", "watch topics, rates, groups and lag", run_top},
    Command{"tls", "", "show what a server presents of TLS and why clients do not connect",
            run_tls},
    Command{"consumer-perf-test", "kafka-consumer-perf-test", "measure how fast a topic is read",
            run_consumer_perf_test},
    Command{"end-to-end-latency", "kafka-e2e-latency",
            "measure the time from a record's sending to its reading", run_end_to_end_latency},
    Command{"verifiable-producer", "kafka-verifiable-producer",
            "send numbers and tell of each as JSON", run_verifiable_producer},
    Command{"verifiable-consumer", "kafka-verifiable-consumer",
            "read in a group and tell of it as JSON", run_verifiable_consumer},
    Command{"transactional-message-copier", "", "copy a topic exactly once and tell of it as JSON",
            run_message_copier},
    Command{"check-log", "", "check a whole data directory", run_check_log},
    Command{"dump-log", "kafka-dump-log", "print the files of a data directory", run_dump_log},
    Command{"export-kafka-config", "", "print what Apache Kafka is to be started with on our data",
            run_export_kafka_config},
    Command{"wire", "", "turn the bytes of a message into JSON and back", run_wire},
    Command{"completion", "", "print what completes commands and flags in a shell", run_completion},
};

// Kafka's scripts are kafka-console-producer.sh ...; older habits leave the first word out.
std::string_view without_kafka(std::string_view name) {
  constexpr std::string_view kKafka = "kafka-";
  if (name.starts_with(kKafka)) name.remove_prefix(kKafka.size());
  return name;
}

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto bare = without_kafka(name);
  const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return command.name == name || (!command.alias.empty() && without_kafka(command.alias) == bare);
  });
  return found == kCommands.end() ? nullptr : found;
}

}  // namespace ottla::tools
