#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/producer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/system_test.h"

// Copies a partition in transactions and tells how far it is, as Kafka's
// TransactionalMessageCopier.
namespace ottla::tools {
namespace {

constexpr const char* kName = "transactional-message-copier";

struct Flags {
  ClusterFlags cluster;
  std::string input_topic;
  int input_partition = 0;
  std::string output_topic;
  std::int64_t max_messages = -1;
  std::string group;
  int transaction_size = 200;
  std::int64_t transaction_timeout_ms = 60'000;
  std::string transactional_id;
  bool random_aborts = false;
  bool group_mode = false;
  bool use_group_metadata = false;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--input-topic", input_topic, "what is copied")->required();
    app.add_option("--input-partition", input_partition, "the partition, without --group-mode");
    app.add_option("--output-topic", output_topic, "where to")->required();
    app.add_option("--max-messages", max_messages, "so many; -1: up to the end there is");
    app.add_option("--consumer-group", group, "whose offsets are committed")->required();
    app.add_option("--transaction-size", transaction_size, "records in a transaction");
    app.add_option("--transaction-timeout", transaction_timeout_ms, "in milliseconds");
    app.add_option("--transactional-id", transactional_id, "of the producer")->required();
    app.add_flag("--enable-random-aborts", random_aborts, "abort every third transaction or so");
    app.add_flag("--group-mode", group_mode, "share the topic as a member of the group");
    app.add_flag("--use-group-metadata", use_group_metadata,
                 "commit as a member (KIP-447); always so in --group-mode");
  }
};

class Copier {
 public:
  Copier(Producer& producer, Consumer& consumer, const Flags& flags)
      : producer_(producer), consumer_(consumer), flags_(flags) {}

  Result<void> run() {
    if (auto ready = known([this] { return producer_.init_transactions(); }); !ready) return ready;
    if (auto begun = assign(); !begun) return begun;
    const auto& stop = stop_requested();
    while (!stop.load()) {
      const auto left = remaining();
      if (!left) return left.error();
      tell_state("progress", *left, "ProcessLoop");
      if (*left <= 0) break;
      if (auto copied = copy_some(); !copied) return copied;
    }
    return {};
  }

  void tell_state(const char* kind, std::int64_t left, const char* stage) const {
    tell("", {{kind, flags_.transactional_id},
              {"totalProcessed", processed_},
              {"consumed", processed_},
              {"remaining", left},
              {"stage", stage}});
  }
  std::int64_t last_remaining() const { return last_remaining_; }

 private:
  template <class Call>
  static Result<void> known(Call call) {
    for (;;) {
      auto outcome = call().get();
      if (outcome || outcome.error().code() != ErrorCode::timed_out) return outcome;
    }
  }

  Result<void> assign() {
    if (flags_.group_mode) return consumer_.subscribe({flags_.input_topic});
    return consumer_.assign({{flags_.input_topic, flags_.input_partition}});
  }

  // How many records there are to be copied still.
  Result<std::int64_t> remaining() {
    const auto assigned = consumer_.assignment();
    const auto ends = consumer_.end_offsets(assigned).get();
    if (!ends) return ends.error();
    const auto committed = consumer_.committed(assigned).get();
    if (!committed) return committed.error();
    std::int64_t left = assigned.empty() ? 1 : 0;
    for (const auto& [partition, end] : *ends) {
      const auto at = committed->find(partition);
      left += std::max<std::int64_t>(0, end - (at == committed->end() ? 0 : at->second.offset));
    }
    if (flags_.max_messages >= 0) left = std::min(left, flags_.max_messages - processed_);
    last_remaining_ = left;
    return left;
  }

  // One transaction.
  Result<void> copy_some() {
    const auto batch = consumer_.poll(std::chrono::milliseconds(200));
    if (!batch) return batch.error();
    if (batch->empty()) return {};
    if (auto begun = producer_.begin_transaction(); !begun) return begun;
    CommittedOffsets offsets;
    for (const auto& part : batch->parts()) offsets[part.partition].offset = part.next_offset;
    for (const auto& record : *batch) {
      producer_
          .send({.topic = flags_.output_topic,
                 .key = record.key(),
                 .value = record.value(),
                 .partition = record.partition()})
          .forget();
    }
    ConsumerGroupMetadata group{.group_id = flags_.group};
    if (flags_.group_mode || flags_.use_group_metadata) group = consumer_.group_metadata();
    auto sent = producer_.send_offsets_to_transaction(std::move(offsets), std::move(group));
    if (flags_.random_aborts && random_() % 3 == 0) {
      // What never left would show nothing to who reads.
      (void)sent.get();
      (void)producer_.flush().get();
      return abort();
    }
    sent.forget();
    auto committed = known([this] { return producer_.commit_transaction(); });
    if (committed) processed_ += static_cast<std::int64_t>(batch->size());
    if (committed || committed.error().fatal()) return committed;
    return abort();
  }

  // And back to what the group has committed.
  Result<void> abort() {
    if (auto done = known([this] { return producer_.abort_transaction(); }); !done) return done;
    const auto assigned = consumer_.assignment();
    const auto committed = consumer_.committed(assigned).get();
    if (!committed) return committed.error();
    for (const auto& partition : assigned) {
      const auto at = committed->find(partition);
      const auto sought = at == committed->end() ? consumer_.seek_to_beginning({partition})
                                                 : consumer_.seek(partition, at->second.offset);
      if (!sought) return sought;
    }
    return {};
  }

  Producer& producer_;
  Consumer& consumer_;
  const Flags& flags_;
  std::mt19937 random_{std::random_device()()};
  std::int64_t processed_ = 0;
  std::int64_t last_remaining_ = 0;
};

Result<Producer> open_producer(const Flags& flags) {
  const auto properties =
      client_properties(flags.cluster.bootstrap_server, flags.cluster.command_config,
                        {"transactional.id=" + flags.transactional_id,
                         "transaction.timeout.ms=" + std::to_string(flags.transaction_timeout_ms)});
  if (!properties) return properties.error();
  auto config = ProducerConfig::from_properties(*properties);
  if (!config) return config.error();
  return Producer::open(std::move(*config));
}

// After each transaction it asks for ends, which come behind a fetch that waits for more, and for
// what the group has committed, which is certain only behind the markers.
Result<Consumer> open_consumer(const Flags& flags) {
  const auto properties = client_properties(
      flags.cluster.bootstrap_server, flags.cluster.command_config,
      {"group.id=" + flags.group, "isolation.level=read_committed",
       "max.poll.records=" + std::to_string(flags.transaction_size), "enable.auto.commit=false",
       "auto.offset.reset=earliest", "session.timeout.ms=10000", "heartbeat.interval.ms=3000",
       "fetch.max.wait.ms=10", "retry.backoff.ms=10"});
  if (!properties) return properties.error();
  auto config = ConsumerConfig::from_properties(*properties);
  if (!config) return config.error();
  return Consumer::open(std::move(*config));
}

}  // namespace

int run_message_copier(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Copies a topic in transactions and tells of it as lines of JSON.",
               "ottla transactional-message-copier");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto producer = open_producer(flags);
  if (!producer) return fail(kName, producer.error());
  auto consumer = open_consumer(flags);
  if (!consumer) return fail(kName, consumer.error());
  Copier copier(*producer, *consumer, flags);
  const auto copied = copier.run();
  // The consumer first: with the group it must not hold up who takes its partitions.
  (void)consumer->close();
  (void)producer->close();
  copier.tell_state("shutdown_complete", copier.last_remaining(), "ShutdownComplete");
  return copied ? kSuccess : fail(kName, copied.error());
}

}  // namespace ottla::tools
