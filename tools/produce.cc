#include <atomic>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/producer.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/plugin_flags.h"
#include "tools/progress.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "produce";

struct Flags {
  ClusterFlags cluster;
  PluginFlags plugins;
  std::string topic;
  std::vector<std::string> properties;
  std::vector<std::string> producer_properties;
  std::string producer_config;
  std::string compression;
  std::string acks;
  bool sync = false;

  void add_to(CLI::App& app) {
    const auto all = CLI::MultiOptionPolicy::TakeAll;
    cluster.add_to(app);
    app.add_option("--topic", topic, "where the records go")->required();
    app.add_option("--property,--reader-property", properties,
                   "how a line is read: parse.key=true, key.separator=..., parse.headers=true, "
                   "headers.delimiter=..., headers.separator=..., headers.key.separator=..., "
                   "null.marker=...; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
    app.add_option("--producer-property,--command-property", producer_properties,
                   "key=value of the producer, for example compression.type=zstd; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
    app.add_option("--producer.config,--producer-config", producer_config,
                   "a properties file for the producer");
    app.add_option("--compression-codec", compression, "none, gzip, snappy, lz4 or zstd");
    app.add_option("--request-required-acks,--producer-acks", acks, "all, 1 or 0");
    app.add_flag("--sync", sync, "wait for each record before the next");
    plugins.add_to(app);
  }
};

// How a line becomes a record; the keys and defaults are those of Kafka's console producer.
struct LineReader {
  bool parse_key = false;
  bool parse_headers = false;
  std::string key_separator = "\t";
  std::string headers_delimiter = "\t";
  std::string headers_separator = ",";
  std::string headers_key_separator = ":";
  std::string null_marker;

  static Result<LineReader> from(const std::vector<std::string>& pairs);

  // The parts borrow from `line`. Error: invalid_argument for a line that lacks a separator.
  Result<void> read(std::string_view line, ProducerRecord& record) const;

 private:
  Result<void> read_headers(std::string_view text, Headers& headers) const;
  BytesView value_of(std::string_view text) const {
    return !null_marker.empty() && text == null_marker ? kNull : text;
  }
};

Result<LineReader> LineReader::from(const std::vector<std::string>& pairs) {
  auto properties = parse_pairs(pairs);
  if (!properties) return properties.error();
  LineReader reader;
  for (const auto& [key, value] : *properties) {
    if (key == "parse.key") {
      reader.parse_key = value == "true";
    } else if (key == "parse.headers") {
      reader.parse_headers = value == "true";
    } else if (key == "key.separator") {
      reader.key_separator = value;
    } else if (key == "headers.delimiter") {
      reader.headers_delimiter = value;
    } else if (key == "headers.separator") {
      reader.headers_separator = value;
    } else if (key == "headers.key.separator") {
      reader.headers_key_separator = value;
    } else if (key == "null.marker") {
      reader.null_marker = value;
    } else {
      return Error(ErrorCode::invalid_argument,
                   "unknown property '" + key +
                       "'; there are parse.key, key.separator, parse.headers, headers.delimiter, "
                       "headers.separator, headers.key.separator and null.marker");
    }
  }
  if (reader.key_separator.empty() || reader.headers_delimiter.empty() ||
      reader.headers_separator.empty() || reader.headers_key_separator.empty()) {
    return Error(ErrorCode::invalid_argument, "a separator cannot be empty");
  }
  return reader;
}

// Cuts what stands before `separator` off the front of `line`.
Result<std::string_view> cut(std::string_view& line, std::string_view separator, const char* what) {
  const auto at = line.find(separator);
  if (at == std::string_view::npos) {
    return Error(ErrorCode::invalid_argument,
                 std::string("no ") + what + " in the line '" + std::string(line.substr(0, 80)) +
                     "'; the separator is '" + std::string(separator) + "'");
  }
  const auto part = line.substr(0, at);
  line.remove_prefix(at + separator.size());
  return part;
}

Result<void> LineReader::read_headers(std::string_view text, Headers& headers) const {
  while (!text.empty()) {
    const auto end = std::min(text.find(headers_separator), text.size());
    auto header = text.substr(0, end);
    text.remove_prefix(std::min(end + headers_separator.size(), text.size()));
    const auto key = cut(header, headers_key_separator, "header key");
    if (!key) return key.error();
    headers.add(*key, value_of(header));
  }
  return {};
}

Result<void> LineReader::read(std::string_view line, ProducerRecord& record) const {
  if (parse_headers) {
    const auto text = cut(line, headers_delimiter, "headers");
    if (!text) return text.error();
    if (auto read = read_headers(*text, record.headers); !read) return read;
  }
  if (parse_key) {
    const auto key = cut(line, key_separator, "key");
    if (!key) return key.error();
    record.key = value_of(*key);
  }
  record.value = value_of(line);
  return {};
}

int send_lines(Producer& producer, const Flags& flags, const LineReader& reader) {
  Progress progress("produced");
  std::string line;
  std::uint64_t number = 0;
  while (std::getline(std::cin, line)) {
    ++number;
    ProducerRecord record{.topic = flags.topic};
    if (auto read = reader.read(line, record); !read) {
      return fail(kName, "line " + std::to_string(number) + ": " + read.error().to_string());
    }
    auto sent = producer.send(record);
    if (!flags.sync) {
      std::move(sent).forget();
    } else if (auto outcome = sent.get(); !outcome) {
      return fail(kName, "line " + std::to_string(number) + ": " + outcome.error().to_string());
    }
    progress.add(line.size());
  }
  return kSuccess;
}

}  // namespace

int run_produce(const Arguments& arguments) {
  Flags flags;
  CLI::App app("Sends the lines of stdin to a topic, a record each.", "ottla produce");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto reader = LineReader::from(flags.properties);
  if (!reader) return fail(kName, reader.error());
  auto pairs = flags.producer_properties;
  if (!flags.compression.empty()) pairs.push_back("compression.type=" + flags.compression);
  if (!flags.acks.empty()) pairs.push_back("acks=" + flags.acks);
  const auto& file =
      flags.producer_config.empty() ? flags.cluster.command_config : flags.producer_config;
  const auto properties = client_properties(flags.cluster.bootstrap_server, file, pairs);
  if (!properties) return fail(kName, properties.error());
  auto config = ProducerConfig::from_properties(*properties);
  if (!config) return fail(kName, config.error());
  if (auto given = flags.plugins.give(*config); !given) return fail(kName, given.error());
  auto producer = Producer::open(std::move(*config));
  if (!producer) return fail(kName, producer.error());
  const int sent = send_lines(*producer, flags, *reader);
  if (auto closed = producer->close(); !closed) return fail(kName, closed.error());
  return sent;
}

}  // namespace ottla::tools
