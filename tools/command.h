#pragma once

#include <string>
#include <vector>

#include "ottla/properties.h"
#include "ottla/result.h"

// What the subcommands of `ottla` share. Each is a function from its arguments to an exit code.
namespace ottla::tools {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // the work failed; stderr says why
inline constexpr int kUsage = 2;    // the arguments are wrong

using Arguments = std::vector<std::string>;  // without the names of program and subcommand

int run_topics(const Arguments& arguments);
int run_configs(const Arguments& arguments);
int run_delete_records(const Arguments& arguments);
int run_consumer_groups(const Arguments& arguments);
int run_transactions(const Arguments& arguments);
int run_produce(const Arguments& arguments);
int run_producer_perf_test(const Arguments& arguments);
int run_consume(const Arguments& arguments);
int run_verifiable_producer(const Arguments& arguments);
int run_verifiable_consumer(const Arguments& arguments);
int run_message_copier(const Arguments& arguments);
int run_check_log(const Arguments& arguments);
int run_dump_log(const Arguments& arguments);
int run_export_kafka_config(const Arguments& arguments);
int run_wire(const Arguments& arguments);

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
