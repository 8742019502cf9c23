#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "ottla/types.h"
#include "protocol/uuid.h"
#include "tests/simulation/scripted/script.h"
#include "tests/simulation/scripted/scripted_partition.h"
#include "tests/simulation/scripted/scripted_transactions.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

struct ScriptedTopic {
  protocol::Uuid id;
  std::vector<ScriptedPartition> partitions;
};

// The one group there is, of one member, which leads it: whoever joined last. Any broker takes its
// requests.
struct ScriptedGroup {
  struct Commit {
    std::int32_t generation = -1;  // -1: nobody's
    std::map<TopicPartition, std::int64_t> offsets;
  };

  std::int32_t generation = 0;
  std::vector<Commit> commits;  // that were taken, in order
  std::map<TopicPartition, std::int64_t> offsets;
  std::map<TopicPartition, protocol::LeaderEpoch> epochs;  // that were committed with them
};

struct ScriptedClusterOptions {
  int brokers = 3;
  std::uint16_t port = 9092;
  bool fetch_sessions = true;
  std::size_t max_request_size = 1 << 20;
  bool transactions_v2 = true;  // the feature is finalised (KIP-890)
};

// One request that a broker read, for tests to look at.
struct SeenRequest {
  TimePoint when;
  protocol::BrokerId broker;
  std::uint64_t connection;  // of that broker, from 1
  ApiKey api;
  std::int16_t version;
};

// N brokers that speak Kafka's protocol and keep everything in memory, for tests of clients: they
// move leaders, answer late or never, close connections at the worst moment, and lie, all on
// demand. Brokers are nodes of the simulation called "broker-1" and so on; what they keep survives
// their crash, as if it were replicated. Must outlive their last run.
class ScriptedCluster {
 public:
  explicit ScriptedCluster(Simulation& simulation, const ScriptedClusterOptions& options = {});
  ~ScriptedCluster();
  ScriptedCluster(const ScriptedCluster&) = delete;
  ScriptedCluster& operator=(const ScriptedCluster&) = delete;

  // "broker-1:9092,broker-2:9092,..."
  std::string bootstrap_servers() const;

  int broker_count() const { return static_cast<int>(nodes_.size()); }
  // Brokers are numbered from 1.
  SimNode& node(int broker) { return *nodes_.at(static_cast<std::size_t>(broker - 1)); }
  const SimNode& node(int broker) const { return *nodes_.at(static_cast<std::size_t>(broker - 1)); }

  // Leaders take turns, starting with the first broker; every broker has a replica.
  void create_topic(const std::string& name, int partitions);
  void delete_topic(const std::string& name) { topics_.erase(name); }
  const std::map<std::string, ScriptedTopic, std::less<>>& topics() const { return topics_; }
  ScriptedTopic* find_topic(std::string_view name);
  // By id; `name` becomes its name.
  ScriptedTopic* find_topic(const protocol::Uuid& id, std::string_view& name);
  // Must exist.
  ScriptedPartition& partition(const TopicPartition& of);

  // The partition has another leader, in the next epoch. Metadata tells it at once, or with the
  // next `publish`.
  void move_leader(const TopicPartition& of, int to_broker, bool publish_it = true);
  // The partition has no leader.
  void remove_leader(const TopicPartition& of);
  void publish();

  // The first rule that matches a request is played.
  void play(Rule rule) { rules_.push_back(rule); }
  void play_no_more() { rules_.clear(); }
  // How often tricks were played.
  std::uint64_t tricks_played() const { return tricks_played_; }

  // Brokers know this API in these versions only; max < min: not at all.
  void limit(ApiKey api, std::int16_t min, std::int16_t max) { limits_[api] = {min, max}; }

  const std::vector<SeenRequest>& seen() const { return seen_; }
  std::uint64_t count_seen(ApiKey api) const;
  // Frames that no broker could read.
  std::uint64_t bad_requests() const { return bad_requests_; }

  ScriptedGroup& group() { return group_; }
  ScriptedTransactions& transactions() { return transactions_; }

  // For the brokers.
  struct Versions {
    std::int16_t min = 0;
    std::int16_t max = -1;
  };
  Versions versions(ApiKey api) const;
  Rule match(protocol::BrokerId broker, ApiKey api);
  void note(const SeenRequest& request) { seen_.push_back(request); }
  void note_bad_request() { ++bad_requests_; }
  protocol::ProducerId next_producer_id() { return next_producer_id_ = next_producer_id_ + 1; }
  const ScriptedClusterOptions& options() const { return options_; }
  Simulation& simulation() { return simulation_; }
  protocol::BrokerId controller() const;
  const std::string& cluster_id() const { return cluster_id_; }
  // Something was appended or changed hands: fetches that wait are to look again.
  void on_progress();
  void enrol(class ScriptedBroker* broker) { brokers_.push_back(broker); }
  void leave(class ScriptedBroker* broker) { std::erase(brokers_, broker); }

 private:
  Simulation& simulation_;
  ScriptedClusterOptions options_;
  std::string cluster_id_ = "scripted-cluster-00000";
  std::vector<SimNode*> nodes_;
  std::map<std::string, ScriptedTopic, std::less<>> topics_;
  ScriptedGroup group_;
  ScriptedTransactions transactions_{*this};
  std::map<ApiKey, Versions> limits_;
  std::vector<Rule> rules_;
  std::vector<SeenRequest> seen_;
  std::vector<class ScriptedBroker*> brokers_;  // that run
  std::uint64_t tricks_played_ = 0;
  std::uint64_t bad_requests_ = 0;
  protocol::ProducerId next_producer_id_{999};
};

}  // namespace ottla::simulation
