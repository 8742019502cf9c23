#include "tests/simulation/end_to_end/transaction_world.h"

#include <algorithm>
#include <utility>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr char kGroup[] = "copiers";
constexpr Duration kLimit = 300s;  // for what must end; virtual

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

}  // namespace

TransactionWorld::TransactionWorld(std::uint64_t seed, const TransactionWorldOptions& options)
    : options_(options),
      simulation_(seed, {.network = options.network}),
      broker_(simulation_.add_node("broker", options.broker)),
      auditor_(simulation_.add_node("auditor")) {
  if (!options_.first_kind) return;
  status_.on_ready = [](broker::Broker& made) { made.limit_versions(ApiKey::end_txn, 0, 4); };
}

TransactionWorld::Client& TransactionWorld::add_client(const std::string& name,
                                                       const std::string& transactional_id,
                                                       bool copies) {
  auto client = std::make_unique<Client>();
  client->node = &simulation_.add_node(name);
  client->copies = copies;
  client->transactional_id = transactional_id;
  clients_.push_back(std::move(client));
  return *clients_.back();
}

bool TransactionWorld::within_limit(const std::function<bool()>& done, const std::string& what) {
  bool is_done = false;
  simulation_.run_until(
      [&] {
        if (on_step_) on_step_();
        return (is_done = done()) || status_.error || !book_.wrongs().empty();
      },
      kLimit);
  if (!is_done) {
    wrong_.push_back(what + ": " + to_string(simulation_.scheduler().why_stopped()));
  }
  return is_done;
}

void TransactionWorld::run_for(Duration time) {
  const auto end = simulation_.now() + time;
  simulation_.run_until(
      [&] {
        if (on_step_) on_step_();
        return simulation_.now() >= end;
      },
      time);
}

void TransactionWorld::tell(const std::string& what) {
  const auto at =
      std::chrono::duration_cast<std::chrono::milliseconds>(simulation_.now().time_since_epoch());
  story_ += std::to_string(at.count()) + " ms " + what + "; ";
}

bool TransactionWorld::create_topic(const std::string& name, std::int32_t partitions,
                                    const Settings& settings) {
  std::optional<Result<void>> created;
  status_.broker->create_topic(name, partitions, {settings.begin(), settings.end()},
                               [&](Result<void> result) { created = std::move(result); });
  if (!within_limit([&] { return created.has_value(); }, name + " was not made")) return false;
  if (!*created) wrong_.push_back(name + " was not made: " + created->error().to_string());
  return created->has_value();
}

bool TransactionWorld::start_broker() {
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
  broker_.start(broker_application(std::move(config), status_, options_.advertised_as));
  const Settings small{{"internal.segment.bytes", "8192"}, {"segment.ms", "3600000"}};
  auto compacted = small;
  compacted["cleanup.policy"] = "compact";
  compacted["min.cleanable.dirty.ratio"] = "0.1";
  return within_limit([this] { return status_.ready; }, "the broker did not start") &&
         create_topic(kAccounts, kPartitions, small) && create_topic(kCopies, kPartitions, small) &&
         create_topic("__consumer_offsets", 2, compacted) &&
         create_topic("__transaction_state", 2, compacted);
}

std::string TransactionWorld::bootstrap() const {
  return (options_.advertised_as.empty() ? broker_.name() : options_.advertised_as) + ":9092";
}

ProducerConfig TransactionWorld::producer_config(const std::string& node,
                                                 const std::string& transactional_id) {
  auto& random = simulation_.random();
  ProducerConfig config;
  config.bootstrap_servers = bootstrap();
  config.transactional_id = transactional_id;
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
  config.log_sink = simulation_log_sink(simulation_, node);
  config.log_level = LogLevel::debug;
  if (options_.tune_producer) options_.tune_producer(config);
  return config;
}

ConsumerConfig TransactionWorld::consumer_config(const std::string& node) {
  auto& random = simulation_.random();
  ConsumerConfig config;
  config.bootstrap_servers = bootstrap();
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
  config.log_sink = simulation_log_sink(simulation_, node);
  config.log_level = LogLevel::debug;
  if (options_.tune_consumer) options_.tune_consumer(config);
  return config;
}

