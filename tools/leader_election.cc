#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/partitions_file.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "leader-election";

struct Election {
  ClusterFlags cluster;
  ElectionType type = ElectionType::preferred;
  std::string topic;
  std::int32_t partition = -1;
  std::string file;
  bool all = false;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--election-type", type,
                   "preferred: the first replica, if it is in sync; unclean: of a partition "
                   "without a leader, one that is not")
        ->required()
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, ElectionType>{{"preferred", ElectionType::preferred},
                                                {"unclean", ElectionType::unclean}},
            CLI::ignore_case));
    auto* which = app.add_option_group("partitions");
    auto* of_topic = which->add_option("--topic", topic, "the topic of a partition");
    which->add_option("--path-to-json-file", file,
                      R"({"partitions": [{"topic": "t", "partition": 0}]})");
    which->add_flag("--all-topic-partitions", all, "every partition that needs it");
    which->require_option(1);
    auto* number =
        app.add_option("--partition", partition, "its number")->check(CLI::NonNegativeNumber);
    of_topic->needs(number);
    number->needs(of_topic);
  }

  // None: all there are.
  Result<std::optional<std::vector<TopicPartition>>> partitions() const {
    std::optional<std::vector<TopicPartition>> wanted;
    if (all) return wanted;
    wanted.emplace();
    if (file.empty()) {
      wanted->push_back({topic, partition});
      return wanted;
    }
    const auto read = read_partitions_file(file, PartitionsFile::plain);
    if (!read) return read.error();
    if (read->empty()) return Error(ErrorCode::invalid_argument, file + " names no partitions");
    for (const auto& [each, offset] : *read) wanted->push_back(each);
    return wanted;
  }
};

std::string joined(const std::vector<TopicPartition>& partitions) {
  std::string text;
  for (const auto& each : partitions) text += (text.empty() ? "" : ", ") + to_string(each);
  return text;
}

int elect(Admin& admin, ElectionType type, std::optional<std::vector<TopicPartition>> partitions) {
  const auto outcomes = admin.elect_leaders(type, std::move(partitions)).get();
  if (!outcomes) return fail(kName, outcomes.error());
  const std::string kind = type == ElectionType::preferred ? "PREFERRED" : "UNCLEAN";
  std::vector<TopicPartition> elected;
  std::vector<TopicPartition> not_needed;
  std::size_t failed = 0;
  for (const auto& [partition, error] : *outcomes) {
    if (!error) {
      elected.push_back(partition);
    } else if (error->code() == ErrorCode::election_not_needed) {
      not_needed.push_back(partition);
    } else {
      ++failed;
    }
  }
  if (!elected.empty()) {
    std::cout << "Successfully completed leader election (" << kind << ") for partitions "
              << joined(elected) << '\n';
  }
  if (!not_needed.empty()) {
    std::cout << "Valid replica already elected for partitions " << joined(not_needed) << '\n';
  }
  if (failed == 0) return kSuccess;
  for (const auto& [partition, error] : *outcomes) {
    if (!error || error->code() == ErrorCode::election_not_needed) continue;
    std::cout << "Error completing leader election (" << kind << ") for partition: " << partition
              << ": " << error->to_string() << '\n';
  }
  return fail(kName, std::to_string(failed) + " replica(s) could not be elected");
}

}  // namespace

int run_leader_election(const Arguments& arguments) {
  Election election;
  CLI::App app("Elects leaders of partitions.", "ottla leader-election");
  election.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto partitions = election.partitions();
  if (!partitions) return fail(kName, partitions.error());
  auto admin = open_admin(election.cluster);
  if (!admin) return fail(kName, admin.error());
  return elect(*admin, election.type, std::move(*partitions));
}

}  // namespace ottla::tools
