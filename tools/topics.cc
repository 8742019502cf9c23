#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "topics";

struct Flags {
  ClusterFlags cluster;
  bool create = false;
  bool list = false;
  bool describe = false;
  bool remove = false;
  bool alter = false;
  bool if_not_exists = false;
  bool if_exists = false;
  bool exclude_internal = false;
  std::string topic;
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  std::vector<std::string> configs;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    auto* what = app.add_option_group("what to do");
    what->add_flag("--create", create, "make a topic");
    what->add_flag("--list", list, "print the names of all topics");
    what->add_flag("--describe", describe, "print partitions, leaders and replicas");
    what->add_flag("--delete", remove, "delete a topic");
    what->add_flag("--alter", alter, "give a topic more partitions, up to --partitions");
    what->require_option(1);
    app.add_option("--topic", topic, "its name; several with commas for describe and delete");
    app.add_option("--partitions", partitions, "default: num.partitions of the broker");
    app.add_option("--replication-factor", replication_factor,
                   "default: default.replication.factor of the broker");
    app.add_option("--config", configs, "key=value, for a topic that is made; repeatable")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--if-not-exists", if_not_exists, "a topic that is there is no error");
    app.add_flag("--if-exists", if_exists, "a topic that is missing is no error");
    app.add_flag("--exclude-internal", exclude_internal, "leave out Kafka's own topics");
  }
};

std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> names;
  std::size_t from = 0;
  while (from <= list.size()) {
    const auto comma = std::min(list.find(',', from), list.size());
    if (comma > from) names.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return names;
}

std::string joined(const std::vector<std::int32_t>& numbers) {
  std::string text;
  for (const auto number : numbers) {
    if (!text.empty()) text += ',';
    text += std::to_string(number);
  }
  return text;
}

// Reports the topics that failed, but for those of `tolerated`, and calls `good` for the others.
template <class Good>
int report(const Result<TopicOutcomes>& outcomes, std::optional<ErrorCode> tolerated, Good good) {
  if (!outcomes) return fail(kName, outcomes.error());
  int code = kSuccess;
  for (const auto& [topic, error] : *outcomes) {
    if (!error) {
      good(topic);
    } else if (error->code() != tolerated) {
      code = fail(kName, "topic " + topic + ": " + error->to_string());
    }
  }
  return code;
}

int create(Admin& admin, const Flags& flags) {
  if (flags.topic.empty()) return fail(kName, "--create needs --topic");
  auto configs = parse_pairs(flags.configs);
  if (!configs) return fail(kName, configs.error());
  NewTopic topic{.name = flags.topic,
                 .partitions = flags.partitions,
                 .replication_factor = flags.replication_factor,
                 .configs = {configs->begin(), configs->end()},
                 .replica_assignment = {}};
  std::vector<NewTopic> topics;
  topics.push_back(std::move(topic));
  const auto made = admin.create_topics(std::move(topics)).get();
  const auto tolerated =
      flags.if_not_exists ? std::optional(ErrorCode::topic_already_exists) : std::nullopt;
  return report(made, tolerated,
                [](const std::string& name) { std::cout << "Created topic " << name << ".\n"; });
}

int alter(Admin& admin, const Flags& flags) {
  if (flags.topic.empty() || flags.partitions < 0) {
    return fail(kName, "--alter needs --topic and --partitions");
  }
  std::vector<NewPartitions> topics;
  for (auto& name : names_of(flags.topic)) {
    topics.push_back(
        {.topic = std::move(name), .count = flags.partitions, .replica_assignment = {}});
  }
  const auto altered = admin.create_partitions(std::move(topics)).get();
  const auto tolerated =
      flags.if_exists ? std::optional(ErrorCode::unknown_topic_or_partition) : std::nullopt;
  return report(altered, tolerated, [](const std::string&) {});
}

int remove(Admin& admin, const Flags& flags) {
  if (flags.topic.empty()) return fail(kName, "--delete needs --topic");
  const auto deleted = admin.delete_topics(names_of(flags.topic)).get();
  const auto tolerated =
      flags.if_exists ? std::optional(ErrorCode::unknown_topic_or_partition) : std::nullopt;
  return report(deleted, tolerated, [](const std::string&) {});
}

Result<std::vector<std::string>> all_topics(Admin& admin, const Flags& flags) {
  auto listed = admin.list_topics({.timeout = {}, .list_internal = !flags.exclude_internal}).get();
  if (!listed) return listed.error();
  std::vector<std::string> names;
  for (const auto& topic : *listed) names.push_back(topic.name);
  return names;
}

int list(Admin& admin, const Flags& flags) {
  const auto names = all_topics(admin, flags);
  if (!names) return fail(kName, names.error());
  for (const auto& name : *names) std::cout << name << '\n';
  return kSuccess;
}

void print(const TopicDescription& topic) {
  const auto replicas = topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
  std::cout << "Topic: " << topic.name << "\tTopicId: " << topic.topic_id
            << "\tPartitionCount: " << topic.partitions.size()
            << "\tReplicationFactor: " << replicas << '\n';
  for (const auto& partition : topic.partitions) {
    std::cout << "\tTopic: " << topic.name << "\tPartition: " << partition.partition
              << "\tLeader: " << (partition.leader ? std::to_string(*partition.leader) : "none")
              << "\tReplicas: " << joined(partition.replicas)
              << "\tIsr: " << joined(partition.in_sync_replicas) << '\n';
  }
}

int describe(Admin& admin, const Flags& flags) {
  auto names = flags.topic.empty() ? all_topics(admin, flags) : names_of(flags.topic);
  if (!names) return fail(kName, names.error());
  const auto described = admin.describe_topics(std::move(*names)).get();
  if (!described) return fail(kName, described.error());
  int code = kSuccess;
  for (const auto& [name, topic] : *described) {
    if (topic) {
      print(*topic);
    } else if (!(flags.if_exists &&
                 topic.error().code() == ErrorCode::unknown_topic_or_partition)) {
      code = fail(kName, "topic " + name + ": " + topic.error().to_string());
    }
  }
  return code;
}

}  // namespace

int run_topics(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Creates, lists, describes, enlarges and deletes topics.", "ottla topics");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  if (flags.create) return create(*admin, flags);
  if (flags.alter) return alter(*admin, flags);
  if (flags.remove) return remove(*admin, flags);
  if (flags.list) return list(*admin, flags);
  return describe(*admin, flags);
}

}  // namespace ottla::tools