void TransactionWorld::start_client(Client& client) {
  if (ending_[client.copies ? 1 : 0]) return;
  tell(client.node->name() + " starts as " + client.transactional_id);
  client.node->start([this, &client](SimNode& node) -> std::shared_ptr<void> {
    TransactionalProcess::Options options;
    options.config = producer_config(client.node->name(), client.transactional_id);
    options.topic = client.copies ? kCopies : kAccounts;
    options.first_number = client.copies ? kPartitions : 0;
    options.on_dead = [this, &client] {
      simulation_.after(0ms, [this, &client, of = client.process] {
        if (client.process != of) return;
        tell(client.node->name() + " is fenced");
        count_fault("fenced client");
        crash_client(client);
      });
    };
    auto reads = consumer_config(node.name());
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
void TransactionWorld::crash_client(Client& client) {
  client.process = nullptr;
  client.node->crash(Crash::process);
  const auto pause = std::chrono::milliseconds(1 + simulation_.random().below(500));
  simulation_.after(pause, [this, &client] {
    if (!client.node->running()) start_client(client);
  });
}

bool TransactionWorld::finish_clients(bool copiers) {
  start_no_more(copiers);
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
std::shared_ptr<Auditor> TransactionWorld::make_auditor(SimNode& node, IsolationLevel isolation) {
  auto config = consumer_config(node.name());
  config.isolation_level = isolation;
  config.max_poll_records = 500;
  config.log_level = LogLevel::off;
  const std::vector<Auditor::Topic> topics{{kAccounts, kPartitions, 0},
                                           {kCopies, kPartitions, kPartitions}};
  return std::make_shared<Auditor>(node, config, topics, book_);
}

// No transaction is open, and none is being ended: every partition is stable up to its end.
bool TransactionWorld::all_is_settled() {
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

bool TransactionWorld::settles() {
  for (int i = 0; i < 200; ++i) {
    if (all_is_settled()) return true;
    if (!wrong_.empty()) return false;
    run_for(500ms);
  }
  wrong_.push_back("a transaction stays open");
  return false;
}

checker::Expectations TransactionWorld::expectations(bool complete) const {
  checker::Expectations expected{.complete = complete, .consumed = {}};
  const bool copied = std::any_of(clients_.begin(), clients_.end(),
                                  [](const auto& client) { return client->copies; });
  for (std::int32_t i = 0; i < kPartitions && copied; ++i) expected.consumed[kGroup].insert(i);
  return expected;
}

// Copiers go on until there is nothing left that none of them has taken.
bool TransactionWorld::all_gets_copied() {
  std::vector<checker::Anomaly> found;
  for (int i = 0; i < 100; ++i) {
    run_for(1s);
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

bool TransactionWorld::read_all() {
  Auditor* auditor = nullptr;
  auditor_.start([&](SimNode& node) {
    auto made = make_auditor(node, IsolationLevel::read_committed);
    made->find_ends();
    auditor = made.get();
    return made;
  });
  const bool told = within_limit([&] { return !auditor->ends().empty(); }, "the ends are not told");
  if (told) auditor->read();
  const bool read = told && within_limit([&] { return auditor->at_end(); },
                                         "the topics cannot be read to their ends");
  auditor_.crash(Crash::process);
  return read;
}

TransactionRunResult TransactionWorld::judge() {
  if (wrong_.empty()) read_all();
  if (status_.error) wrong_.push_back("the broker failed: " + status_.error->to_string());
  for (const auto& what : book_.wrongs()) wrong_.push_back(what);
  for (auto& client : clients_) {
    if (client->node->running()) client->node->crash(Crash::process);
  }
  if (auditor_.running()) auditor_.crash(Crash::process);
  TransactionRunResult result;
  const auto history = book_.history();
  result.operations = history.operations();
  result.outcomes = outcomes_in(history);
  result.anomalies = checker::check(history, expectations(wrong_.empty()));
  if (!result.anomalies.empty()) wrong_.push_back(checker::describe(result.anomalies));
  result.wrong = wrong_;
  result.story = story_;
  result.faults = faults_;
  result.faults["broken connection"] += simulation_.network().connections_reset();
  return result;
}

std::string TransactionRunResult::report() const {
  std::string text;
  for (const auto& each : wrong) text += each + "\n";
  return text + std::to_string(operations) + " operations; " + story;
}

}  // namespace ottla::simulation
