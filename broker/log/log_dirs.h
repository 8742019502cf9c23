#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/log/data_directories.h"
#include "broker/log/log_manager.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

// A directory that can be used no more.
struct OfflineDirectory {
  std::string path;
  protocol::Uuid id;  // zero if it could not be opened
  Error error;
  bool vital = false;  // the metadata are there, or no other is left: the broker cannot go on
};

// What is in one of log.dirs.
struct LogDirDescription {
  std::string path;
  bool offline = false;
  std::vector<const UnifiedLog*> logs;  // by partition; none if it is offline
  std::optional<base::DiskSpace> space;
};

// All log directories of a broker (`log.dirs`, and `metadata.log.dir`): which log is in which, what
// is lost when one of them fails, and a stop of all. Each has a LogManager of its own, with its own
// checkpoints and its own group commit, so that one that fails takes only its own logs along. Owned
// by the Broker; every call and every callback on its loop.
class LogDirs {
 public:
  // `directories` comes from open_directories; one of them is the metadata's. `options` are those
  // of all together where they say how much.
  LogDirs(base::Loop& loop, std::vector<OpenDirectory> directories, base::Random random,
          base::Logger logger, const LogManagerOptions& options);
  ~LogDirs();
  LogDirs(const LogDirs&) = delete;
  LogDirs& operator=(const LogDirs&) = delete;

  using Done = LogManager::Done;

  // LogManager::load in each of them. Error: one that is vital is lost.
  void load(LogManager::Describe describe, Done done);

  // A new, empty log in the directory of that id. Errors: kafka_storage_error if there is no such
  // directory, or it is offline; otherwise as LogManager::create_log.
  Result<UnifiedLog*> create_log(const TopicPartition& partition, const protocol::Uuid& topic_id,
                                 const protocol::Uuid& directory, const LogConfig& config);

  // Null if there is none that could be opened.
  UnifiedLog* find(const TopicPartition& partition);
  Result<void> delete_log(const TopicPartition& partition);

  // In which directory a log lies, also one that could not be opened.
  std::optional<protocol::Uuid> directory_of(const TopicPartition& partition);

  // The ids of those that are in use, in the order of log.dirs.
  std::vector<protocol::Uuid> online() const;
  bool all_online() const;

  // Of all log.dirs, in their order. `done` is called once, when workers have asked the disks; the
  // logs are those of that moment.
  using OnDescribed = base::UniqueFunction<void(const std::vector<LogDirDescription>&)>;
  void describe(OnDescribed done);
  // The id of one of log.dirs. Errors: log_dir_not_found, kafka_storage_error if it is offline.
  Result<protocol::Uuid> id_of(std::string_view path) const;

  // LogManager::checkpoint_log_start_offsets where these logs are.
  void checkpoint_log_start_offsets(const std::vector<TopicPartition>& partitions, Done done);

  // LogCleaner::set_threads of all together.
  void set_cleaner_threads(std::size_t threads);

  // A clean shutdown of all that are online; the others are let go of.
  void close(std::int64_t broker_epoch, Done done);

  // Where the metadata are.
  const MetaProperties& meta() const;
  const std::shared_ptr<base::Directory>& metadata_root() const;
  FlushScheduler& metadata_flush();

  // Each time one is lost while running; its logs have been told.
  using OnOffline = std::function<void(const OfflineDirectory&)>;
  void set_on_offline(OnOffline on_offline) { on_offline_ = std::move(on_offline); }

 private:
  struct Member;
  // Several calls of which the last one answers, with the first error.
  struct Gathering;

  void add(OpenDirectory directory, const LogManagerOptions& options);
  std::size_t share_of_threads(std::size_t threads) const;
  Member* member_of(const TopicPartition& partition);
  void on_loaded(Member& member, const Result<void>& loaded);
  void go_offline(Member& member, const Error& error);
  bool is_vital(const Member& member) const;

  // Set at construction.
  base::Loop& loop_;
  base::Random random_;
  base::Logger logger_;
  std::size_t parts_ = 1;  // directories that share what there is

  // Loop's thread only.
  std::vector<std::unique_ptr<Member>> members_;  // in the order of the settings
  Member* metadata_ = nullptr;
  OnOffline on_offline_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
