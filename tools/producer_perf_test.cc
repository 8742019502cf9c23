#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/metrics.h"
#include "ottla/producer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/latency_histogram.h"
#include "tools/measuring.h"
#include "tools/pacer.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "producer-perf-test";

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Flags {
  std::string bootstrap_server;
  std::string topic;
  std::uint64_t num_records = 0;
  std::uint64_t warmup_records = 0;
  std::size_t record_size = 0;
  std::string payload_file;
  std::string payload_delimiter = "\\n";
  bool payload_monotonic = false;
  double throughput = 0;
  std::vector<std::string> properties;
  std::string config_file;
  std::int64_t reporting_interval_ms = 5000;
  bool print_metrics = false;

  void add_to(CLI::App& app) {
    const auto all = CLI::MultiOptionPolicy::TakeAll;
    app.add_option("--bootstrap-server", bootstrap_server,
                   "host:port of a broker, several with commas");
    app.add_option("--topic", topic, "where the records go")->required();
    app.add_option("--num-records", num_records, "how many are measured")->required();
    app.add_option("--warmup-records", warmup_records, "how many are sent before those");
    auto* const size = app.add_option("--record-size", record_size, "bytes of each value");
    auto* const file = app.add_option("--payload-file", payload_file,
                                      "values are drawn from this file, and may be empty");
    app.add_option("--payload-delimiter", payload_delimiter,
                   "what stands between the values of the file; \\n by default");
    auto* const monotonic =
        app.add_flag("--payload-monotonic", payload_monotonic, "values are the numbers from 0 on");
    size->excludes(file)->excludes(monotonic);
    file->excludes(monotonic);
    app.add_option("--throughput", throughput,
                   "records a second; -1: as many as go. Latency is counted from when a record "
                   "was due, so that those that were held up show")
        ->required();
    app.add_option("--producer-props,--producer-prop,--command-property", properties,
                   "key=value of the producer, several; they win over the file")
        ->multi_option_policy(all);
    app.add_option("--producer.config,--producer-config,--command-config", config_file,
                   "a properties file for the producer");
    app.add_option("--reporting-interval", reporting_interval_ms,
                   "milliseconds between two lines about the last ones")
        ->check(CLI::PositiveNumber);
    app.add_flag("--print-metrics", print_metrics, "print the producer's metrics at the end");
  }
};

// The values, one after the other and again.
class Payload {
 public:
  static Result<Payload> from(const Flags& flags);

  std::string_view next() {
    if (monotonic_) return monotonic_text_ = std::to_string(sent_++);
    return values_[sent_++ % values_.size()];
  }
  double mean_size() const { return mean_size_; }

 private:
  static std::vector<std::string> cut(const std::string& text, std::string delimiter);

  bool monotonic_ = false;
  std::string monotonic_text_;
  std::vector<std::string> values_;
  double mean_size_ = 8;
  std::uint64_t sent_ = 0;
};

std::vector<std::string> Payload::cut(const std::string& text, std::string delimiter) {
  if (delimiter == "\\n") delimiter = "\n";
  std::vector<std::string> values;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(delimiter, at), text.size());
    values.push_back(text.substr(at, end - at));
    at = end + delimiter.size();
  }
  return values;
}

Result<Payload> Payload::from(const Flags& flags) {
  Payload payload;
  payload.monotonic_ = flags.payload_monotonic;
  if (payload.monotonic_) return payload;
  if (!flags.payload_file.empty()) {
    std::ifstream file(flags.payload_file, std::ios::binary);
    if (!file) return Error(ErrorCode::not_found, flags.payload_file + " cannot be read");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!flags.payload_delimiter.empty()) payload.values_ = cut(text, flags.payload_delimiter);
    if (payload.values_.empty()) {
      return Error(ErrorCode::invalid_argument, flags.payload_file + " holds no value");
    }
  } else if (flags.record_size > 0) {
    // Capital letters by chance, as Kafka's tool has them.
    std::uint64_t state = 1;
    for (int i = 0; i < 64; ++i) {
      auto& value = payload.values_.emplace_back(flags.record_size, 'A');
      for (auto& c : value) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        c = static_cast<char>('A' + (state >> 33) % 26);
      }
    }
  } else {
    return Error(ErrorCode::invalid_argument,
                 "give --record-size, --payload-file or --payload-monotonic");
  }
  double bytes = 0;
  for (const auto& value : payload.values_) bytes += static_cast<double>(value.size());
  payload.mean_size_ = bytes / static_cast<double>(payload.values_.size());
  return payload;
}

// Latencies of what was acknowledged, in all and since the last line. The callback thread's, and
// after a flush whoever's.
class Stats {
 public:
  Stats(std::uint64_t skip, double record_size, Clock::duration interval)
      : skip_(skip), record_size_(record_size), interval_(interval) {}

