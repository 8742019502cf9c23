#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ottla/producer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/pacer.h"
#include "tools/system_test.h"

// Writes numbers to a topic and tells of each what became of it, as Kafka's VerifiableProducer.
namespace ottla::tools {
namespace {

using std::chrono::steady_clock;

constexpr const char* kName = "verifiable-producer";

struct Flags {
  ClusterFlags cluster;
  std::string topic;
  std::int64_t max_messages = -1;
  double throughput = -1;
  std::string acks = "-1";
  std::string producer_config;
  std::optional<std::int64_t> create_time;
  std::optional<int> value_prefix;
  std::optional<int> repeating_keys;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--topic", topic, "where the numbers go")->required();
    app.add_option("--max-messages", max_messages, "so many; -1: until it is stopped");
    app.add_option("--throughput", throughput, "records a second; -1: as many as can be");
    app.add_option("--acks", acks, "-1 (all), 1 or 0");
    app.add_option("--producer.config", producer_config, "a properties file for the producer");
    app.add_option("--message-create-time", create_time, "the first timestamp, in milliseconds");
    app.add_option("--value-prefix", value_prefix, "values are PREFIX.NUMBER");
    app.add_option("--repeating-keys", repeating_keys, "keys from 0 up to this, again and again");
  }
};

class Run {
 public:
  Run(Producer& producer, const Flags& flags) : producer_(producer), flags_(flags) {}

  void send_all() {
    const auto& stop = stop_requested();
    Pacer pacer(flags_.throughput);
    const auto most = flags_.max_messages < 0 ? INT64_MAX : flags_.max_messages;
    for (std::int64_t number = 0; number < most && !stop.load(); ++number) {
      (void)pacer.next();
      send(number);
    }
  }

  void tell_totals() const {
    const std::chrono::duration<double> took = steady_clock::now() - began_;
    tell("tool_data", {{"sent", sent_},
                       {"acked", acked_.load()},
                       {"target_throughput", flags_.throughput},
                       {"avg_throughput", static_cast<double>(acked_.load()) / took.count()}});
  }

 private:
  void send(std::int64_t number) {
    auto value = std::to_string(number);
    if (flags_.value_prefix) value = std::to_string(*flags_.value_prefix) + "." + value;
    std::optional<std::string> key;
    if (flags_.repeating_keys) key = std::to_string(number % *flags_.repeating_keys);
    ProducerRecord record{.topic = flags_.topic, .value = value};
    if (key) record.key = *key;
    if (flags_.create_time) {
      const auto since =
          std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began_);
      record.timestamp = Timestamp(std::chrono::milliseconds(*flags_.create_time) + since);
    }
    ++sent_;
    producer_.send(record, [this, key, value](const Result<RecordMetadata>& outcome) {
      boost::json::object data{{"topic", flags_.topic}, {"value", value}};
      data["key"] = key ? boost::json::value(*key) : boost::json::value(nullptr);
      if (!outcome) {
        data["exception"] = describe(outcome.error().code()).name;
        data["message"] = outcome.error().to_string();
        return tell("producer_send_error", std::move(data));
      }
      acked_.fetch_add(1);
      data["partition"] = outcome->partition();
      data["offset"] = outcome->offset();
      tell("producer_send_success", std::move(data));
    });
  }

  Producer& producer_;
  const Flags& flags_;
  const steady_clock::time_point began_ = steady_clock::now();
  std::int64_t sent_ = 0;
  std::atomic<std::int64_t> acked_{0};
};

}  // namespace

int run_verifiable_producer(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Sends numbers and tells of each as a line of JSON.", "ottla verifiable-producer");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto& file =
      flags.producer_config.empty() ? flags.cluster.command_config : flags.producer_config;
  // As in Kafka's tool a lost record is to be seen, so it is not tried again.
  const auto properties =
      client_properties(flags.cluster.bootstrap_server, file, {"acks=" + flags.acks, "retries=0"});
  if (!properties) return fail(kName, properties.error());
  auto config = ProducerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  auto producer = Producer::open(std::move(*config));
  if (!producer) return fail(kName, producer.error());
  tell("startup_complete");
  Run run(*producer, flags);
  run.send_all();
  // Records that failed were told.
  (void)producer->close();
  tell("shutdown_complete");
  run.tell_totals();
  return kSuccess;
}

}  // namespace ottla::tools
