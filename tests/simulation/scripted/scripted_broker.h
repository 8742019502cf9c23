#pragma once

#include <memory>
#include <vector>

#include "base/lifetime.h"
#include "tests/simulation/scripted/exchange.h"
#include "tests/simulation/scripted/scripted_cluster.h"

namespace ottla::simulation {

class ScriptedConnection;

// Whether scripted brokers know how to answer this.
bool is_scripted(ApiKey api);

// A fetch that waits for records, on the loop of its broker.
class WaitingFetch {
 public:
  virtual ~WaitingFetch() = default;
  // Answers if there is enough by now, or if `at_last`; true once it has answered.
  virtual bool try_answer(bool at_last) = 0;
};

// One life of one broker of a ScriptedCluster.
class ScriptedBroker {
 public:
  ScriptedBroker(ScriptedCluster& cluster, SimNode& node, protocol::BrokerId id);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  ScriptedCluster& cluster() { return cluster_; }
  SimNode& node() { return node_; }
  protocol::BrokerId id() const { return id_; }

  void handle(const std::shared_ptr<Exchange>& exchange, ScriptedConnection& from);
  void later(Duration delay, Task task);

  // Keeps `fetch` until it has answered, which it must after `most`.
  void wait(std::shared_ptr<WaitingFetch> fetch, Duration most);
  void look_again();

  void forget(const ScriptedConnection& connection);

 private:
  ScriptedCluster& cluster_;
  SimNode& node_;
  protocol::BrokerId id_;
  std::uint64_t next_connection_ = 1;
  std::vector<std::shared_ptr<ScriptedConnection>> connections_;
  std::vector<std::shared_ptr<WaitingFetch>> waiting_;
  bool looks_again_ = false;
  std::unique_ptr<base::Listener> listener_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
