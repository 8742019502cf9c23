#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/partition_filter.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

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
  bool under_replicated = false;
  bool unavailable = false;
  bool with_overrides = false;
  std::string topic;
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  std::vector<std::string> configs;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    auto* what = app.add_option_group("what to do");
    what->add_flag("--create", create, "make a topic");
    what->add_flag("--list", list, "print the names of all topics");
    what->add_flag("--describe", describe, "print partitions, leaders and replicas");
    what->add_flag("--delete", remove, "delete a topic");
    what->add_flag("--alter", alter, "give a topic more partitions, up to --partitions");
    what->require_option(1);
    app.add_option(
        "--topic", topic,
        "its name; several with commas for delete and alter, a pattern in RE2's syntax for "
        "list and describe");
    app.add_option("--partitions", partitions, "default: num.partitions of the broker");
    app.add_option("--replication-factor", replication_factor,
                   "default: default.replication.factor of the broker");
    app.add_option("--config", configs, "key=value, for a topic that is made; repeatable")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--if-not-exists", if_not_exists, "a topic that is there is no error");
    app.add_flag("--if-exists", if_exists, "a topic that is missing is no error");
    app.add_flag("--exclude-internal", exclude_internal, "leave out Kafka's own topics");
    app.add_flag("--under-replicated-partitions", under_replicated,
                 "describe only partitions of which not every replica is in sync");
    app.add_flag("--unavailable-partitions", unavailable,
                 "describe only partitions without a leader");
    app.add_flag("--topics-with-overrides", with_overrides,
                 "describe only topics that have settings of their own, without their partitions");
    add_output_flag(app, output);
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

// Those that the flags mean, by name.
Result<std::vector<TopicListing>> listed_topics(Admin& admin, const Flags& flags) {
  const auto filter = PartitionFilter::parse(flags.topic, {});
  if (!filter) return filter.error();
  auto listed = admin.list_topics({.timeout = {}, .list_internal = !flags.exclude_internal}).get();
  if (!listed) return listed.error();
  std::erase_if(*listed, [&](const TopicListing& topic) { return !filter->has_topic(topic.name); });
  return listed;
}

int list(Admin& admin, const Flags& flags) {
  const auto topics = listed_topics(admin, flags);
  if (!topics) return fail(kName, topics.error());
  if (flags.output == OutputFormat::table) {
    for (const auto& topic : *topics) std::cout << topic.name << '\n';
    return kSuccess;
  }
  std::vector<Row> rows;
  for (const auto& topic : *topics) rows.push_back({topic.name, topic.topic_id});
  print_table(std::cout, flags.output, {{"TOPIC", "topic"}, {"TOPIC ID", "topicId"}}, rows);
  return kSuccess;
}

using Overrides = std::vector<std::pair<std::string, std::string>>;

bool is_shown(const PartitionInfo& partition, const Flags& flags) {
  if (flags.with_overrides) return false;
  if (flags.unavailable && partition.leader) return false;
  return !flags.under_replicated || partition.in_sync_replicas.size() < partition.replicas.size();
}

void print(const TopicDescription& topic, const Overrides& overrides, const Flags& flags) {
  const auto replicas = topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
  if (!flags.under_replicated && !flags.unavailable) {
    std::string configs;
    for (const auto& [key, value] : overrides) {
      configs += (configs.empty() ? "" : ",") + key + "=" + value;
    }
    std::cout << "Topic: " << topic.name << "\tTopicId: " << topic.topic_id
              << "\tPartitionCount: " << topic.partitions.size()
              << "\tReplicationFactor: " << replicas << "\tConfigs: " << configs << '\n';
  }
  for (const auto& partition : topic.partitions) {
    if (!is_shown(partition, flags)) continue;
    std::cout << "\tTopic: " << topic.name << "\tPartition: " << partition.partition
              << "\tLeader: " << (partition.leader ? std::to_string(*partition.leader) : "none")
              << "\tReplicas: " << joined(partition.replicas)
              << "\tIsr: " << joined(partition.in_sync_replicas)
              << "\tElr: " << joined(partition.eligible_leader_replicas)
              << "\tLastKnownElr: " << joined(partition.last_known_eligible_leader_replicas)
              << '\n';
  }
}

json::object object_of(const TopicDescription& topic, const Overrides& overrides,
                       const Flags& flags) {
  json::object configs;
  for (const auto& [key, value] : overrides) configs[key] = value;
  json::array partitions;
  for (const auto& each : topic.partitions) {
    if (!is_shown(each, flags)) continue;
    partitions.push_back(
        {{"partition", each.partition},
         {"leader", each.leader ? json::value(*each.leader) : json::value(nullptr)},
         {"leaderEpoch", each.leader_epoch},
         {"replicas", json::array(each.replicas.begin(), each.replicas.end())},
         {"inSyncReplicas",
          json::array(each.in_sync_replicas.begin(), each.in_sync_replicas.end())},
         {"eligibleLeaderReplicas",
          json::array(each.eligible_leader_replicas.begin(), each.eligible_leader_replicas.end())},
         {"lastKnownEligibleLeaderReplicas",
          json::array(each.last_known_eligible_leader_replicas.begin(),
                      each.last_known_eligible_leader_replicas.end())}});
  }
  return {{"topic", topic.name},
          {"topicId", topic.topic_id},
          {"internal", topic.internal},
          {"configs", std::move(configs)},
          {"partitions", std::move(partitions)}};
}

// What is not the default of each topic; one whose settings are not told has none here.
Result<std::map<std::string, Overrides>> overrides_of(Admin& admin,
                                                      const std::vector<std::string>& topics) {
  std::vector<ConfigResource> resources;
  for (const auto& topic : topics) resources.push_back(ConfigResource::topic(topic));
  const auto described = admin.describe_configs(std::move(resources)).get();
  if (!described) return described.error();
  std::map<std::string, Overrides> overrides;
  for (const auto& [resource, entries] : *described) {
    auto& found = overrides[resource.name];
    if (!entries) continue;
    for (const auto& entry : *entries) {
      if (entry.source == ConfigSource::defaults) continue;
      found.emplace_back(entry.name, entry.value.value_or("null"));
    }
  }
  return overrides;
}

int print_all(const TopicDescriptions& described, const std::map<std::string, Overrides>& overrides,
              const Flags& flags) {
  int code = kSuccess;
  json::array all;
  for (const auto& [name, topic] : described) {
    const auto& own = overrides.at(name);
    if (!topic) {
      code = fail(kName, "topic " + name + ": " + topic.error().to_string());
    } else if (flags.with_overrides && own.empty()) {
      continue;
    } else if (flags.output == OutputFormat::json) {
      all.push_back(object_of(*topic, own, flags));
    } else {
      print(*topic, own, flags);
    }
  }
  if (flags.output == OutputFormat::json) std::cout << json::serialize(all) << '\n';
  return code;
}

int describe(Admin& admin, const Flags& flags) {
  const auto topics = listed_topics(admin, flags);
  if (!topics) return fail(kName, topics.error());
  std::vector<std::string> names;
  for (const auto& topic : *topics) names.push_back(topic.name);
  if (names.empty() && !flags.topic.empty() && !flags.if_exists) {
    return fail(kName, "no topic matches '" + flags.topic + "'");
  }
  const auto overrides = overrides_of(admin, names);
  if (!overrides) return fail(kName, overrides.error());
  const auto described = admin.describe_topics(std::move(names)).get();
  if (!described) return fail(kName, described.error());
  return print_all(*described, *overrides, flags);
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
