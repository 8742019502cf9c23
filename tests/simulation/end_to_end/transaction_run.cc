#include "tests/simulation/end_to_end/transaction_run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/simulation/end_to_end/broker_node.h"
#include "tests/simulation/end_to_end/transaction_clients.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr char kAccounts[] = "accounts";
constexpr char kCopies[] = "copies";
constexpr char kGroup[] = "copiers";
constexpr std::int32_t kPartitions = 3;  // of each topic
constexpr Duration kLimit = 300s;        // for what must end; virtual

Tally outcomes_in(const checker::History& history) {
  Tally tally;
  for (const auto& [process, operations] : history.processes) {
    for (const auto& operation : operations) {
      ++tally[operation.outcome == checker::Outcome::committed ? "committed"
              : operation.outcome == checker::Outcome::aborted ? "aborted"
                                                               : "unknown"];
      if (!operation.group.empty()) ++tally["with offsets of a group"];
      for (const auto& action : operation.actions) {
        if (std::holds_alternative<checker::Sent>(action)) ++tally["records sent"];
        if (std::holds_alternative<checker::Polled>(action)) ++tally["records polled"];
      }
    }
  }
  return tally;
}

class TransactionRun {
 public:
  TransactionRun(std::uint64_t seed, const TransactionRunOptions& options)
      : options_(options),
        world_(seed, {.network = {.reset_one_in = options.chaos.resets ? 600U : 0U}}),
        broker_(world_.add_node("broker")),
        auditor_(world_.add_node("auditor")) {
    add_clients("bank", options.bank_clients, false);
    add_clients("copier", options.copy_clients, true);
    std::vector<SimNode*> nodes;
    for (auto& client : clients_) nodes.push_back(client->node);
    chaos_ = std::make_unique<Chaos>(world_, broker_, nodes, options.chaos,
                                     [this] { return status_.ready; });
  }

  TransactionRunResult run();

 private:
  // What runs on a node, one process after the other.
  struct Client {
    SimNode* node = nullptr;
    bool copies = false;
    std::string transactional_id;
    TransactionalProcess* process = nullptr;  // null: not there
  };

  void add_clients(const std::string& name, std::uint64_t most, bool copies);
  bool within_limit(const std::function<bool()>& done, const std::string& what);
  void tell(const std::string& what);
  bool start_broker();
  using Settings = std::map<std::string, std::string>;
  bool create_topic(const std::string& name, std::int32_t partitions, const Settings& settings);
  void start_client(Client& client);
  void crash_client(Client& client);
  void stir();
  bool work();
  bool finish_clients(bool copiers);
  bool audit();
  bool all_is_settled();
  bool settles();
  bool all_gets_copied();
  checker::Expectations expectations(bool complete) const;
  std::shared_ptr<Auditor> make_auditor(SimNode& node, IsolationLevel isolation);
  ProducerConfig producer_config(const Client& client);
  ConsumerConfig consumer_config(const SimNode& node);

  const TransactionRunOptions options_;
  Simulation world_;
  SimNode& broker_;
  SimNode& auditor_;
  std::vector<std::unique_ptr<Client>> clients_;
  BrokerStatus status_;
  std::unique_ptr<Chaos> chaos_;
  TransactionBook book_;
  Tally faults_;  // besides those of chaos
  std::string story_;
  std::vector<std::string> wrong_;
};

void TransactionRun::add_clients(const std::string& name, std::uint64_t most, bool copies) {
  if (most == 0) return;
  const auto count = 1 + world_.random().below(most);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto client = std::make_unique<Client>();
    client->node = &world_.add_node(name + std::to_string(i));
    client->copies = copies;
    const bool shares = options_.shared_ids && i > 0 && world_.random().one_in(4);
    client->transactional_id = name + std::to_string(shares ? i - 1 : i);
    clients_.push_back(std::move(client));
  }
}

bool TransactionRun::within_limit(const std::function<bool()>& done, const std::string& what) {
  bool is_done = false;
  world_.run_until([&] { return (is_done = done()) || status_.error || !book_.wrongs().empty(); },
                   kLimit);
  if (!is_done) wrong_.push_back(what + ": " + to_string(world_.scheduler().why_stopped()));
  return is_done;
}

void TransactionRun::tell(const std::string& what) {
  const auto at =
      std::chrono::duration_cast<std::chrono::milliseconds>(world_.now().time_since_epoch());
  story_ += std::to_string(at.count()) + " ms " + what + "; ";
}

bool TransactionRun::create_topic(const std::string& name, std::int32_t partitions,
                                  const Settings& settings) {
  std::optional<Result<void>> created;
  status_.broker->create_topic(name, partitions, {settings.begin(), settings.end()},
                               [&](Result<void> result) { created = std::move(result); });
  if (!within_limit([&] { return created.has_value(); }, name + " was not made")) return false;
  if (!*created) wrong_.push_back(name + " was not made: " + created->error().to_string());
  return created->has_value();
}

