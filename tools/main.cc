// ottla: looks at, feeds and reads Kafka clusters. Flags are those of Kafka's own scripts.
#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <string_view>

#include "tools/command.h"

namespace ottla::tools {
namespace {

struct Command {
  std::string_view name;
  std::string_view alias;  // the name of Kafka's script, without .sh
  std::string_view sentence;
  int (*run)(const Arguments&);
};

constexpr std::array kCommands = {
    Command{"topics", "kafka-topics", "create, list, describe and delete topics", run_topics},
    Command{"configs", "kafka-configs", "describe and change settings of topics and brokers",
            run_configs},
    Command{"delete-records", "kafka-delete-records", "delete records below given offsets",
            run_delete_records},
    Command{"consumer-groups", "kafka-consumer-groups",
            "list, describe, reset and delete consumer groups", run_consumer_groups},
    Command{"transactions", "kafka-transactions", "look at transactions and end those that hang",
            run_transactions},
    Command{"produce", "console-producer", "send the lines of stdin to a topic", run_produce},
    Command{"producer-perf-test", "kafka-producer-perf-test",
            "measure how fast a cluster takes records", run_producer_perf_test},
    Command{"consume", "console-consumer", "print the records of a topic", run_consume},
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
};

void print_usage(std::ostream& out) {
  out << "usage: ottla COMMAND [flags]\n\n";
  for (const auto& command : kCommands) {
    std::string name(command.name);
    name.resize(30, ' ');
    out << "  " << name << command.sentence << '\n';
  }
  out << "\n`ottla COMMAND --help` lists the flags; they are those of Kafka's scripts.\n";
}

int run(int argc, char** argv) {
  if (argc < 2) {
    print_usage(std::cerr);
    return kUsage;
  }
  const std::string_view wanted = argv[1];
  if (wanted == "--help" || wanted == "-h" || wanted == "help") {
    print_usage(std::cout);
    return kSuccess;
  }
  const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return command.name == wanted || (!command.alias.empty() && command.alias == wanted);
  });
  if (found == kCommands.end()) {
    std::cerr << "ottla: there is no command '" << wanted << "'\n\n";
    print_usage(std::cerr);
    return kUsage;
  }
  return found->run(Arguments(argv + 2, argv + argc));
}

}  // namespace
}  // namespace ottla::tools

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return ottla::tools::run(argc, argv);
}
