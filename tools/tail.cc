#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"
#include "tools/text/printable.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "tail";

volatile std::sig_atomic_t interrupted = 0;

struct Flags {
  ClusterFlags cluster;
  std::vector<std::string> topics;
  std::int64_t lines = 10;
  bool from_beginning = false;
  std::int64_t max_messages = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> timeout_ms;
  std::string isolation_level;
  std::string colour = "auto";
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("topics,--topic", topics, "what to follow; repeatable")
        ->required()
        ->delimiter(',');
    app.add_option("--lines,-n", lines,
                   "begin with so many records of each partition that are there; default 10")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--from-beginning", from_beginning, "begin with the oldest record");
    app.add_option("--max-messages", max_messages, "end after so many records");
    app.add_option("--timeout-ms", timeout_ms, "end when no record came for so long");
    app.add_option("--isolation-level", isolation_level, "read_uncommitted or read_committed");
    app.add_option("--colour,--color", colour,
                   "auto, the default: when a terminal watches and NO_COLOR is not set")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    add_output_flag(app, output);
  }

  bool coloured() const {
    if (output == OutputFormat::json) return false;
    if (colour != "auto") return colour == "always";
    return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  }
};

std::string time_of(Timestamp timestamp) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timestamp);
  const std::time_t at = seconds.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&at, &local);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  auto millis = std::to_string((timestamp - seconds).count());
  return std::string(text.data(), size) + "." + std::string(3 - millis.size(), '0') + millis;
}

// A line for each record, each topic in a colour of its own.
class Printer {
 public:
  explicit Printer(const Flags& flags) : json_(flags.output == OutputFormat::json) {
    // The six that are neither black nor white, then the same brighter.
    constexpr std::array kColours = {"36", "33", "32", "35", "34", "31",
                                     "96", "93", "92", "95", "94", "91"};
    for (const auto& topic : flags.topics) {
      const auto at = colours_.size() % kColours.size();
      if (flags.coloured()) colours_.emplace(topic, "\x1b[" + std::string(kColours[at]) + "m");
    }
  }

  void write(const RecordView& record, std::string& out) const {
    if (json_) return write_json(record, out);
    const auto colour = colours_.find(std::string(record.topic()));
    if (colour != colours_.end()) out += colour->second;
    out += record.topic();
    out += '-' + std::to_string(record.partition()) + '@' + std::to_string(record.offset());
    if (colour != colours_.end()) out += "\x1b[0m";
    out += ' ' + time_of(record.timestamp()) + ' ';
    if (record.has_key()) out += printable(record.key()) + ": ";
    out += record.has_value() ? printable(record.value()) : "null";
    out += '\n';
  }

 private:
  static void write_json(const RecordView& record, std::string& out) {
    const auto text = [](bool there, BytesView bytes) {
      return there ? boost::json::value(printable(bytes)) : boost::json::value(nullptr);
    };
    const boost::json::object object{{"topic", record.topic()},
                                     {"partition", record.partition()},
                                     {"offset", record.offset()},
                                     {"timestamp", record.timestamp().time_since_epoch().count()},
                                     {"key", text(record.has_key(), record.key())},
                                     {"value", text(record.has_value(), record.value())}};
    out += boost::json::serialize(object) + '\n';
  }

  const bool json_;
  std::map<std::string, std::string> colours_;
};

Result<std::vector<TopicPartition>> partitions_of(Consumer& consumer, const Flags& flags) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : flags.topics) {
    const auto known = consumer.partitions_for(topic).get();
    if (!known) return known.error();
    for (const auto& info : *known) partitions.push_back({topic, info.partition});
  }
  return partitions;
}

// Reads from now on, and what is wanted of what is there already.
Result<void> assign(Consumer& consumer, const Flags& flags) {
  const auto partitions = partitions_of(consumer, flags);
  if (!partitions) return partitions.error();
  if (const auto assigned = consumer.assign(*partitions); !assigned) return assigned;
  if (flags.from_beginning) return consumer.seek_to_beginning();
  if (flags.lines == 0) return consumer.seek_to_end();
  const auto beginnings = consumer.beginning_offsets(*partitions).get();
  if (!beginnings) return beginnings.error();
  const auto ends = consumer.end_offsets(*partitions).get();
  if (!ends) return ends.error();
  for (const auto& [partition, end] : *ends) {
    const auto from = std::max(beginnings->at(partition), end - flags.lines);
    if (const auto sought = consumer.seek(partition, from); !sought) return sought;
  }
  return {};
}

int follow(Consumer& consumer, const Flags& flags) {
  using std::chrono::steady_clock;
  const Printer printer(flags);
  auto left = flags.max_messages;
  auto last = steady_clock::now();
  while (left > 0 && interrupted == 0) {
    if (flags.timeout_ms &&
        steady_clock::now() - last >= std::chrono::milliseconds(*flags.timeout_ms)) {
      break;
    }
    // How soon an interrupt is noticed, and that the time is over.
    const auto batch = consumer.poll(std::chrono::milliseconds(100));
    if (!batch) return fail(kName, batch.error());
    if (batch->empty()) continue;
    last = steady_clock::now();
    std::string out;
    for (const auto& record : *batch) {
      if (left-- == 0) return (std::cout << out << std::flush) ? kSuccess : kFailure;
      printer.write(record, out);
    }
    if (!(std::cout << out << std::flush)) return fail(kName, "cannot write to stdout");
  }
  return kSuccess;
}

}  // namespace

int run_tail(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Follows several topics, each in its colour; what no terminal shows is escaped.",
               "ottla tail");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  std::vector<std::string> pairs;
  if (!flags.isolation_level.empty()) pairs.push_back("isolation.level=" + flags.isolation_level);
  const auto properties =
      client_properties(flags.cluster.bootstrap_server, flags.cluster.command_config, pairs);
  if (!properties) return fail(kName, properties.error());
  auto config = ConsumerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  auto consumer = Consumer::open(std::move(*config));
  if (!consumer) return fail(kName, consumer.error());
  if (const auto assigned = assign(*consumer, flags); !assigned) {
    return fail(kName, assigned.error());
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  return follow(*consumer, flags);
}

}  // namespace ottla::tools
