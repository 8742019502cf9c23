#include <algorithm>
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"
#include "tools/words.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

constexpr const char* kName = "log-dirs";
using Directories = std::map<std::string, LogDirDescription>;

struct Flags {
  ClusterFlags cluster;
  bool describe = false;
  std::string topic_list;
  std::string broker_list;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    // --broker-list is something else here.
    cluster.add_to(app, ClusterFlags::Names::without_broker_list);
    app.add_flag("--describe", describe, "print what is in the log directories")->required();
    app.add_option("--topic-list", topic_list, "only these topics, with commas");
    app.add_option("--broker-list", broker_list, "ids of brokers, with commas; default: all");
    add_output_flag(app, output);
  }
};

Result<std::vector<std::int32_t>> broker_ids(const std::string& list) {
  std::vector<std::int32_t> ids;
  for (const auto text : split(list, ',')) {
    if (text.empty()) continue;
    auto& id = ids.emplace_back();
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, id);
    if (error == std::errc() && at == end && id >= 0) continue;
    return Error(ErrorCode::invalid_argument,
                 "'" + std::string(text) + "' in --broker-list is no id of a broker");
  }
  return ids;
}

std::string joined(const std::vector<std::int32_t>& ids) {
  std::string text;
  for (const auto id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

// Those that are asked for, or all; each must be one of the cluster's.
Result<std::vector<std::int32_t>> brokers_of(Admin& admin, const std::string& list) {
  auto wanted = broker_ids(list);
  if (!wanted) return wanted.error();
  const auto cluster = admin.describe_cluster().get();
  if (!cluster) return cluster.error();
  std::vector<std::int32_t> all;
  for (const auto& node : cluster->nodes) all.push_back(node.id);
  if (wanted->empty()) return all;
  std::vector<std::int32_t> missing;
  for (const auto id : *wanted) {
    if (!std::binary_search(all.begin(), all.end(), id)) missing.push_back(id);
  }
  if (missing.empty()) return wanted;
  return Error(ErrorCode::broker_not_available,
               "the cluster has no brokers " + joined(missing) + "; it has " + joined(all));
}

// Kafka's name of what is wrong with a directory.
json::value error_of(const LogDirDescription& directory) {
  if (!directory.error) return nullptr;
  if (directory.error->code() == ErrorCode::kafka_storage_error) {
    return "org.apache.kafka.common.errors.KafkaStorageException";
  }
  return json::value(describe(directory.error->code()).name);
}

json::array directories_of(const Directories& directories,
                           const std::vector<std::string_view>& topics) {
  json::array array;
  for (const auto& [path, directory] : directories) {
    json::array partitions;
    for (const auto& [partition, replica] : directory.replicas) {
      const std::string_view topic = partition.topic;
      if (!topics.empty() && std::find(topics.begin(), topics.end(), topic) == topics.end()) {
        continue;
      }
      partitions.push_back({{"partition", to_string(partition)},
                            {"size", replica.size},
                            {"offsetLag", replica.offset_lag},
                            {"isFuture", replica.future}});
    }
    array.push_back(
        {{"partitions", std::move(partitions)}, {"error", error_of(directory)}, {"logDir", path}});
  }
  return array;
}

int print(const DescribedLogDirs& described, const Flags& flags) {
  int code = kSuccess;
  std::vector<std::string_view> topics;
  for (const auto topic : split(flags.topic_list, ',')) {
    if (!topic.empty()) topics.push_back(topic);
  }
  json::array brokers;
  std::vector<std::int32_t> answered;
  for (const auto& [broker, directories] : described) {
    if (!directories) {
      code = fail(kName, directories.error());
      continue;
    }
    answered.push_back(broker);
    brokers.push_back({{"broker", broker}, {"logDirs", directories_of(*directories, topics)}});
  }
  if (flags.output == OutputFormat::table) {
    std::cout << "Received log directory information from brokers " << joined(answered) << '\n';
  }
  std::cout << json::serialize(json::object({{"brokers", std::move(brokers)}, {"version", 1}}))
            << '\n';
  return code;
}

}  // namespace

int run_log_dirs(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Prints as JSON which partitions are in the log directories of brokers, and how large they "
      "are. --output json leaves out all other lines.",
      "ottla log-dirs");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  const auto brokers = brokers_of(*admin, flags.broker_list);
  if (!brokers) return fail(kName, brokers.error());
  if (flags.output == OutputFormat::table) {
    std::cout << "Querying brokers for log directories information\n";
  }
  const auto described = admin->describe_log_dirs(*brokers).get();
  if (!described) return fail(kName, described.error());
  return print(*described, flags);
}

}  // namespace ottla::tools
