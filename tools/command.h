#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/properties.h"
#include "ottla/result.h"

namespace CLI {
class App;
}

// What the subcommands of `ottla` share. Each is a function from its arguments to an exit code.
namespace ottla::tools {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // the work failed; stderr says why
inline constexpr int kUsage = 2;    // the arguments are wrong

// What stands behind the names of program and subcommand.
class Arguments {
 public:
  // Shown the flags of the subcommand instead of running it.
  using Look = std::function<void(const CLI::App&)>;

  Arguments(std::vector<std::string> words) : words_(std::move(words)) {}  // NOLINT: implicit
  explicit Arguments(Look look) : look_(std::move(look)) {}

  const std::vector<std::string>& words() const { return words_; }
  const Look& look() const { return look_; }

 private:
  std::vector<std::string> words_;
  Look look_;
};

struct Command {
  std::string_view name;
  std::string_view alias;  // the name of Kafka's script, without .sh
  std::string_view sentence;
  int (*run)(const Arguments&);
};

// All there are, in the order in which `ottla --help` tells them.
std::span<const Command> commands();
// By name or alias, or null.
const Command* find_command(std::string_view name);

// Each in the file of its name.
int run_topics(const Arguments& arguments);
int run_configs(const Arguments& arguments);
int run_delete_records(const Arguments& arguments);
int run_get_offsets(const Arguments& arguments);
int run_log_dirs(const Arguments& arguments);
int run_cluster(const Arguments& arguments);
int run_leader_election(const Arguments& arguments);
int run_features(const Arguments& arguments);
int run_acls(const Arguments& arguments);
int run_broker_api_versions(const Arguments& arguments);
int run_consumer_groups(const Arguments& arguments);
int run_transactions(const Arguments& arguments);
int run_produce(const Arguments& arguments);
int run_producer_perf_test(const Arguments& arguments);
int run_consume(const Arguments& arguments);
int run_tail(const Arguments& arguments);
int run_top(const Arguments& arguments);
int run_tls(const Arguments& arguments);
int run_consumer_perf_test(const Arguments& arguments);
int run_end_to_end_latency(const Arguments& arguments);
int run_verifiable_producer(const Arguments& arguments);
int run_verifiable_consumer(const Arguments& arguments);
int run_message_copier(const Arguments& arguments);
int run_check_log(const Arguments& arguments);
int run_dump_log(const Arguments& arguments);
int run_export_kafka_config(const Arguments& arguments);
int run_wire(const Arguments& arguments);
int run_completion(const Arguments& arguments);

// Says "ottla NAME: ERROR" on stderr.
int fail(const std::string& name, const Error& error);
int fail(const std::string& name, const std::string& message);

// The properties of `--command-config FILE` (empty: none) with `key=value` pairs on top and the
// bootstrap servers set. Errors: invalid_argument, not_found.
Result<Properties> client_properties(const std::string& bootstrap_servers, const std::string& file,
                                     const std::vector<std::string>& pairs);

// Reads key=value pairs. Error: invalid_argument naming the one without '='.
Result<Properties> parse_pairs(const std::vector<std::string>& pairs);

}  // namespace ottla::tools
