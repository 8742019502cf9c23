#include "tests/simulation/scripted/scripted_cluster.h"

#include <algorithm>

#include "base/assert.h"
#include "protocol/wire/api.h"
#include "tests/simulation/scripted/scripted_broker.h"

namespace ottla::simulation {

using protocol::BrokerId;

ScriptedCluster::ScriptedCluster(Simulation& simulation, const ScriptedClusterOptions& options)
    : simulation_(simulation), options_(options) {
  for (int id = 1; id <= options.brokers; ++id) {
    nodes_.push_back(&simulation.add_node("broker-" + std::to_string(id)));
    nodes_.back()->start([this, id](SimNode& node) -> std::shared_ptr<void> {
      return std::make_shared<ScriptedBroker>(*this, node, BrokerId(id));
    });
  }
}

ScriptedCluster::~ScriptedCluster() {
  for (SimNode* node : nodes_) {
    if (node->running()) node->crash(Crash::process);
  }
}

std::string ScriptedCluster::bootstrap_servers() const {
  std::string servers;
  for (const SimNode* node : nodes_) {
    if (!servers.empty()) servers += ',';
    servers += node->name() + ":" + std::to_string(options_.port);
  }
  return servers;
}

void ScriptedCluster::create_topic(const std::string& name, int partitions) {
  ScriptedTopic topic;
  const auto id = simulation_.random().uuid();
  topic.id = {id.high, id.low};
  for (int i = 0; i < partitions; ++i) {
    ScriptedPartition partition;
    partition.actual = {BrokerId(i % broker_count() + 1), protocol::LeaderEpoch(0)};
    partition.published = partition.actual;
    for (int broker = 1; broker <= broker_count(); ++broker) {
      partition.replicas.push_back(BrokerId(broker));
    }
    partition.in_sync_replicas = partition.replicas;
    topic.partitions.push_back(std::move(partition));
  }
  topics_[name] = std::move(topic);
}

ScriptedTopic* ScriptedCluster::find_topic(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

ScriptedTopic* ScriptedCluster::find_topic(const protocol::Uuid& id, std::string_view& name) {
  for (auto& [key, topic] : topics_) {
    if (topic.id != id) continue;
    name = key;
    return &topic;
  }
  return nullptr;
}

ScriptedPartition& ScriptedCluster::partition(const TopicPartition& of) {
  ScriptedTopic* topic = find_topic(of.topic);
  OTTLA_ASSERT(topic != nullptr, "there is no such topic");
  return topic->partitions.at(static_cast<std::size_t>(of.partition));
}

void ScriptedCluster::move_leader(const TopicPartition& of, int to_broker, bool publish_it) {
  ScriptedPartition& moved = partition(of);
  moved.actual = {BrokerId(to_broker), moved.actual.epoch + 1};
  if (publish_it) moved.published = moved.actual;
  on_progress();
}

void ScriptedCluster::remove_leader(const TopicPartition& of) {
  ScriptedPartition& moved = partition(of);
  moved.actual = {protocol::kNoBroker, moved.actual.epoch + 1};
  moved.published = moved.actual;
  on_progress();
}

void ScriptedCluster::publish() {
  for (auto& [name, topic] : topics_) {
    for (ScriptedPartition& each : topic.partitions) each.published = each.actual;
  }
}

std::uint64_t ScriptedCluster::count_seen(ApiKey api) const {
  return static_cast<std::uint64_t>(
      std::count_if(seen_.begin(), seen_.end(), [&](const auto& each) { return each.api == api; }));
}

ScriptedCluster::Versions ScriptedCluster::versions(ApiKey api) const {
  if (const auto limit = limits_.find(api); limit != limits_.end()) return limit->second;
  if (!is_scripted(api)) return {};
  const protocol::Api* row = protocol::find_api(api);
  return {row->min, row->max};
}

Rule ScriptedCluster::match(BrokerId broker, ApiKey api) {
  for (Rule& rule : rules_) {
    if (rule.times == 0 || (rule.api && *rule.api != api)) continue;
    if (rule.broker && *rule.broker != broker) continue;
    if (rule.after > 0) {
      --rule.after;
      continue;
    }
    if (rule.times != Rule::kAlways) --rule.times;
    ++tricks_played_;
    return rule;
  }
  return {};
}

BrokerId ScriptedCluster::controller() const {
  for (int broker = 1; broker <= broker_count(); ++broker) {
    if (node(broker).running()) return BrokerId(broker);
  }
  return protocol::kNoBroker;
}

void ScriptedCluster::on_progress() {
  for (ScriptedBroker* broker : brokers_) broker->look_again();
}

}  // namespace ottla::simulation
