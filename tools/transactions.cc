#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/hanging_transactions.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

constexpr const char* kName = "transactions";

// One partition, as several actions want it.
struct PartitionFlags {
  std::string topic;
  std::int32_t partition = -1;

  void add_to(CLI::App& app) {
    app.add_option("--topic", topic, "its name")->required();
    app.add_option("--partition", partition, "its number")->required();
  }
  TopicPartition id() const { return {topic, partition}; }
};

struct Flags {
  ClusterFlags cluster;
  OutputFormat output = OutputFormat::table;
  std::optional<std::int64_t> duration_filter;
  std::string transactional_id_pattern;
  std::string transactional_id;
  PartitionFlags partition;
  std::optional<std::int32_t> broker_id;
  std::optional<std::int64_t> start_offset;
  std::optional<std::int64_t> producer_id;
  std::optional<std::int16_t> producer_epoch;
  std::optional<std::int32_t> coordinator_epoch;
  std::optional<std::string> topic_to_search;
  std::optional<std::int32_t> partition_to_search;
  std::int32_t max_transaction_timeout = 15;
};

std::int64_t to_ms(Timestamp time) {
  return time.time_since_epoch().count();
}

std::int64_t now_ms() {
  return to_ms(
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
}

int list(Admin& admin, const Flags& flags) {
  ListTransactionsOptions options;
  options.transactional_id_pattern = flags.transactional_id_pattern;
  if (flags.duration_filter.value_or(-1) >= 0) {
    options.running_longer_than = std::chrono::milliseconds(*flags.duration_filter);
  }
  const auto listed = admin.list_transactions(options).get();
  if (!listed) return fail(kName, listed.error());
  int code = kSuccess;
  std::vector<Row> rows;
  for (const auto& [broker, listings] : *listed) {
    if (!listings) {
      code = fail(kName, listings.error());
      continue;
    }
    for (const auto& each : *listings) {
      rows.push_back({each.transactional_id, broker, each.producer_id, to_string(each.state)});
    }
  }
  print_table(std::cout, flags.output,
              {{"TransactionalId", "transactionalId"},
               {"Coordinator", "coordinator"},
               {"ProducerId", "producerId"},
               {"TransactionState", "transactionState"}},
              rows);
  return code;
}

Cell partitions_cell(const std::vector<TopicPartition>& partitions) {
  json::array array;
  std::string text;
  for (const auto& partition : partitions) {
    array.push_back({{"topic", partition.topic}, {"partition", partition.partition}});
    text += (text.empty() ? "" : ",") + to_string(partition);
  }
  return {std::move(array), std::move(text)};
}

int describe(Admin& admin, const Flags& flags) {
  const auto& id = flags.transactional_id;
  const auto described = admin.describe_transactions({id}).get();
  if (!described) return fail(kName, described.error());
  const auto& found = described->at(id);
  if (!found) return fail(kName, found.error());
  std::optional<std::int64_t> started;
  std::optional<std::int64_t> duration;
  if (found->started) {
    started = to_ms(*found->started);
    duration = now_ms() - *started;
  }
  print_table(std::cout, flags.output,
              {{"CoordinatorId", "coordinatorId"},
               {"TransactionalId", "transactionalId"},
               {"ProducerId", "producerId"},
               {"ProducerEpoch", "producerEpoch"},
               {"TransactionState", "transactionState"},
               {"TransactionTimeoutMs", "transactionTimeoutMs"},
               {"CurrentTransactionStartTimeMs", "currentTransactionStartTimeMs"},
               {"TransactionDurationMs", "transactionDurationMs"},
               {"TopicPartitions", "topicPartitions"}},
              {{found->coordinator, id, found->producer_id, found->producer_epoch,
                to_string(found->state), found->timeout.count(), Cell(started, "None"),
                Cell(duration, "None"), partitions_cell(found->partitions)}});
  return kSuccess;
}

// The producers of the partition. Errors: those of describe_producers.
Result<std::vector<ProducerState>> producers_of(Admin& admin, const Flags& flags) {
  const auto partition = flags.partition.id();
  auto described =
      admin.describe_producers({partition}, {.timeout = {}, .broker = flags.broker_id}).get();
  if (!described) return described.error();
  return described->at(partition);
}

int describe_producers(Admin& admin, const Flags& flags) {
  const auto producers = producers_of(admin, flags);
  if (!producers) return fail(kName, producers.error());
  std::vector<Row> rows;
  for (const auto& each : *producers) {
    rows.push_back({each.producer_id, each.producer_epoch, Cell(each.coordinator_epoch, "-1"),
                    each.last_sequence, to_ms(each.last_timestamp),
                    Cell(each.current_transaction_start_offset, "None")});
  }
  print_table(std::cout, flags.output,
              {{"ProducerId", "producerId"},
               {"ProducerEpoch", "producerEpoch"},
               {"LatestCoordinatorEpoch", "latestCoordinatorEpoch"},
               {"LastSequence", "lastSequence"},
               {"LastTimestamp", "lastTimestamp"},
               {"CurrentTransactionStartOffset", "currentTransactionStartOffset"}},
              rows);
  return kSuccess;
}

int print_hanging(Admin& admin, const Flags& flags) {
  if (!flags.topic_to_search && !flags.broker_id) {
    return fail(kName, "find-hanging needs --topic or --broker-id, so as not to search everything");
  }
  if (flags.partition_to_search && !flags.topic_to_search) {
    return fail(kName, "--partition is one of a --topic");
  }
  const auto found =
      find_hanging(admin, {.broker = flags.broker_id,
                           .topic = flags.topic_to_search,
                           .partition = flags.partition_to_search,
                           .longest_timeout = std::chrono::minutes(flags.max_transaction_timeout)});
  if (!found) return fail(kName, found.error());
  std::vector<Row> rows;
  for (const auto& [partition, producer] : *found) {
    const auto last = to_ms(producer.last_timestamp);
    rows.push_back({partition.topic, partition.partition, producer.producer_id,
                    producer.producer_epoch, Cell(producer.coordinator_epoch, "-1"),
                    Cell(producer.current_transaction_start_offset, "-1"), last,
                    (now_ms() - std::max<std::int64_t>(last, 0)) / 60'000});
  }
  print_table(std::cout, flags.output,
              {{"Topic", "topic"},
               {"Partition", "partition"},
               {"ProducerId", "producerId"},
               {"ProducerEpoch", "producerEpoch"},
               {"CoordinatorEpoch", "coordinatorEpoch"},
               {"StartOffset", "startOffset"},
               {"LastTimestamp", "lastTimestamp"},
               {"Duration(min)", "durationMinutes"}},
              rows);
  return kSuccess;
}

// Which transaction the flags mean: the partition is asked if they say only where it begins.
Result<AbortTransactionSpec> transaction_to_abort(Admin& admin, const Flags& flags) {
  const auto partition = flags.partition.id();
  if (!flags.start_offset) {
    if (!flags.producer_id || !flags.producer_epoch || !flags.coordinator_epoch) {
      return Error(ErrorCode::invalid_argument,
                   "abort needs --start-offset, or --producer-id, --producer-epoch and "
                   "--coordinator-epoch (all that brokers older than 3.0 understand)");
    }
    return AbortTransactionSpec{partition, *flags.producer_id, *flags.producer_epoch,
                                std::max(*flags.coordinator_epoch, 0)};
  }
  const auto producers = producers_of(admin, flags);
  if (!producers) return producers.error();
  for (const auto& each : *producers) {
    if (each.current_transaction_start_offset != flags.start_offset) continue;
    return AbortTransactionSpec{partition, each.producer_id,
                                static_cast<std::int16_t>(each.producer_epoch),
                                each.coordinator_epoch.value_or(0)};
  }
  return Error(ErrorCode::not_found, "no transaction that begins at offset " +
                                         std::to_string(*flags.start_offset) + " is open in " +
                                         to_string(partition));
}

int abort(Admin& admin, const Flags& flags) {
  auto spec = transaction_to_abort(admin, flags);
  if (!spec) return fail(kName, spec.error());
  const auto aborted = admin.abort_transaction(std::move(*spec)).get();
  return aborted ? kSuccess : fail(kName, aborted.error());
}

int force_terminate(Admin& admin, const Flags& flags) {
  const auto ended = admin.force_terminate_transaction(flags.transactional_id).get();
  return ended ? kSuccess : fail(kName, ended.error());
}

using Action = int (*)(Admin&, const Flags&);

// The actions and their flags, which are those of Kafka's script.
std::map<CLI::App*, Action> add_actions(CLI::App& app, Flags& flags) {
  std::map<CLI::App*, Action> actions;
  const auto add = [&](const char* name, const char* sentence, Action run) {
    auto* action = app.add_subcommand(name, sentence);
    actions[action] = run;
    return action;
  };
  auto* action = add("list", "print the transactional ids that the brokers know", list);
  action->add_option("--duration-filter", flags.duration_filter,
                     "only transactions open for longer than this many milliseconds");
  action->add_option("--transactional-id-pattern", flags.transactional_id_pattern,
                     "only ids that this regular expression matches");

  action = add("describe", "print where a transactional id stands", describe);
  action->add_option("--transactional-id", flags.transactional_id, "which")->required();

  action = add("describe-producers", "print who writes to a partition", describe_producers);
  flags.partition.add_to(*action);
  action->add_option("--broker-id", flags.broker_id, "ask this broker, not the leader");

  action = add("find-hanging", "print open transactions that nobody will end", print_hanging);
  action->add_option("--broker-id", flags.broker_id, "only partitions that this broker has");
  action->add_option("--topic", flags.topic_to_search, "only partitions of this topic");
  action->add_option("--partition", flags.partition_to_search, "only this one of the topic");
  action->add_option("--max-transaction-timeout", flags.max_transaction_timeout,
                     "minutes; what is younger is not looked at (default: 15)");

  action = add("abort", "end a hanging transaction in a partition", abort);
  flags.partition.add_to(*action);
  action->add_option("--start-offset", flags.start_offset, "where the transaction begins");
  action->add_option("--producer-id", flags.producer_id, "whose it is, for old brokers");
  action->add_option("--producer-epoch", flags.producer_epoch, "for old brokers");
  action->add_option("--coordinator-epoch", flags.coordinator_epoch, "for old brokers");

  action = add("force-terminate", "abort what a transactional id has open, and fence its producer",
               force_terminate);
  action->alias("forceTerminateTransaction");
  action->add_option("--transactional-id,--transactionalId", flags.transactional_id, "which")
      ->required();
  return actions;
}

}  // namespace

int run_transactions(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Looks at transactions, and ends those that hang.", "ottla transactions");
  flags.cluster.add_to(app);
  add_output_flag(app, flags.output);
  app.fallthrough();
  app.require_subcommand(1);
  const auto actions = add_actions(app, flags);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  return actions.at(app.get_subcommands().front())(*admin, flags);
}

}  // namespace ottla::tools
