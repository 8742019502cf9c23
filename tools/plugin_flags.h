#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "ottla/consumer_config.h"
#include "ottla/interceptors/plugin.h"
#include "ottla/producer_config.h"
#include "tools/command.h"

namespace ottla::tools {

// --interceptor and --interceptor-property, of commands that send or read records.
struct PluginFlags {
  std::vector<std::string> paths;
  std::vector<std::string> properties;

  void add_to(CLI::App& app) {
    const auto all = CLI::MultiOptionPolicy::TakeAll;
    app.add_option("--interceptor", paths,
                   "the path of a shared library with an interceptor; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
    app.add_option("--interceptor-property", properties,
                   "key=value that all of them are told; repeatable")
        ->expected(1)
        ->multi_option_policy(all);
  }

  // Adds them to a client's interceptors, in the order of the flags. Errors: those of parse_pairs
  // and load_plugin.
  Result<void> give(ProducerConfig& config) const {
    return load([&config](const interceptors::Plugin& plugin) {
      if (plugin.producer) config.interceptors.push_back(plugin.producer);
    });
  }
  Result<void> give(ConsumerConfig& config) const {
    return load([&config](const interceptors::Plugin& plugin) {
      if (plugin.consumer) config.interceptors.push_back(plugin.consumer);
    });
  }

 private:
  template <class Take>
  Result<void> load(const Take& take) const {
    const auto told = parse_pairs(properties);
    if (!told) return told.error();
    for (const auto& path : paths) {
      const auto plugin = interceptors::load_plugin(path, *told);
      if (!plugin) return plugin.error();
      take(*plugin);
    }
    return {};
  }
};

}  // namespace ottla::tools
