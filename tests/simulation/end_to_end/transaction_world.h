#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/consumer_config.h"
#include "ottla/producer_config.h"
#include "tests/checker/anomaly.h"
#include "tests/simulation/end_to_end/broker_node.h"
#include "tests/simulation/end_to_end/chaos.h"
#include "tests/simulation/end_to_end/transaction_clients.h"

namespace ottla::simulation {

// What a run of transactions came to.
struct TransactionRunResult {
  std::vector<std::string> wrong;  // anomalies among them
  std::vector<checker::Anomaly> anomalies;
  std::string story;
  std::uint64_t operations = 0;
  Tally outcomes;  // of the operations, and what was sent and polled in them
  Tally faults;

  std::string report() const;
};

struct TransactionWorldOptions {
  NetworkOptions network;
  NodeOptions broker;
  bool first_kind = false;    // of transactions: before KIP-890
  std::string advertised_as;  // a node between the broker and its clients; empty: none
  IsolationLevel reads = IsolationLevel::read_committed;
  // What is to be different from what the seed has chosen; may be empty.
  std::function<void(ProducerConfig&)> tune_producer{};
  std::function<void(ConsumerConfig&)> tune_consumer{};
};

// A broker with the topics of a bank and of copies of what it does; clients that run transactions,
// as processes of their own that come back when they end; and what is needed to judge them all in
// the end.
class TransactionWorld {
 public:
  // What runs on a node, one process after the other.
  struct Client {
    SimNode* node = nullptr;
    bool copies = false;
    std::string transactional_id;
    TransactionalProcess* process = nullptr;  // null: not there
  };

  TransactionWorld(std::uint64_t seed, const TransactionWorldOptions& options);

  Simulation& simulation() { return simulation_; }
  base::Random& random() { return simulation_.random(); }
  SimNode& broker() { return broker_; }
  const BrokerStatus& broker_status() const { return status_; }
  TransactionBook& book() { return book_; }
  std::vector<std::unique_ptr<Client>>& clients() { return clients_; }
  Client& add_client(const std::string& name, const std::string& transactional_id, bool copies);

  bool start_broker();
  // Unless its kind is to end.
  void start_client(Client& client);
  // It comes back later.
  void crash_client(Client& client);
  // From now on none of that kind starts.
  void start_no_more(bool copiers) { ending_[copiers ? 1 : 0] = true; }
  // Lets what is under way end; then they are gone for good. False: somebody does not end.
  bool finish_clients(bool copiers);

  // No transaction is open any more, nor being ended.
  bool settles();
  // So that everything is known of which its sender could not tell whether it was committed.
  bool read_all();
  // Copiers go on until there is nothing left that none of them has taken.
  bool all_gets_copied();
  // Reads everything, if all went well so far; ends all processes and judges what they did.
  TransactionRunResult judge();

  // Runs until `done`. False, and `what` is wrong, if that never comes to be.
  bool within_limit(const std::function<bool()>& done, const std::string& what);
  // Called between any two steps of the world.
  void set_on_step(std::function<void()> on_step) { on_step_ = std::move(on_step); }
  void tell(const std::string& what);
  void count_fault(const std::string& kind) { ++faults_[kind]; }

  ProducerConfig producer_config(const std::string& node, const std::string& transactional_id);
  ConsumerConfig consumer_config(const std::string& node);

  static constexpr char kAccounts[] = "accounts";
  static constexpr char kCopies[] = "copies";
  static constexpr std::int32_t kPartitions = 3;  // of each topic

 private:
  using Settings = std::map<std::string, std::string>;
  bool create_topic(const std::string& name, std::int32_t partitions, const Settings& settings);
  void run_for(Duration time);
  std::string bootstrap() const;
  std::shared_ptr<Auditor> make_auditor(SimNode& node, IsolationLevel isolation);
  bool all_is_settled();
  checker::Expectations expectations(bool complete) const;

  const TransactionWorldOptions options_;
  Simulation simulation_;
  SimNode& broker_;
  SimNode& auditor_;
  std::vector<std::unique_ptr<Client>> clients_;
  BrokerStatus status_;
  TransactionBook book_;
  std::array<bool, 2> ending_{};  // banks, copiers
  std::function<void()> on_step_;
  Tally faults_;
  std::string story_;
  std::vector<std::string> wrong_;
};

}  // namespace ottla::simulation