bool TransactionRun::start_broker() {
  broker::BrokerConfig config;
  config.auto_create_topics_enable = false;
  config.log_dirs = {"/data"};
  config.group_min_session_timeout_ms = 100;
  config.transaction_abort_timed_out_transaction_cleanup_interval_ms = 100;
  // Whatever forgets something for its age looks often; nothing is as old as that.
  config.transaction_remove_expired_transaction_cleanup_interval_ms = 100;
  config.offsets_retention_check_interval_ms = 100;
  config.log_retention_check_interval_ms = 100;
  config.log_cleaner_backoff_ms = 50;
  broker_.start(broker_application(std::move(config), status_));
  const Settings small{{"internal.segment.bytes", "8192"}, {"segment.ms", "3600000"}};
  auto compacted = small;
  compacted["cleanup.policy"] = "compact";
  compacted["min.cleanable.dirty.ratio"] = "0.1";
  return within_limit([this] { return status_.ready; }, "the broker did not start") &&
         create_topic(kAccounts, kPartitions, small) && create_topic(kCopies, kPartitions, small) &&
         create_topic("__consumer_offsets", 2, compacted) &&
         create_topic("__transaction_state", 2, compacted);
}

ProducerConfig TransactionRun::producer_config(const Client& client) {
  auto& random = world_.random();
  ProducerConfig config;
  config.bootstrap_servers = "broker:9092";
  config.transactional_id = client.transactional_id;
  config.transaction_timeout = std::chrono::milliseconds(300 + random.below(2000));
  config.linger = std::chrono::milliseconds(random.below(4));
  config.batch_size = 256U << random.below(5);
  config.max_in_flight_requests_per_connection = static_cast<std::int32_t>(1 + random.below(5));
  config.max_block = std::chrono::milliseconds(100 + random.below(3000));
  config.request_timeout = 300ms;
  config.delivery_timeout = 3s;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.socket_connection_setup_timeout = 300ms;
  config.log_sink = simulation_log_sink(world_, client.node->name());
  config.log_level = LogLevel::debug;
  return config;
}

ConsumerConfig TransactionRun::consumer_config(const SimNode& node) {
  auto& random = world_.random();
  ConsumerConfig config;
  config.bootstrap_servers = "broker:9092";
  config.isolation_level = options_.reads;
  config.auto_offset_reset = AutoOffsetReset::earliest;
  config.enable_auto_commit = false;
  config.max_poll_records = static_cast<std::int32_t>(1 + random.below(20));
  config.max_partition_fetch_bytes = static_cast<std::int32_t>(256 + random.below(8192));
  config.session_timeout = 400ms;
  config.heartbeat_interval = 50ms;
  config.max_poll_interval = 5s;
  config.fetch_max_wait = 50ms;
  config.request_timeout = 300ms;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.socket_connection_setup_timeout = 300ms;
  config.log_sink = simulation_log_sink(world_, node.name());
  config.log_level = LogLevel::debug;
  return config;
}

void TransactionRun::start_client(Client& client) {
  tell(client.node->name() + " starts as " + client.transactional_id);
  client.node->start([this, &client](SimNode& node) -> std::shared_ptr<void> {
    TransactionalProcess::Options options;
    options.config = producer_config(client);
    options.topic = client.copies ? kCopies : kAccounts;
    options.first_number = client.copies ? kPartitions : 0;
    options.on_dead = [this, &client] {
      world_.after(0ms, [this, &client, of = client.process] {
        if (client.process != of) return;
        tell(client.node->name() + " is fenced");
        ++faults_["fenced client"];
        crash_client(client);
      });
    };
    auto reads = consumer_config(node);
    if (!client.copies) {
      auto made = std::make_shared<BankClient>(node, options, reads, kPartitions, book_);
      client.process = made.get();
      return made;
    }
    reads.group_id = kGroup;
    auto made = std::make_shared<CopyClient>(node, options, reads, kAccounts, book_);
    client.process = made.get();
    return made;
  });
}

// It comes back later, if there is work left.
void TransactionRun::crash_client(Client& client) {
  client.process = nullptr;
  client.node->crash(Crash::process);
  const auto pause = std::chrono::milliseconds(1 + world_.random().below(500));
  world_.after(pause, [this, &client] {
    if (!client.node->running() && (client.copies || !chaos_->over())) start_client(client);
  });
}

void TransactionRun::stir() {
  if (chaos_->over()) return;
  auto& client = *clients_[world_.random().below(clients_.size())];
  if (client.process != nullptr && options_.client_crashes) {
    tell(client.node->name() + " is killed");
    ++faults_["killed client"];
    crash_client(client);
  }
  world_.after(std::chrono::milliseconds(50 + world_.random().below(600)), [this] { stir(); });
}

bool TransactionRun::finish_clients(bool copiers) {
  for (auto& client : clients_) {
    if (client->copies == copiers && client->process != nullptr) client->process->finish();
  }
  const bool fine = within_limit(
      [&] {
        return std::all_of(clients_.begin(), clients_.end(), [&](const auto& client) {
          return client->copies != copiers || client->process == nullptr ||
                 client->process->finished();
        });
      },
      copiers ? "a copier does not end" : "a client of the bank does not end");
  for (auto& client : clients_) {
    if (client->copies != copiers || client->process == nullptr) continue;
    client->process = nullptr;
    client->node->crash(Crash::process);
  }
  return fine;
}

