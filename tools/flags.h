#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "tools/command.h"

namespace ottla::tools {

// Parses; an exit code if the command ends here (--help, or wrong flags).
inline std::optional<int> parse_flags(CLI::App& app, const Arguments& arguments) {
  // CLI11 takes the arguments from the back.
  Arguments reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  return std::nullopt;
}

// --bootstrap-server and --command-config, as every command that talks to a cluster has them.
struct ClusterFlags {
  std::string bootstrap_server;
  std::string command_config;

  void add_to(CLI::App& app) {
    app.add_option("--bootstrap-server,--broker-list", bootstrap_server,
                   "host:port of a broker, several with commas")
        ->required();
    app.add_option("--command-config", command_config, "a properties file for the client");
  }
};

}  // namespace ottla::tools
