#include "broker/log/data_directories.h"

#include <algorithm>
#include <map>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/log/partition_metadata.h"

namespace ottla::broker {
namespace {

// The disk is at fault, not what stands on it.
bool is_failure_of_disk(const Error& error) {
  return error.code() == ErrorCode::io_error || error.code() == ErrorCode::no_space;
}

class Survey {
 public:
  Survey(std::span<const DataDirectory> directories, protocol::BrokerId node_id)
      : directories_(directories), node_id_(node_id) {}

  Result<DirectorySurvey> run() {
    for (const auto& directory : directories_) {
      auto looked = directory.handle ? look_at(directory)
                                     : Result<SurveyedDirectory>(directory.handle.error());
      if (!looked && directory.handle && !is_failure_of_disk(looked.error())) return looked.error();
      if (!looked && directory.for_metadata) return looked.error();
      result_.of_each.push_back(looked ? *std::move(looked)
                                       : SurveyedDirectory{.failed = looked.error(), .id = {}});
    }
    for (const auto& [partition, in] : logs_) {
      if (in.size() > 1) result_.in_several.push_back(compare(partition, in));
    }
    if (auto checked = check_some_left(); !checked) return checked.error();
    if (auto checked = check_metadata(); !checked) return checked.error();
    return std::move(result_);
  }

 private:
  Result<SurveyedDirectory> look_at(const DataDirectory& directory) {
    auto& root = **directory.handle;
    {
      auto lock = root.lock(kLockFile);
      if (!lock && lock.error().code() == ErrorCode::already_in_use) {
        return Error(ErrorCode::already_in_use,
                     "the data directory " + directory.path + " is in use by another broker");
      }
      if (!lock) return lock.error();
    }
    if (auto owner = read_owner(directory); !owner) return owner.error();
    if (auto listed = list_logs(directory); !listed) return listed.error();
    const auto owner = owners_.find(directory.path);
    if (owner == owners_.end()) return SurveyedDirectory{.failed = {}, .is_new = true, .id = {}};
    return SurveyedDirectory{.failed = {}, .is_new = false, .id = owner->second};
  }

  Result<void> read_owner(const DataDirectory& directory) {
    auto& root = **directory.handle;
    if (!root.exists(kMetaProperties)) return {};
    const ErrorContext file{.file = directory.path + "/" + std::string(kMetaProperties)};
    auto text = root.read_file(kMetaProperties, 64 << 10);
    if (!text) return text.error();
    const auto meta = MetaProperties::parse(*text);
    if (!meta) return Error(meta.error().code(), meta.error().message(), file);
    if (meta->node_id != node_id_) {
      return Error(ErrorCode::invalid_config,
                   "the directory belongs to node.id " + std::to_string(meta->node_id.value) +
                       ", not to " + std::to_string(node_id_.value),
                   file);
    }
    if (owners_.empty()) result_.cluster_id = meta->cluster_id;
    if (meta->cluster_id != result_.cluster_id) {
      return Error(ErrorCode::inconsistent_cluster_id,
                   "the directory belongs to cluster " + meta->cluster_id + ", but " +
                       owners_.begin()->first + " to " + result_.cluster_id,
                   file);
    }
    for (const auto& [path, id] : owners_) {
      if (id.is_zero() || id != meta->directory_id) continue;
      return Error(ErrorCode::invalid_config,
                   "the directory has the same directory.id as " + path +
                       ": one is a copy of the other, and cannot be used beside it",
                   file);
    }
    owners_.emplace(directory.path, meta->directory_id);
    return {};
  }

  Result<void> list_logs(const DataDirectory& directory) {
    const auto entries = (*directory.handle)->list();
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
      if (!entry.is_directory) continue;
      auto name = parse_log_directory_name(entry.name);
      if (name.kind != LogDirectoryName::Kind::log) continue;
      logs_[std::move(name.partition)].push_back(&directory);
    }
    return {};
  }

  static LogInSeveral compare(const TopicPartition& partition,
                              const std::vector<const DataDirectory*>& directories) {
    LogInSeveral log{partition, {}};
    for (const auto* directory : directories) {
      const auto name = log_directory_name(partition);
      log.copies.push_back({directory->path, topic_id_in(**directory->handle, name)});
    }
    return log;
  }

  Result<void> check_some_left() const {
    const Error* last = nullptr;
    for (std::size_t i = 0; i < directories_.size(); ++i) {
      if (!directories_[i].for_logs) continue;
      const auto& failed = result_.of_each[i].failed;
      if (!failed) return {};
      last = &*failed;
    }
    return last == nullptr ? Result<void>() : *last;
  }

  // An empty log of metadata would make strays of all logs.
  Result<void> check_metadata() {
    const auto at = std::find_if(directories_.begin(), directories_.end(),
                                 [](const DataDirectory& each) { return each.for_metadata; });
    if (at == directories_.end()) return {};
    for (const auto* in : logs_[{std::string(kMetadataTopic), 0}]) {
      if (in == &*at) continue;
      return Error(ErrorCode::invalid_config, "the log of the metadata is in " + in->path +
                                                  ", not in " + at->path +
                                                  ": set metadata.log.dir to where it is");
    }
    if (owners_.empty() || owners_.contains(at->path)) return {};
    return Error(ErrorCode::invalid_config, "the directory of the metadata, " + at->path +
                                                ", is new, but " + owners_.begin()->first +
                                                " belongs to cluster " + result_.cluster_id +
                                                ": set metadata.log.dir to where the metadata are");
  }

  std::span<const DataDirectory> directories_;
  const protocol::BrokerId node_id_;
  DirectorySurvey result_;
  std::map<std::string, protocol::Uuid> owners_;  // directory ids by path
  std::map<TopicPartition, std::vector<const DataDirectory*>> logs_;
};

}  // namespace

Result<DirectorySurvey> survey_directories(std::span<const DataDirectory> directories,
                                           protocol::BrokerId node_id) {
  return Survey(directories, node_id).run();
}

Result<std::vector<OpenDirectory>> open_directories(std::span<const DataDirectory> directories,
                                                    const DirectorySurvey& survey,
                                                    protocol::BrokerId node_id,
                                                    base::Random& random) {
  std::vector<OpenDirectory> opened;
  LogDirectory::Options options{.node_id = node_id, .cluster_id = survey.cluster_id};
  // The metadata's first: the others belong to its cluster.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < directories.size(); ++i) {
    const auto& each = directories[i];
    opened.push_back({each.path, Error(ErrorCode::io_error), each.for_logs, each.for_metadata});
    order.insert(each.for_metadata ? order.begin() : order.end(), i);
  }
  bool some_left = false;
  for (const auto i : order) {
    auto& made = opened[i];
    const auto& failed = survey.of_each[i].failed;
    made.taken = failed ? *failed : LogDirectory::open(*directories[i].handle, options, random);
    if (made.taken) {
      options.cluster_id = (*made.taken)->meta().cluster_id;
      some_left |= made.for_logs;
      continue;
    }
    const auto& error = made.taken.error();
    if (made.for_metadata || (!failed && !is_failure_of_disk(error))) return error;
  }
  if (some_left) return opened;
  return Error(ErrorCode::kafka_storage_error, "none of log.dirs can be used");
}

}  // namespace ottla::broker
