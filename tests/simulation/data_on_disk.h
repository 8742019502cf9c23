#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/log/data_directories.h"
#include "tests/simulation/sim_disk.h"

namespace ottla::simulation {

// The directories of a broker's settings, on a simulated disk.
inline std::vector<broker::DataDirectory> data_on_disk(SimDisk& disk,
                                                       const broker::BrokerConfig& config) {
  const auto metadata = config.metadata_log_dir.value_or(config.log_dirs.front());
  std::vector<broker::DataDirectory> directories;
  bool seen = false;
  const auto add = [&](const std::string& path, bool for_logs) {
    std::shared_ptr<base::Directory> opened = disk.open(path);
    seen |= path == metadata;
    directories.push_back({path, std::move(opened), for_logs, path == metadata});
  };
  for (const auto& path : config.log_dirs) add(path, true);
  if (!seen) add(metadata, false);
  return directories;
}

}  // namespace ottla::simulation
