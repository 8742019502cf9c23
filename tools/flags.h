#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>

#include "ottla/admin.h"
#include "tools/command.h"

namespace ottla::tools {

// Parses; an exit code if the command ends here (--help, wrong flags, or somebody who only wants to
// know them).
inline std::optional<int> parse_flags(CLI::App& app, const Arguments& arguments) {
  if (arguments.look()) {
    arguments.look()(app);
    return kSuccess;
  }
  // CLI11 takes the arguments from the back.
  const auto& words = arguments.words();
  std::vector<std::string> reversed(words.rbegin(), words.rend());
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

  // The older scripts of Kafka call the first one --broker-list, which is something else in others.
  enum class Names : std::uint8_t { all, without_broker_list };

  void add_to(CLI::App& app, Names names = Names::all) {
    app.add_option(names == Names::all ? "--bootstrap-server,--broker-list" : "--bootstrap-server",
                   bootstrap_server, "host:port of a broker, several with commas")
        ->required();
    app.add_option("--command-config", command_config, "a properties file for the client");
  }
};

// An admin client of the cluster that the flags name. Errors: those of client_properties and
// Admin::open.
inline Result<Admin> open_admin(const ClusterFlags& flags) {
  const auto properties = client_properties(flags.bootstrap_server, flags.command_config, {});
  if (!properties) return properties.error();
  auto config = AdminConfig::from_properties(*properties);
  if (!config) return config.error();
  return Admin::open(std::move(*config));
}

}  // namespace ottla::tools
