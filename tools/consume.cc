#include <chrono>
#include <csignal>
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
#include "tools/plugin_flags.h"
#include "tools/progress.h"
#include "tools/record_formatter.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "consume";

volatile std::sig_atomic_t interrupted = 0;

struct Flags {
  ClusterFlags cluster;
  PluginFlags plugins;
  std::string topic;
  std::optional<std::int32_t> partition;
  std::string offset;
  bool from_beginning = false;
  std::int64_t max_messages = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> timeout_ms;
  std::vector<std::string> properties;
  std::vector<std::string> consumer_properties;
  std::string consumer_config;
  std::string isolation_level;
  std::string group;
  std::string formatter;

  void add_to(CLI::App& app) {
    const auto all = CLI::MultiOptionPolicy::TakeAll;
    cluster.add_to(app);
    app.add_option("--topic", topic, "what to read")->required();
    auto* only = app.add_option("--partition", partition, "only this partition");
    app.add_option("--offset", offset, "where to begin: a number, earliest or latest (default)")
        ->needs(only);
    app.add_flag("--from-beginning", from_beginning, "begin with the oldest record");
    app.add_option("--max-messages", max_messages, "end after so many records");
    app.add_option("--timeout-ms", timeout_ms, "end when no record came for so long");
    app.add_option("--formatter", formatter,
                   "how records of Kafka's own topics are printed, as JSON: "
                   "OffsetsMessageFormatter, GroupMetadataMessageFormatter (__consumer_offsets) or "
                   "TransactionLogMessageFormatter (__transaction_state)");
    app.add_option("--property,--formatter-property", properties,
                   "what is printed: print.key, print.value, print.timestamp, print.partition, "
                   "print.offset, print.headers = true or false; key.separator, line.separator, "
                   "headers.separator, null.literal; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
    app.add_option("--consumer-property,--command-property", consumer_properties,
                   "key=value of the consumer; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
    app.add_option("--consumer.config,--consumer-config", consumer_config,
                   "a properties file for the consumer");
    app.add_option("--group", group,
                   "read as a member of this group, from where it has got to, and commit")
        ->excludes(only);
    app.add_option("--isolation-level", isolation_level, "read_uncommitted or read_committed");
    plugins.add_to(app);
  }
};

// What a record looks like; keys, defaults and order are those of Kafka's console consumer.
struct Formatter {
  RecordFormatter instead = nullptr;  // prints all there is to print
  bool timestamp = false;
  bool partition = false;
  bool offset = false;
  bool headers = false;
  bool key = false;
  bool value = true;
  std::string key_separator = "\t";
  std::string line_separator = "\n";
  std::string headers_separator = ",";
  std::string null_literal = "null";

  static Result<Formatter> from(const Flags& flags);
  Result<void> write(const RecordView& record, std::string& out) const;

 private:
  void write_bytes(BytesView bytes, std::string& out) const {
    out += is_null(bytes) ? BytesView(null_literal) : bytes;
  }
  void write_headers(const RecordView& record, std::string& out) const;
  void write_fields(const RecordView& record, std::string& out) const;
};

Result<Formatter> Formatter::from(const Flags& flags) {
  auto properties = parse_pairs(flags.properties);
  if (!properties) return properties.error();
  Formatter made;
  if (!flags.formatter.empty()) {
    made.instead = find_coordinator_formatter(flags.formatter);
    if (made.instead != nullptr) return made;
    return Error(ErrorCode::invalid_argument,
                 "unknown formatter '" + flags.formatter + "'; --help lists those there are");
  }
  const std::map<std::string, bool*> switches = {{"print.timestamp", &made.timestamp},
                                                 {"print.partition", &made.partition},
                                                 {"print.offset", &made.offset},
                                                 {"print.headers", &made.headers},
                                                 {"print.key", &made.key},
                                                 {"print.value", &made.value}};
  const std::map<std::string, std::string*> texts = {{"key.separator", &made.key_separator},
                                                     {"line.separator", &made.line_separator},
                                                     {"headers.separator", &made.headers_separator},
                                                     {"null.literal", &made.null_literal}};
  for (const auto& [name, value] : *properties) {
    if (const auto found = switches.find(name); found != switches.end()) {
      *found->second = value == "true";
    } else if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = value;
    } else {
      return Error(ErrorCode::invalid_argument,
                   "unknown property '" + name + "'; --help lists those there are");
    }
  }
  return made;
}

void Formatter::write_headers(const RecordView& record, std::string& out) const {
  if (record.headers().empty()) {
    out += "NO_HEADERS";
    return;
  }
  bool first = true;
  for (const auto& header : record.headers()) {
    if (!std::exchange(first, false)) out += headers_separator;
    out += header.key;
    out += ':';
    write_bytes(header.value, out);
  }
}

Result<void> Formatter::write(const RecordView& record, std::string& out) const {
  if (instead != nullptr) return instead(record, out);
  write_fields(record, out);
  return {};
}

void Formatter::write_fields(const RecordView& record, std::string& out) const {
  const auto begin = out.size();
  const auto separate = [&] {
    if (out.size() != begin) out += key_separator;
  };
  if (timestamp) {
    const auto millis = record.timestamp().time_since_epoch().count();
    const bool created = record.timestamp_type() == TimestampType::create_time;
    out += created ? "CreateTime:" : "LogAppendTime:";
    out += std::to_string(millis);
  }
  if (partition) {
    separate();
    out += "Partition:" + std::to_string(record.partition());
  }
  if (offset) {
    separate();
    out += "Offset:" + std::to_string(record.offset());
  }
  if (headers) {
    separate();
    write_headers(record, out);
  }
  if (key) {
    separate();
    write_bytes(record.key(), out);
  }
  if (value) {
    if (timestamp || partition || offset || headers || key) out += key_separator;
    write_bytes(record.value(), out);
  }
  out += line_separator;
}

// A record more was returned than was wanted: it is for the next reader of the group.
void give_back(Consumer& consumer, const ConsumerRecords& batch, std::size_t printed) {
  for (const auto& part : batch.parts()) {
    if (part.first + part.count <= printed) continue;
    const auto first = std::max(part.first, printed);
    (void)consumer.seek(part.partition, batch[first].offset());
  }
}

// Assigns what is to be read and sets where to begin.
Result<void> assign(Consumer& consumer, const Flags& flags) {
  std::vector<TopicPartition> partitions;
  if (flags.partition) {
    partitions.push_back({flags.topic, *flags.partition});
  } else {
    const auto known = consumer.partitions_for(flags.topic).get();
    if (!known) return known.error();
    for (const auto& info : *known) partitions.push_back({flags.topic, info.partition});
  }
  if (auto assigned = consumer.assign(partitions); !assigned) return assigned;
  if (flags.from_beginning || flags.offset == "earliest") return consumer.seek_to_beginning();
  if (flags.offset.empty() || flags.offset == "latest") return consumer.seek_to_end();
  char* end = nullptr;
  const auto offset = std::strtoll(flags.offset.c_str(), &end, 10);
  if (*end != '\0' || offset < 0) {
    return Error(ErrorCode::invalid_argument,
                 "--offset '" + flags.offset + "' is neither a number nor earliest or latest");
  }
  return consumer.seek(partitions.front(), offset);
}

// What the records of a poll look like; a record more than wanted is given back.
Result<void> print_batch(Consumer& consumer, const ConsumerRecords& batch,
                         const Formatter& formatter, std::int64_t& left, Progress& progress) {
  std::string out;
  std::size_t printed = 0;
  Result<void> outcome;
  for (const auto& record : batch) {
    if (left == 0) break;
    outcome = formatter.write(record, out);
    if (!outcome) break;
    --left;
    ++printed;
    progress.add(record.key().size() + record.value().size());
  }
  if (printed < batch.size()) give_back(consumer, batch, printed);
  std::cout << out << std::flush;
  if (!std::cout) return Error(ErrorCode::io_error, "cannot write to stdout");
  return outcome;
}

int print_records(Consumer& consumer, const Flags& flags, const Formatter& formatter) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const milliseconds patience(flags.timeout_ms.value_or(0));
  Progress progress("consumed");
  std::int64_t left = flags.max_messages;
  auto last = steady_clock::now();
  while (left > 0 && interrupted == 0) {
    auto wait = milliseconds(200);  // how soon an interrupt is noticed
    if (flags.timeout_ms) {
      const auto waited = std::chrono::duration_cast<milliseconds>(steady_clock::now() - last);
      if (waited >= patience) break;
      wait = std::min(wait, patience - waited);
    }
    const auto batch = consumer.poll(wait);
    if (!batch) return fail(kName, batch.error());
    if (batch->empty()) continue;
    last = steady_clock::now();
    const auto done = print_batch(consumer, *batch, formatter, left, progress);
    if (!done) return fail(kName, done.error());
  }
  return kSuccess;
}

}  // namespace

