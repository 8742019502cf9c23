#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/producer.h"
#include "tools/command.h"
#include "tools/flags.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "end-to-end-latency";
constexpr std::chrono::seconds kPatience(60);
using Clock = std::chrono::steady_clock;

struct Flags {
  ClusterFlags cluster;
  std::string topic;
  std::size_t num_records = 0;
  std::string acks = "1";
  std::size_t record_size = 0;
  std::size_t record_key_size = 0;
  std::size_t num_headers = 0;
  std::size_t record_header_key_size = 0;
  std::int64_t record_header_size = 0;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--topic", topic, "is made, with one partition, if it is not there")->required();
    app.add_option("--num-records", num_records, "how many are sent, one after the other")
        ->required()
        ->check(CLI::PositiveNumber);
    app.add_option("--producer-acks", acks, "1 or all")
        ->required()
        ->check(CLI::IsMember({"1", "all"}));
    app.add_option("--record-size", record_size, "bytes of a value")->required();
    app.add_option("--record-key-size", record_key_size, "bytes of a key; 0, the default: none");
    app.add_option("--num-headers", num_headers, "headers of a record; default 0");
    app.add_option("--record-header-key-size", record_header_key_size, "bytes of a header's key");
    app.add_option("--record-header-size", record_header_size,
                   "bytes of a header's value; -1: null")
        ->check(CLI::Range(std::int64_t{-1}, std::int64_t{1} << 30));
  }

  Result<Properties> properties(const Properties& wanted) const {
    auto all = client_properties(cluster.bootstrap_server, cluster.command_config, {});
    if (!all) return all.error();
    for (const auto& [key, value] : wanted) (*all)[key] = value;
    return all;
  }
};

// One record and another: letters, so that each is told from the one before.
class Letters {
 public:
  std::string next(std::size_t size) {
    return std::string(size, static_cast<char>('A' + random_() % 26));
  }

 private:
  std::minstd_rand random_;
};

struct Sent {
  std::optional<std::string> key;
  std::string value;
  Headers headers;

  ProducerRecord record(const std::string& topic) const {
    return {.topic = topic,
            .key = key ? BytesView(*key) : BytesView(),
            .value = value,
            .headers = headers};
  }
  bool equals(const RecordView& read) const {
    return key.has_value() == read.has_key() && read.key() == key.value_or("") &&
           read.value() == value && read.headers().encoded() == headers.view().encoded();
  }
};

Sent make_record(const Flags& flags, Letters& letters) {
  Sent sent;
  if (flags.record_key_size > 0) sent.key = letters.next(flags.record_key_size);
  sent.value = letters.next(flags.record_size);
  for (std::size_t i = 0; i < flags.num_headers; ++i) {
    const auto key = letters.next(flags.record_header_key_size);
    if (flags.record_header_size < 0) {
      sent.headers.add(key, BytesView());
    } else {
      sent.headers.add(key, letters.next(static_cast<std::size_t>(flags.record_header_size)));
    }
  }
  return sent;
}

// What was sent must come back, and nothing else.
Result<void> check(const Sent& sent, const ConsumerRecords& read) {
  if (read.empty()) {
    return Error(ErrorCode::timed_out,
                 "the record did not come back in " + std::to_string(kPatience.count()) + " s");
  }
  if (read.size() > 1) {
    return Error(ErrorCode::unknown_server_error,
                 "somebody else writes to the topic: " + std::to_string(read.size()) +
                     " records came where one was sent");
  }
  if (sent.equals(read[0])) return {};
  return Error(ErrorCode::unknown_server_error, "what came back is not what was sent");
}

Result<std::vector<Clock::duration>> measure(Producer& producer, Consumer& consumer,
                                             const Flags& flags) {
  std::vector<Clock::duration> latencies;
  latencies.reserve(flags.num_records);
  Letters letters;
  for (std::size_t i = 0; i < flags.num_records; ++i) {
    const auto sent = make_record(flags, letters);
    const auto record = sent.record(flags.topic);
    const auto began = Clock::now();
    const auto stored = producer.send(record).get();
    if (!stored) return stored.error();
    const auto read = consumer.poll(kPatience);
    const auto took = Clock::now() - began;
    if (!read) return read.error();
    if (const auto checked = check(sent, *read); !checked) return checked.error();
    latencies.push_back(took);
    if (i % 1000 == 0) {
      std::printf("%zu\t%.6f\n", i, std::chrono::duration<double, std::milli>(took).count());
      std::fflush(stdout);
    }
  }
  return latencies;
}

