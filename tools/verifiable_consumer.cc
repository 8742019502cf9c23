#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/system_test.h"

// A member of a group that tells what it reads, commits and is given, as Kafka's
// VerifiableConsumer.
namespace ottla::tools {
namespace {

namespace json = boost::json;

constexpr const char* kName = "verifiable-consumer";

struct Flags {
  ClusterFlags cluster;
  std::string topic;
  std::string group;
  std::string instance;
  std::int64_t max_messages = -1;
  std::int64_t session_timeout_ms = 30'000;
  std::string reset_policy = "earliest";
  std::string assignment_strategy = "org.apache.kafka.clients.consumer.RangeAssignor";
  std::string consumer_config;
  bool verbose = false;
  bool auto_commit = false;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--topic", topic, "what is read")->required();
    app.add_option("--group-id", group, "the group")->required();
    app.add_option("--group-instance-id", instance, "the name of a static member");
    app.add_option("--max-messages", max_messages, "so many; -1: until it is stopped");
    app.add_option("--session-timeout", session_timeout_ms, "in milliseconds");
    app.add_option("--reset-policy", reset_policy, "earliest, latest or none");
    app.add_option("--assignment-strategy", assignment_strategy, "Kafka's class of the assignor");
    app.add_option("--consumer.config", consumer_config, "a properties file for the consumer");
    app.add_flag("--verbose", verbose, "tell of every record");
    app.add_flag("--enable-autocommit", auto_commit, "commit now and then, not after each poll");
  }

  std::vector<std::string> pairs() const {
    std::vector<std::string> pairs = {
        "group.id=" + group, "session.timeout.ms=" + std::to_string(session_timeout_ms),
        "auto.offset.reset=" + reset_policy, "partition.assignment.strategy=" + assignment_strategy,
        std::string("enable.auto.commit=") + (auto_commit ? "true" : "false")};
    if (!instance.empty()) pairs.push_back("group.instance.id=" + instance);
    return pairs;
  }
};

json::object named(const TopicPartition& partition) {
  return {{"topic", partition.topic}, {"partition", partition.partition}};
}

class Listener final : public ConsumerRebalanceListener {
 public:
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    tell_all("partitions_assigned", partitions);
  }
  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    tell_all("partitions_revoked", partitions);
  }

 private:
  static void tell_all(std::string_view name, const std::vector<TopicPartition>& partitions) {
    json::array all;
    for (const auto& partition : partitions) all.push_back(named(partition));
    tell(name, {{"partitions", std::move(all)}});
  }
};

void tell_consumed(const ConsumerRecords& batch, bool verbose) {
  json::array partitions;
  for (const auto& part : batch.parts()) {
    auto each = named(part.partition);
    const auto records = batch.records(part);
    each["count"] = records.size();
    each["minOffset"] = records.front().offset();
    each["maxOffset"] = records.back().offset();
    partitions.push_back(std::move(each));
  }
  tell("records_consumed", {{"count", batch.size()}, {"partitions", std::move(partitions)}});
  if (!verbose) return;
  for (const auto& record : batch) {
    auto data = named({std::string(record.topic()), record.partition()});
    data["key"] = is_null(record.key()) ? json::value(nullptr) : json::value(record.key());
    data["value"] = is_null(record.value()) ? json::value(nullptr) : json::value(record.value());
    data["offset"] = record.offset();
    tell("record_data", std::move(data));
  }
}

void tell_committed(const ConsumerRecords& batch, const Result<void>& outcome) {
  json::array offsets;
  for (const auto& part : batch.parts()) {
    auto each = named(part.partition);
    each["offset"] = part.next_offset;
    offsets.push_back(std::move(each));
  }
  json::object data{{"offsets", std::move(offsets)}, {"success", outcome.has_value()}};
  if (!outcome) data["error"] = outcome.error().to_string();
  tell("offsets_committed", std::move(data));
}

int consume(Consumer& consumer, const Flags& flags) {
  const auto& stop = stop_requested();
  auto left = flags.max_messages < 0 ? INT64_MAX : flags.max_messages;
  while (left > 0 && !stop.load()) {
    const auto batch = consumer.poll(std::chrono::milliseconds(100));
    if (!batch) return fail(kName, batch.error());
    if (batch->empty()) continue;
    left -= static_cast<std::int64_t>(batch->size());
    tell_consumed(*batch, flags.verbose);
    if (!flags.auto_commit) tell_committed(*batch, consumer.commit(*batch).get());
  }
  return kSuccess;
}

}  // namespace

int run_verifiable_consumer(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Reads as a member of a group and tells of it as lines of JSON.",
               "ottla verifiable-consumer");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto& file =
      flags.consumer_config.empty() ? flags.cluster.command_config : flags.consumer_config;
  const auto properties = client_properties(flags.cluster.bootstrap_server, file, flags.pairs());
  if (!properties) return fail(kName, properties.error());
  auto config = ConsumerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  auto consumer = Consumer::open(std::move(*config));
  if (!consumer) return fail(kName, consumer.error());
  if (auto subscribed = consumer->subscribe({flags.topic}, std::make_shared<Listener>());
      !subscribed) {
    return fail(kName, subscribed.error());
  }
  tell("startup_complete");
  const int code = consume(*consumer, flags);
  const auto closed = consumer->close();
  tell("shutdown_complete");
  return closed || code != kSuccess ? code : fail(kName, closed.error());
}

}  // namespace ottla::tools
