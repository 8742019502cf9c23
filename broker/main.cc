// ottla-broker: one broker as a process of its own.
#include <malloc.h>
#include <sys/resource.h>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "broker/add_scram.h"
#include "broker/broker_process.h"
#include "broker/config/properties.h"

namespace {

constexpr std::string_view kUsage =
    "usage: ottla-broker [--config server.properties] [--override key=value]...\n"
    "                    [--add-scram SCRAM-SHA-256=[name=NAME,password=PASSWORD]]...\n"
    "\n"
    "Without arguments it listens on 127.0.0.1:9092 and keeps its data in ./ottla-data.\n"
    "Keys are Apache Kafka's, and Ottla's own:\n"
    "  listeners                     PLAINTEXT://127.0.0.1:9092 (port 0 picks a free one)\n"
    "  log.dirs                      ./ottla-data; or several, separated by commas\n"
    "  ottla.durability              fsync (default), os or memory\n"
    "  ottla.insecure                true serves other machines without asking who they are\n"
    "--add-scram sets a password before clients are let in: for the first user of a broker.\n"
    "SIGTERM and SIGINT shut it down cleanly.\n";

struct Arguments {
  ottla::Properties properties;
  std::vector<ottla::broker::ScramUpsertion> users;
  bool help = false;
};

ottla::Result<void> read_config(const std::string& path, ottla::Properties& properties) {
  auto read = ottla::read_properties_file(path);
  if (!read) return read.error();
  for (auto& [key, value] : *read) properties[key] = value;
  return {};
}

ottla::Result<void> apply(const std::string& argument, const std::string& value,
                          Arguments& parsed) {
  if (argument == "--config") return read_config(value, parsed.properties);
  if (argument == "--override") return ottla::broker::apply_override(value, parsed.properties);
  auto user = ottla::broker::parse_added_scram(value);
  if (!user) return user.error();
  parsed.users.push_back(std::move(*user));
  return {};
}

ottla::Result<Arguments> parse(const std::vector<std::string>& arguments) {
  Arguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      parsed.help = true;
      return parsed;
    }
    if (argument != "--config" && argument != "--override" && argument != "--add-scram") {
      // What is behind = may be a password.
      return ottla::Error(ottla::ErrorCode::invalid_argument,
                          "unknown argument '" + argument.substr(0, argument.find('=')) + "'");
    }
    if (++i == arguments.size()) {
      return ottla::Error(ottla::ErrorCode::invalid_argument, argument + " needs a value");
    }
    auto applied = apply(argument, arguments[i], parsed);
    if (!applied) return applied.error();
  }
  return parsed;
}

// Requests come and go in pieces of up to some megabytes. What is free stays with the process up to
// this, or each of them would pay for being given its pages anew.
constexpr int kKeptFree = 16 << 20;
constexpr int kLargestKept = 8 << 20;

void keep_freed_memory() {
  ::mallopt(M_TRIM_THRESHOLD, kKeptFree);
  ::mallopt(M_MMAP_THRESHOLD, kLargestKept);
}

// Logs take a few file descriptors each: as many as the system lets the process have.
void raise_limit_of_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  auto arguments = parse({argv + 1, argv + argc});
  if (!arguments) {
    std::cerr << "ottla-broker: " << arguments.error() << "\n\n" << kUsage;
    return 2;
  }
  if (arguments->help) {
    std::cout << kUsage;
    return 0;
  }
  auto config = ottla::broker::BrokerConfig::from_properties(arguments->properties);
  if (!config) {
    std::cerr << "ottla-broker: " << config.error() << '\n';
    return 2;
  }
  keep_freed_memory();
  raise_limit_of_open_files();
  return ottla::broker::run_broker_process(std::move(*config), std::move(arguments->users));
}