void print(std::vector<Clock::duration> latencies) {
  Clock::duration sum{};
  for (const auto each : latencies) sum += each;
  std::sort(latencies.begin(), latencies.end());
  const auto micros = [&](double part) {
    const auto index = static_cast<std::size_t>(static_cast<double>(latencies.size()) * part);
    const auto at = latencies[std::min(index, latencies.size() - 1)];
    return static_cast<long long>(std::chrono::floor<std::chrono::microseconds>(at).count());
  };
  const auto p50 = micros(0.5);
  const auto p99 = micros(0.99);
  const auto p999 = micros(0.999);
  const auto average = std::chrono::duration<double, std::milli>(sum).count() /
                       static_cast<double>(latencies.size());
  std::printf("Avg latency: %.4f ms\n", average);
  std::printf("Percentiles: 50th = %lld, 99th = %lld, 99.9th = %lld\n", p50 / 1000, p99 / 1000,
              p999 / 1000);
  std::printf("In microseconds: 50th = %lld, 99th = %lld, 99.9th = %lld\n", p50, p99, p999);
}

Result<void> make_topic(const Flags& flags) {
  auto admin = open_admin(flags.cluster);
  if (!admin) return admin.error();
  const auto described = admin->describe_topics({flags.topic}).get();
  if (!described) return described.error();
  const auto& found = described->at(flags.topic);
  if (found) return {};
  if (found.error().code() != ErrorCode::unknown_topic_or_partition) return found.error();
  std::printf(
      "Topic \"%s\" does not exist. Will create topic with 1 partition(s) and replication factor = "
      "1\n",
      flags.topic.c_str());
  std::vector<NewTopic> topics;
  topics.push_back({.name = flags.topic, .partitions = 1, .replication_factor = 1});
  const auto made = admin->create_topics(std::move(topics)).get();
  if (!made) return made.error();
  const auto& outcome = made->at(flags.topic);
  return outcome ? Result<void>(*outcome) : Result<void>();
}

// Reads what is written from now on.
Result<Consumer> open_consumer(const Flags& flags) {
  const auto properties =
      flags.properties({{"enable.auto.commit", "false"}, {"auto.offset.reset", "latest"}});
  if (!properties) return properties.error();
  auto config = ConsumerConfig::from_properties(*properties);
  if (!config) return config.error();
  auto consumer = Consumer::open(std::move(*config));
  if (!consumer) return consumer;
  const auto known = consumer->partitions_for(flags.topic).get();
  if (!known) return known.error();
  std::vector<TopicPartition> partitions;
  for (const auto& info : *known) partitions.push_back({flags.topic, info.partition});
  if (const auto assigned = consumer->assign(partitions); !assigned) return assigned.error();
  if (const auto sought = consumer->seek_to_end(); !sought) return sought.error();
  for (const auto& partition : partitions) {
    const auto position = consumer->position(partition).get();
    if (!position) return position.error();
  }
  return consumer;
}

Result<Producer> open_producer(const Flags& flags) {
  const auto properties = flags.properties({{"linger.ms", "0"}, {"acks", flags.acks}});
  if (!properties) return properties.error();
  auto config = ProducerConfig::from_properties(*properties);
  if (!config) return config.error();
  return Producer::open(std::move(*config));
}

}  // namespace

int run_end_to_end_latency(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Sends records one by one and measures the time until each has been read.",
               "ottla end-to-end-latency");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  if (const auto made = make_topic(flags); !made) return fail(kName, made.error());
  auto producer = open_producer(flags);
  if (!producer) return fail(kName, producer.error());
  if (const auto warm = producer->warm_up(flags.topic).get(); !warm) {
    return fail(kName, warm.error());
  }
  auto consumer = open_consumer(flags);
  if (!consumer) return fail(kName, consumer.error());
  auto latencies = measure(*producer, *consumer, flags);
  if (!latencies) return fail(kName, latencies.error());
  print(std::move(*latencies));
  return kSuccess;
}

}  // namespace ottla::tools
