#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "tools/command.h"
#include "tools/date_format.h"
#include "tools/flags.h"
#include "tools/measuring.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "consumer-perf-test";
constexpr std::chrono::milliseconds kPoll(100);

using Time = DateFormat::Time;

struct Flags {
  std::string bootstrap_server;
  std::optional<std::string> topic;
  std::optional<std::string> include;
  std::uint64_t num_records = 0;
  std::string group = "perf-consumer-" + std::to_string(std::random_device{}() % 100'000);
  std::optional<std::int32_t> fetch_size;
  std::optional<std::int32_t> socket_buffer_size;
  bool from_latest = false;
  std::vector<std::string> properties;
  std::string config_file;
  std::int64_t timeout_ms = 10'000;
  std::int64_t reporting_interval_ms = 5000;
  std::string date_format = "yyyy-MM-dd HH:mm:ss:SSS";
  bool show_detailed_stats = false;
  bool hide_header = false;
  bool print_metrics = false;

  void add_to(CLI::App& app) {
    app.add_option("--bootstrap-server", bootstrap_server,
                   "host:port of a broker, several with commas")
        ->required();
    auto* const which = app.add_option_group("topics", "what is read");
    which->add_option("--topic", topic, "a topic");
    which->add_option("--include", include, "all topics whose names match, in RE2's syntax");
    which->require_option(1);
    app.add_option("--num-records,--messages", num_records, "how many are read")->required();
    app.add_option("--group", group, "the consumer's group; by default one of its own");
    app.add_option("--fetch-size", fetch_size, "bytes of a partition that a fetch brings at most")
        ->check(CLI::PositiveNumber);
    app.add_option("--socket-buffer-size", socket_buffer_size, "bytes of the receive buffer");
    app.add_flag("--from-latest", from_latest,
                 "begin with the newest records, not the oldest, if the group has read none");
    app.add_option("--command-property", properties, "key=value of the consumer, several")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--command-config,--consumer.config,--consumer-config", config_file,
                   "a properties file for the consumer");
    app.add_option("--timeout", timeout_ms, "milliseconds without a record until it gives up");
    app.add_option("--reporting-interval", reporting_interval_ms,
                   "milliseconds between two lines of --show-detailed-stats")
        ->check(CLI::PositiveNumber);
    app.add_option("--date-format", date_format, "of times, as java.text.SimpleDateFormat's");
    app.add_flag("--show-detailed-stats", show_detailed_stats,
                 "print a line about each interval instead of one about all");
    app.add_flag("--hide-header", hide_header, "print no line that names the columns");
    app.add_flag("--print-metrics", print_metrics, "print the consumer's metrics at the end");
  }

  // What the tool wants, then what the user's properties say, then what the user's flags do.
  Result<ConsumerConfig> config() const {
    const auto given = client_properties(bootstrap_server, config_file, properties);
    if (!given) return given.error();
    Properties all{{"client.id", "perf-consumer-client"},
                   {"check.crcs", "false"},
                   {"max.partition.fetch.bytes", "1048576"},
                   {"receive.buffer.bytes", "2097152"},
                   {"auto.offset.reset", "earliest"}};
    for (const auto& [key, value] : *given) all[key] = value;
    all["group.id"] = group;
    if (from_latest) all["auto.offset.reset"] = "latest";
    if (fetch_size) all["max.partition.fetch.bytes"] = std::to_string(*fetch_size);
    if (socket_buffer_size) all["receive.buffer.bytes"] = std::to_string(*socket_buffer_size);
    return ConsumerConfig::from_properties(all);
  }
};

Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// How long the consumer had no partitions, since it was to have some.
class Joining final : public ConsumerRebalanceListener {
 public:
  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    for (const auto& partition : partitions) assigned_.erase(partition);
    if (assigned_.empty()) began_ = now();
  }
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    if (assigned_.empty()) {
      const auto took = now() - began_;
      in_all_ += took;
      in_interval_ += took;
    }
    assigned_.insert(partitions.begin(), partitions.end());
  }

  std::chrono::milliseconds in_all() const { return in_all_; }
  std::chrono::milliseconds take_interval() { return std::exchange(in_interval_, {}); }

 private:
  std::set<TopicPartition> assigned_;
  Time began_ = now();
  std::chrono::milliseconds in_all_{};
  std::chrono::milliseconds in_interval_{};
};

struct Amount {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // of keys and values

  Amount operator-(const Amount& other) const {
    return {records - other.records, bytes - other.bytes};
  }
  double megabytes() const { return static_cast<double>(bytes) / (1024 * 1024); }
};

double per_second(double amount, std::chrono::milliseconds time) {
  return time.count() <= 0 ? 0 : amount * 1000 / static_cast<double>(time.count());
}

class Measurement {
 public:
  Measurement(Consumer& consumer, const Flags& flags, const DateFormat& dates,
              std::shared_ptr<Joining> joining)
      : consumer_(consumer), flags_(flags), dates_(dates), joining_(std::move(joining)) {}

  Result<void> read();
  void print_all() const;

