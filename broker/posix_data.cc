#include "broker/posix_data.h"

#include <string>
#include <utility>

namespace ottla::broker {
namespace {

Result<std::shared_ptr<base::Directory>> open(const std::string& path) {
  auto opened = base::open_posix_directory(path);
  if (!opened) return opened.error();
  return std::shared_ptr<base::Directory>(std::move(*opened));
}

}  // namespace

std::vector<DataDirectory> open_posix_data(const BrokerConfig& config) {
  const auto metadata = whole_path(config.metadata_log_dir.value_or(config.log_dirs.front()));
  std::vector<DataDirectory> directories;
  bool metadata_seen = false;
  for (const auto& name : config.log_dirs) {
    const auto path = whole_path(name);
    directories.push_back({path, open(path), true, path == metadata});
    metadata_seen |= path == metadata;
  }
  if (!metadata_seen) directories.push_back({metadata, open(metadata), false, true});
  return directories;
}

}  // namespace ottla::broker
