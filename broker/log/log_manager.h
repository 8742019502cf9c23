#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/task.h"
#include "broker/log/cleaner/log_cleaner.h"
#include "broker/log/flush_scheduler.h"
#include "broker/log/log_directory.h"
#include "broker/log/unified_log.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

struct LogManagerOptions {
  base::Duration checkpoint_interval = std::chrono::seconds(60);      // recovery points, log starts
  base::Duration high_watermark_interval = std::chrono::seconds(5);   // replication-offset-...
  base::Duration retention_check_interval = std::chrono::minutes(5);  // log.retention.check...
  base::Duration producer_check_interval = std::chrono::minutes(10);
  base::Duration producer_id_expiration = std::chrono::hours(24);
  std::size_t workers = 4;  // logs opened or closed side by side
  // What a log may append before a checkpoint brings its recovery point up: what is read again
  // after a crash.
  std::uint64_t recovery_point_bytes = 64 << 20;
  // File descriptors that the logs may have open together. Each log on disk has one for its
  // directory; the others are for segments, and logs that have not been used for longest close
  // theirs. Logs that are not synced yet may take more for a time.
  std::size_t open_files = std::numeric_limits<std::size_t>::max();
  FlushOptions flush;
  LogCleanerOptions cleaner;
};

// All logs of one log directory: opens them at start, makes and deletes them, keeps the root
// checkpoints, and shuts all down cleanly. `__cluster_metadata-0` is not among them: the metadata
// room opens that itself. Owned by the loop that owns its logs; every call and callback there.
class LogManager {
 public:
  LogManager(base::Loop& loop, std::unique_ptr<LogDirectory> directory, base::Random random,
             base::Logger logger, LogManagerOptions options = {});
  ~LogManager();
  LogManager(const LogManager&) = delete;
  LogManager& operator=(const LogManager&) = delete;

  struct Found {
    TopicPartition partition;
    protocol::Uuid topic_id;  // zero if partition.metadata is missing or torn
  };
  // The settings of a log that was found in the directory; none: it is a stray that the metadata
  // does not know. A stray is renamed `-stray` and reported, never deleted. Where the topic id is
  // zero, Describe should fill it in.
  using Describe = std::function<std::optional<LogConfig>(Found&)>;
  using Done = base::UniqueFunction<void(Result<void>)>;

  // Opens all logs on workers and removes what deletions have left; after a crash what the logs
  // keep has been synced before `done` is called (under `fsync`). Once, before anything else. A log
  // that cannot be opened is reported and left alone: `create_log` will not take its place. `done`
  // has an error only if the directory cannot be read, or goes offline.
  void load(Describe describe, Done done);

  // A new, empty log. Nothing is written before its first append. Errors: already_in_use;
  // kafka_storage_error if the directory is offline, or if a log is there that could not be opened.
  // The pointer lives until delete_log or the end.
  Result<UnifiedLog*> create_log(const TopicPartition& partition, const protocol::Uuid& topic_id,
                                 const LogConfig& config);

  // Null if there is none.
  UnifiedLog* find(const TopicPartition& partition);
  // Whether there is one, or one that could not be opened.
  bool holds(const TopicPartition& partition) const {
    return logs_.contains(partition) || failed_.contains(partition);
  }
  std::vector<UnifiedLog*> logs();
  // Logs that have files of segments open.
  std::size_t open_logs() const { return open_logs_.size(); }

  // Renames the log's directory to `<topic>-<p>.<uuid>-delete` and unlinks it on a worker after its
  // file.delete.delay.ms; the UnifiedLog is gone on return. Errors: unknown_topic_or_partition,
  // io_error (and the directory goes offline).
  Result<void> delete_log(const TopicPartition& partition);

  // A clean shutdown: every log finished and synced, then the checkpoints, then the mark, then the
  // lock is given back. `done` is called once; on an error the mark is not written, nor if a log is
  // of `memory` durability or could not be opened, since then it would promise too much. After a
  // load that failed nothing is written at all. Nothing else may be called from here on.
  void close(std::int64_t broker_epoch, Done done);