int run_consume(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Prints the records of a topic.", "ottla consume");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto formatter = Formatter::from(flags);
  if (!formatter) return fail(kName, formatter.error());
  auto pairs = flags.consumer_properties;
  if (!flags.group.empty()) pairs.push_back("group.id=" + flags.group);
  if (flags.from_beginning) pairs.emplace_back("auto.offset.reset=earliest");
  if (!flags.isolation_level.empty()) pairs.push_back("isolation.level=" + flags.isolation_level);
  const auto& file =
      flags.consumer_config.empty() ? flags.cluster.command_config : flags.consumer_config;
  const auto properties = client_properties(flags.cluster.bootstrap_server, file, pairs);
  if (!properties) return fail(kName, properties.error());
  auto config = ConsumerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  const bool member = !config->group_id.empty() && !flags.partition;
  if (member) config->topics = {flags.topic};
  if (auto given = flags.plugins.give(*config); !given) return fail(kName, given.error());
  auto consumer = Consumer::open(std::move(*config));
  if (!consumer) return fail(kName, consumer.error());
  if (!member) {
    if (auto assigned = assign(*consumer, flags); !assigned) return fail(kName, assigned.error());
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  const auto code = print_records(*consumer, flags, *formatter);
  const auto closed = consumer->close();
  return closed || code != kSuccess ? code : fail(kName, closed.error());
}

}  // namespace ottla::tools
