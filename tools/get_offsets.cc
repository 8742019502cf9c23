#include <algorithm>
#include <charconv>
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

constexpr const char* kName = "get-offsets";

struct Flags {
  ClusterFlags cluster;
  std::string topic_partitions;
  std::string topic;
  std::string partitions;
  std::string time = "latest";
  bool exclude_internal_topics = false;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    auto* list = app.add_option(
        "--topic-partitions", topic_partitions,
        "TOPIC:PARTITIONS, several with commas; TOPIC is a pattern in RE2's syntax, PARTITIONS a "
        "number, FROM-, -END or FROM-END without the end itself; both may be left out");
    app.add_option("--topic", topic, "topics, a pattern in RE2's syntax; default: all")
        ->excludes(list);
    app.add_option("--partitions", partitions, "numbers with commas; default: all")->excludes(list);
    app.add_option("--time", time,
                   "of the record whose offset is wanted, in milliseconds since 1970, or latest "
                   "(-1, the default), earliest (-2), max-timestamp (-3), earliest-local (-4), "
                   "latest-tiered (-5), earliest-pending-upload (-6)");
    app.add_flag("--exclude-internal-topics", exclude_internal_topics,
                 "leave out Kafka's own topics");
    add_output_flag(app, output);
  }

  Result<PartitionFilter> filter() const {
    if (!topic_partitions.empty()) return PartitionFilter::parse(topic_partitions);
    return PartitionFilter::parse(topic, partitions);
  }
};

Result<OffsetSpec> spec_of(const std::string& time) {
  const std::map<std::string, OffsetSpec> names = {
      {"latest", OffsetSpec::latest()},
      {"-1", OffsetSpec::latest()},
      {"earliest", OffsetSpec::earliest()},
      {"-2", OffsetSpec::earliest()},
      {"max-timestamp", OffsetSpec::max_timestamp()},
      {"-3", OffsetSpec::max_timestamp()},
      {"earliest-local", OffsetSpec::earliest_local()},
      {"-4", OffsetSpec::earliest_local()},
      {"latest-tiered", OffsetSpec::latest_tiered()},
      {"-5", OffsetSpec::latest_tiered()},
      {"earliest-pending-upload", OffsetSpec::earliest_pending_upload()},
      {"-6", OffsetSpec::earliest_pending_upload()},
  };
  if (const auto named = names.find(time); named != names.end()) return named->second;
  std::int64_t milliseconds = 0;
  const auto* end = time.data() + time.size();
  const auto [at, error] = std::from_chars(time.data(), end, milliseconds);
  if (error == std::errc() && at == end && milliseconds >= 0) {
    return OffsetSpec::at(Timestamp(std::chrono::milliseconds(milliseconds)));
  }
  return Error(ErrorCode::invalid_argument,
               "--time '" + time +
                   "' is neither milliseconds since 1970 nor one of the names that "
                   "--help tells");
}

Result<std::vector<TopicPartition>> partitions_of(Admin& admin, const PartitionFilter& filter,
                                                  bool list_internal) {
  const auto listed = admin.list_topics({.timeout = {}, .list_internal = list_internal}).get();
  if (!listed) return listed.error();
  std::vector<std::string> names;
  for (const auto& topic : *listed) {
    if (filter.has_topic(topic.name)) names.push_back(topic.name);
  }
  const auto described = admin.describe_topics(std::move(names)).get();
  if (!described) return described.error();
  std::vector<TopicPartition> partitions;
  for (const auto& [name, topic] : *described) {
    if (!topic) return topic.error();
    for (const auto& each : topic->partitions) {
      TopicPartition partition{name, each.partition};
      if (filter.has(partition)) partitions.push_back(std::move(partition));
    }
  }
  if (!partitions.empty()) return partitions;
  return Error(ErrorCode::not_found, "no partition is meant by what the flags say");
}

// Partitions without such an offset are left out, as Kafka's script does.
int print_offsets(const ListedOffsets& listed, OutputFormat output) {
  int code = kSuccess;
  std::map<std::string, Row> by_name;
  for (const auto& [partition, found] : listed) {
    if (!found) {
      code = fail(kName, "partition " + to_string(partition) + ": " + found.error().to_string());
    } else if (found->offset) {
      by_name[to_string(partition)] = {partition.topic, partition.partition, *found->offset};
    }
  }
  std::vector<Row> rows;
  for (auto& [name, row] : by_name) rows.push_back(std::move(row));
  if (output == OutputFormat::json) {
    print_table(std::cout, output,
                {{"TOPIC", "topic"}, {"PARTITION", "partition"}, {"OFFSET", "offset"}}, rows);
    return code;
  }
  for (const auto& row : rows) {
    std::cout << row[0].text << ':' << row[1].text << ':' << row[2].text << '\n';
  }
  return code;
}

}  // namespace

int run_get_offsets(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Prints the offsets of partitions: topic:partition:offset.", "ottla get-offsets");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto filter = flags.filter();
  if (!filter) return fail(kName, filter.error());
  const auto spec = spec_of(flags.time);
  if (!spec) return fail(kName, spec.error());
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  const auto partitions = partitions_of(*admin, *filter, !flags.exclude_internal_topics);
  if (!partitions) return fail(kName, partitions.error());
  std::map<TopicPartition, OffsetSpec> wanted;
  for (const auto& partition : *partitions) wanted.emplace(partition, *spec);
  const auto listed = admin->list_offsets(std::move(wanted)).get();
  if (!listed) return fail(kName, listed.error());
  return print_offsets(*listed, flags.output);
}

}  // namespace ottla::tools