// Starts an auditor, in the place of the one before.
std::shared_ptr<Auditor> TransactionRun::make_auditor(SimNode& node, IsolationLevel isolation) {
  auto config = consumer_config(node);
  config.isolation_level = isolation;
  config.max_poll_records = 500;
  config.log_level = LogLevel::off;
  const std::vector<Auditor::Topic> topics{{kAccounts, kPartitions, 0},
                                           {kCopies, kPartitions, kPartitions}};
  return std::make_shared<Auditor>(node, config, topics, book_);
}

// No transaction is open, and none is being ended: every partition is stable up to its end.
bool TransactionRun::all_is_settled() {
  struct Both {
    std::shared_ptr<Auditor> committed;
    std::shared_ptr<Auditor> written;
  };
  Both* both = nullptr;
  auditor_.start([&](SimNode& node) {
    auto made = std::make_shared<Both>(Both{make_auditor(node, IsolationLevel::read_committed),
                                            make_auditor(node, IsolationLevel::read_uncommitted)});
    made->committed->find_ends();
    made->written->find_ends();
    both = made.get();
    return made;
  });
  const bool told = within_limit(
      [&] { return !both->committed->ends().empty() && !both->written->ends().empty(); },
      "no ends are told");
  const bool settled = told && both->committed->ends() == both->written->ends();
  auditor_.crash(Crash::process);
  return settled;
}

bool TransactionRun::settles() {
  for (int i = 0; i < 200; ++i) {
    if (all_is_settled()) return true;
    if (!wrong_.empty()) return false;
    world_.run_for(500ms);
  }
  wrong_.push_back("a transaction stays open");
  return false;
}

checker::Expectations TransactionRun::expectations(bool complete) const {
  checker::Expectations expected{.complete = complete, .consumed = {}};
  for (std::int32_t i = 0; i < kPartitions && options_.copy_clients > 0; ++i) {
    expected.consumed[kGroup].insert(i);
  }
  return expected;
}

// Copiers go on until there is nothing left that none of them has taken.
bool TransactionRun::all_gets_copied() {
  std::vector<checker::Anomaly> found;
  for (int i = 0; i < 100; ++i) {
    world_.run_for(1s);
    found = checker::check(book_.history(), expectations(false));
    if (std::none_of(found.begin(), found.end(), [](const auto& anomaly) {
          return anomaly.kind == checker::AnomalyKind::unconsumed;
        })) {
      return true;
    }
  }
  wrong_.push_back("not everything is copied:\n" + checker::describe(found));
  return false;
}

bool TransactionRun::audit() {
  Auditor* auditor = nullptr;
  auditor_.start([&](SimNode& node) {
    auto made = make_auditor(node, IsolationLevel::read_committed);
    made->find_ends();
    auditor = made.get();
    return made;
  });
  if (!within_limit([&] { return !auditor->ends().empty(); }, "the ends are not told"))
    return false;
  auditor->read();
  return within_limit([&] { return auditor->at_end(); }, "the topics cannot be read to their ends");
}

bool TransactionRun::work() {
  for (auto& client : clients_) start_client(*client);
  stir();
  chaos_->start(options_.chaos_lasts);
  if (!within_limit([this] { return chaos_->over() && status_.ready; },
                    "the broker did not come back")) {
    return false;
  }
  world_.network().set_options({});
  // What the killed ones left open ends by its timeout.
  if (!finish_clients(false) || !settles()) return false;
  return all_gets_copied() && finish_clients(true) && settles();
}

TransactionRunResult TransactionRun::run() {
  TransactionRunResult result;
  if (start_broker() && work()) audit();
  if (status_.error) wrong_.push_back("the broker failed: " + status_.error->to_string());
  for (const auto& what : book_.wrongs()) wrong_.push_back(what);
  for (auto& client : clients_) {
    if (client->node->running()) client->node->crash(Crash::process);
  }
  if (auditor_.running()) auditor_.crash(Crash::process);
  const auto history = book_.history();
  result.operations = history.operations();
  result.outcomes = outcomes_in(history);
  const auto expected = wrong_.empty() ? expectations(true)
                                       : checker::Expectations{.complete = false, .consumed = {}};
  result.anomalies = checker::check(history, expected);
  if (!result.anomalies.empty()) wrong_.push_back(checker::describe(result.anomalies));
  result.wrong = wrong_;
  result.story = chaos_->story() + story_;
  result.faults = chaos_->faults();
  for (const auto& [kind, times] : faults_) result.faults[kind] += times;
  result.faults["broken connection"] += world_.network().connections_reset();
  return result;
}

}  // namespace

std::string TransactionRunResult::report() const {
  std::string text;
  for (const auto& each : wrong) text += each + "\n";
  return text + std::to_string(operations) + " operations; " + story;
}

TransactionRunResult run_transactions(std::uint64_t seed, const TransactionRunOptions& options) {
  return TransactionRun(seed, options).run();
}

}  // namespace ottla::simulation