  void on_outcome(const Result<RecordMetadata>& outcome, Clock::time_point due) {
    const auto now = Clock::now();
    if (!outcome) {
      if (failed_++ == 0) std::cerr << outcome.error() << '\n';
      return;
    }
    if (skip_ > 0) {
      --skip_;
      return;
    }
    if (all_.count() == 0) began_ = window_began_ = due;
    const auto took = std::chrono::duration_cast<microseconds>(std::max(now - due, now - now));
    const auto latency = static_cast<std::uint64_t>(took.count());
    all_.record(latency);
    window_.record(latency);
    ended_ = now;
    if (now - window_began_ < interval_) return;
    print(window_, now - window_began_);
    std::printf(".\n");
    std::fflush(stdout);
    window_ = {};
    window_began_ = now;
  }

  std::uint64_t failed() const { return failed_; }

  void print_all(double cpu) const {
    if (all_.count() == 0) return;
    print(all_, ended_ - began_);
    for (const auto& [part, name] :
         {std::pair(0.5, "50th"), {0.95, "95th"}, {0.99, "99th"}, {0.999, "99.9th"}}) {
      std::printf(", %.1f ms %s", millis(static_cast<double>(all_.percentile(part))), name);
    }
    std::printf(".\n%.4f CPU seconds per million records.\n",
                cpu / static_cast<double>(all_.count()) * 1e6);
    print_histogram();
  }

 private:
  static double millis(double micros) { return micros / 1000; }

  void print(const LatencyHistogram& of, Clock::duration took) const {
    const double seconds = std::max(std::chrono::duration<double>(took).count(), 1e-9);
    const double rate = static_cast<double>(of.count()) / seconds;
    std::printf(
        "%llu records sent, %.1f records/sec (%.2f MB/sec), %.1f ms avg latency, "
        "%.1f ms max latency",
        static_cast<unsigned long long>(of.count()), rate, rate * record_size_ / (1024 * 1024),
        millis(of.average()), millis(static_cast<double>(of.most())));
  }

  // A line for each power of two that there is something of.
  void print_histogram() const {
    std::uint64_t from = 0;
    for (std::uint64_t to = 1; from <= all_.most(); from = to, to *= 2) {
      const auto count = all_.between(from, to);
      if (count == 0) continue;
      const auto share = static_cast<double>(count) / static_cast<double>(all_.count());
      std::printf("%12.3f ms %10llu  %6.2f %%  %s\n", millis(static_cast<double>(to)),
                  static_cast<unsigned long long>(count), 100 * share,
                  std::string(static_cast<std::size_t>(share * 50 + 0.5), '#').c_str());
    }
  }

  std::uint64_t skip_;
  const double record_size_;
  const Clock::duration interval_;
  LatencyHistogram all_;
  LatencyHistogram window_;
  Clock::time_point began_;
  Clock::time_point window_began_;
  Clock::time_point ended_;
  std::uint64_t failed_ = 0;
};

void send(Producer& producer, const Flags& flags, std::uint64_t count, Payload& payload,
          Stats& stats) {
  Pacer pacer(flags.throughput);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto due = pacer.next();
    producer.send({.topic = flags.topic, .value = payload.next()},
                  [&stats, due](const auto& outcome) { stats.on_outcome(outcome, due); });
  }
}

int measure(Producer& producer, const Flags& flags, Payload& payload) {
  if (const auto known = producer.warm_up(flags.topic).get(); !known) {
    return fail(kName, known.error());
  }
  Stats stats(flags.warmup_records, payload.mean_size(), milliseconds(flags.reporting_interval_ms));
  send(producer, flags, flags.warmup_records, payload, stats);
  if (flags.warmup_records > 0) (void)producer.flush().get();
  const double cpu = cpu_seconds();
  send(producer, flags, flags.num_records, payload, stats);
  (void)producer.flush().get();  // failures were counted
  stats.print_all(cpu_seconds() - cpu);
  std::fflush(stdout);
  if (flags.print_metrics) print_metrics(producer.metrics());
  if (stats.failed() == 0) return kSuccess;
  return fail(kName, std::to_string(stats.failed()) + " records failed");
}

}  // namespace

int run_producer_perf_test(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Sends records at a rate and measures latency and CPU.", "ottla producer-perf-test");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto payload = Payload::from(flags);
  if (!payload) return fail(kName, payload.error());
  const auto properties =
      client_properties(flags.bootstrap_server, flags.config_file, flags.properties);
  if (!properties) return fail(kName, properties.error());
  auto config = ProducerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  auto producer = Producer::open(std::move(*config));
  if (!producer) return fail(kName, producer.error());
  const int measured = measure(*producer, flags, *payload);
  const auto closed = producer->close();
  return measured == kSuccess && !closed ? fail(kName, closed.error()) : measured;
}

}  // namespace ottla::tools