  FlushScheduler& flush_scheduler() { return *flush_; }
  const LogCleaner& cleaner() const { return *cleaner_; }
  void set_cleaner_threads(std::size_t threads) { cleaner_->set_threads(threads); }
  LogDirectory& directory() { return *directory_; }
  bool offline() const { return flush_->offline(); }
  // Once, when the directory goes offline; its logs have been told.
  void set_on_offline(base::UniqueFunction<void(const Error&)> on_offline);

  // Writes the checkpoint now rather than at the next interval (DeleteRecords does). `done` is
  // called when the log start offsets of this moment are on disk, at once if they are already;
  // never once this is destroyed. Error: of the write, or kafka_storage_error if the directory is
  // offline.
  void checkpoint_log_start_offsets(Done done = [](const Result<void>&) {});

 private:
  struct Loading;
  struct Closing;
  // A new log, while checkpoints tell of an earlier one with its name, and the writes that end it.
  struct Held {
    TopicPartition partition;
    std::uint64_t recovery = 0;
    std::uint64_t log_start = 0;
    std::uint64_t cleaner = 0;
  };
  struct Checkpoint {
    explicit Checkpoint(std::string_view of) : name(of) {}

    std::string_view name;
    bool tells_of(const TopicPartition& partition) const {
      return durable.contains(partition) || (writing && written.contains(partition));
    }

    OffsetCheckpoint written;  // or being written
    OffsetCheckpoint durable;  // what the last write that succeeded wrote
    bool known = true;         // that is what the file holds
    bool writing = false;
    std::uint64_t begun = 0;      // writes, by number
    std::uint64_t succeeded = 0;  // the last that did
    bool again = false;
    std::vector<Done> waiting;  // for the next write
  };

  // Loading (log_manager_load.cc).
  void take_in(const std::shared_ptr<Loading>& loading);
  void open_next(const std::shared_ptr<Loading>& loading);
  void add_loaded(Loading& loading, const TopicPartition& partition, Result<LoadedLog> loaded);
  void sync_recovered(const std::shared_ptr<Loading>& loading);
  void end_load(Result<void> result);
  void rename_stray(const Found& stray);

  // Closing.
  void go_on_closing();
  void close_next(const std::shared_ptr<Closing>& closing);
  void write_last_files(const std::shared_ptr<Closing>& closing);

  UnifiedLog* add(LoadedLog loaded);
  void share_open_files();
  void remove_directory_later(const std::string& name, base::Duration delay);
  Offset safe_to_compact(const UnifiedLog& log);
  void hold_if_known(UnifiedLog& log);
  void rewrite_checkpoints();
  void release_held();
  OffsetCheckpoint recovery_points() const;
  OffsetCheckpoint log_starts() const;
  OffsetCheckpoint high_watermarks() const;
  void write(Checkpoint& checkpoint, OffsetCheckpoint content);
  void write_again(Checkpoint& checkpoint);
  bool writing() const;
  void every(base::Duration interval, void (LogManager::*action)());
  void advance_recovery_points();
  void checkpoint_high_watermarks();
  void check_retention();
  void check_producers();

  // Set at construction.
  base::Loop& loop_;
  std::shared_ptr<LogDirectory> directory_;
  base::Random random_;
  base::Logger logger_;
  LogManagerOptions options_;
  std::unique_ptr<FlushScheduler> flush_;
  std::unique_ptr<LogCleaner> cleaner_;

  // Loop's thread only.
  OpenLogs open_logs_;
  std::unordered_map<TopicPartition, std::unique_ptr<UnifiedLog>> logs_;
  std::unordered_map<TopicPartition, Error> failed_;  // those that could not be opened
  OffsetCheckpoint failed_recovery_points_;           // theirs, to be kept
  OffsetCheckpoint failed_log_starts_;                // these, too
  std::vector<Held> held_;
  Checkpoint recovery_checkpoint_{kRecoveryPointCheckpoint};
  Checkpoint log_start_checkpoint_{kLogStartCheckpoint};
  Checkpoint high_watermark_checkpoint_{kHighWatermarkCheckpoint};
  Checkpoint cleaner_checkpoint_{kCleanerCheckpoint};
  std::shared_ptr<Loading> loading_;  // while one is under way
  bool loaded_ = false;
  std::shared_ptr<Closing> closing_;
  base::UniqueFunction<void(const Error&)> on_offline_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