 private:
  void note(const ConsumerRecords& batch, Time at);
  void print_interval(Time at);
  // What both lines end with: of this amount in this time, of which nothing was assigned for so
  // long.
  static void print_fetching(const Amount& amount, std::chrono::milliseconds took,
                             std::chrono::milliseconds joining);

  Consumer& consumer_;
  const Flags& flags_;
  const DateFormat& dates_;
  const std::shared_ptr<Joining> joining_;
  const Time began_ = now();
  const double cpu_began_ = cpu_seconds();
  Time ended_ = began_;
  double cpu_ended_ = 0;
  Amount all_;
  Time reported_at_ = began_;
  Amount reported_;
};

Result<void> Measurement::read() {
  const std::chrono::milliseconds timeout(flags_.timeout_ms);
  auto last = began_;
  for (auto at = began_; all_.records < flags_.num_records && at - last <= timeout;) {
    const auto batch = consumer_.poll(kPoll);
    if (!batch) return batch.error();
    at = now();
    if (batch->empty()) continue;
    last = at;
    note(*batch, at);
  }
  ended_ = now();
  cpu_ended_ = cpu_seconds();
  if (all_.records < flags_.num_records) {
    std::printf(
        "WARNING: Exiting before consuming the expected number of records: timeout (%lld ms) "
        "exceeded. You can use the --timeout option to increase the timeout.\n",
        static_cast<long long>(flags_.timeout_ms));
  }
  return {};
}

void Measurement::note(const ConsumerRecords& batch, Time at) {
  for (const auto& record : batch) all_.bytes += record.key().size() + record.value().size();
  all_.records += batch.size();
  if (at - reported_at_ < std::chrono::milliseconds(flags_.reporting_interval_ms)) return;
  print_interval(at);
  reported_at_ = at;
  reported_ = all_;
}

void Measurement::print_interval(Time at) {
  const auto joining = joining_->take_interval();
  if (!flags_.show_detailed_stats) return;
  const auto took = at - reported_at_;
  const auto since = all_ - reported_;
  std::printf("%s, 0, %.4f, %.4f, %llu, %.4f", dates_.format(at).c_str(), all_.megabytes(),
              per_second(since.megabytes(), took), static_cast<unsigned long long>(all_.records),
              per_second(static_cast<double>(since.records), took));
  print_fetching(since, took, joining);
  std::fflush(stdout);
}

void Measurement::print_all() const {
  if (!flags_.show_detailed_stats) {
    const auto took = ended_ - began_;
    std::printf("%s, %s, %.4f, %.4f, %llu, %.4f", dates_.format(began_).c_str(),
                dates_.format(ended_).c_str(), all_.megabytes(), per_second(all_.megabytes(), took),
                static_cast<unsigned long long>(all_.records),
                per_second(static_cast<double>(all_.records), took));
    print_fetching(all_, took, joining_->in_all());
  }
  if (all_.records > 0) {
    std::printf("%.4f CPU seconds per million records.\n",
                (cpu_ended_ - cpu_began_) / static_cast<double>(all_.records) * 1e6);
  }
  std::fflush(stdout);
}

void Measurement::print_fetching(const Amount& amount, std::chrono::milliseconds took,
                                 std::chrono::milliseconds joining) {
  const auto fetching = took - joining;
  std::printf(", %lld, %lld, %.4f, %.4f\n", static_cast<long long>(joining.count()),
              static_cast<long long>(fetching.count()), per_second(amount.megabytes(), fetching),
              per_second(static_cast<double>(amount.records), fetching));
}

void print_header(bool detailed) {
  std::printf(
      "%s, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
      "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n",
      detailed ? "time, threadId" : "start.time, end.time");
}

int measure(Consumer& consumer, const Flags& flags, const DateFormat& dates) {
  if (!flags.hide_header) print_header(flags.show_detailed_stats);
  auto joining = std::make_shared<Joining>();
  Measurement measurement(consumer, flags, dates, joining);
  const auto subscribed = flags.topic ? consumer.subscribe({*flags.topic}, joining)
                                      : consumer.subscribe_pattern(*flags.include, joining);
  if (!subscribed) return fail(kName, subscribed.error());
  if (const auto read = measurement.read(); !read) return fail(kName, read.error());
  measurement.print_all();
  if (flags.print_metrics) print_metrics(consumer.metrics());
  return kSuccess;
}

}  // namespace

int run_consumer_perf_test(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Reads records as a member of a group and measures throughput and CPU.",
               "ottla consumer-perf-test");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto dates = DateFormat::parse(flags.date_format);
  if (!dates) return fail(kName, dates.error());
  auto config = flags.config();
  if (!config) return fail(kName, config.error());
  auto consumer = Consumer::open(std::move(*config));
  if (!consumer) return fail(kName, consumer.error());
  const int measured = measure(*consumer, flags, *dates);
  const auto closed = consumer->close();
  return measured == kSuccess && !closed ? fail(kName, closed.error()) : measured;
}

}  // namespace ottla::tools
