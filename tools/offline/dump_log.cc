#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tools/command.h"
#include "tools/flags.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "dump-log";

struct Flags {
  std::vector<std::string> listed;  // separated by commas, as kafka-dump-log takes them
  std::vector<std::string> files;
  bool print_data = false;
  bool cluster_metadata = false;
  bool offsets = false;
  bool transactions = false;
  std::string key_decoder;
  std::string value_decoder;
  DumpOptions options;

  void add_to(CLI::App& app) {
    app.add_option("--files", listed, "the files, separated by commas")->delimiter(',');
    app.add_option("FILE", files, "the files");
    app.add_flag("--print-data-log,--print-data", print_data, "print keys and values of records");
    app.add_flag("--deep-iteration,--deep", options.deep,
                 "print each record, and not only the batches");
    app.add_flag("--cluster-metadata-decoder", cluster_metadata,
                 "the records are those of __cluster_metadata");
    app.add_flag("--offsets-decoder", offsets, "the records are those of __consumer_offsets");
    app.add_flag("--transaction-log-decoder", transactions,
                 "the records are those of __transaction_state");
    app.add_flag("--index-sanity-check", options.index_sanity_check,
                 "only check what a start of a broker checks");
    app.add_flag("--verify-index-only", options.verify_index_only,
                 "compare indexes with segments without printing them");
    app.add_flag("--skip-record-metadata", options.skip_record_metadata,
                 "print keys and values of records alone");
    app.add_option("--max-message-size", options.max_message_size, "of the largest batch, in bytes")
        ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()));
    app.add_option("--max-bytes", options.max_bytes, "how much of a segment to read")
        ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()));
    for (const auto& [flag, decoder] : {std::pair{"--key-decoder-class", &key_decoder},
                                        std::pair{"--value-decoder-class", &value_decoder}}) {
      app.add_option(flag, *decoder, "string, integer, long, or Kafka's class of that name")
          ->transform(CLI::CheckedTransformer(kDecoders, CLI::ignore_case));
    }
  }

  // Any of what says how to print is also the wish to print.
  void settle() {
    files.insert(files.begin(), listed.begin(), listed.end());
    const bool by_class = !key_decoder.empty() || !value_decoder.empty();
    if (!(print_data || cluster_metadata || offsets || transactions || by_class)) return;
    options.deep = true;
    if (offsets || transactions || cluster_metadata) {
      options.printer = offsets        ? print_as_offsets
                        : transactions ? print_as_transactions
                                       : print_as_metadata;
      return;
    }
    const auto or_string = [](const std::string& decoder) {
      return decoder.empty() ? std::string("string") : decoder;
    };
    options.printer = [key = or_string(key_decoder),
                       value = or_string(value_decoder)](const protocol::RecordView& record) {
      PrintedRecord printed;
      if (record.key) printed.key = print_bytes_as(key, *record.key);
      if (record.value) printed.payload = print_bytes_as(value, *record.value);
      return printed;
    };
  }

  inline static const std::map<std::string, std::string> kDecoders = {
      {"string", "string"},
      {"integer", "integer"},
      {"long", "long"},
      {"org.apache.kafka.tools.api.StringDecoder", "string"},
      {"org.apache.kafka.tools.api.IntegerDecoder", "integer"},
      {"org.apache.kafka.tools.api.LongDecoder", "long"},
      {"kafka.serializer.StringDecoder", "string"},
  };
};

}  // namespace

int run_dump_log(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Prints the files of a data directory: segments (.log), indexes, snapshots, checkpoints. The "
      "broker may run; what it writes meanwhile may then look cut short.",
      "ottla dump-log");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  flags.settle();
  if (flags.files.empty()) {
    std::cerr << "ottla dump-log: name at least one file\n";
    return kUsage;
  }
  Dump dump{flags.options, std::cout, {}};
  int code = kSuccess;
  for (const auto& path : flags.files) {
    const auto dumped = dump_file(dump, path);
    std::cout.flush();
    if (!dumped) code = fail(kName, dumped.error());
  }
  return dump.faults.print(std::cerr) ? kFailure : code;
}

}  // namespace ottla::tools
