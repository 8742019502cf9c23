#include "broker/log/log_manager.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// Removes a directory of files. (sleeps)
Result<void> remove_with_files(base::Directory& parent, const std::string& name) {
  auto opened = parent.open_directory(name);
  if (!opened) return opened.error();
  auto entries = (*opened)->list();
  if (!entries) return entries.error();
  for (const auto& entry : *entries) {
    if (auto removed = (*opened)->remove(entry.name); !removed) return removed;
  }
  return parent.remove(name);
}

}  // namespace

LogManager::LogManager(base::Loop& loop, std::unique_ptr<LogDirectory> directory,
                       base::Random random, base::Logger logger, LogManagerOptions options)
    : loop_(loop),
      directory_(std::move(directory)),
      random_(random),
      logger_(std::move(logger)),
      options_(options),
      flush_(
          std::make_unique<FlushScheduler>(loop, directory_->directory(), logger_, options.flush)) {
  cleaner_ = std::make_unique<LogCleaner>(
      loop_,
      LogCleaner::Surroundings{[this] { return logs(); },
                               [this](const UnifiedLog& log) { return safe_to_compact(log); },
                               [this] { write(cleaner_checkpoint_, cleaner_->cleaned()); }},
      base::Random(random_.next()), logger_, options_.cleaner);
  flush_->set_on_offline([this](const Error& error) {
    end_load(error);
    if (on_offline_) on_offline_(error);
  });
}

LogManager::~LogManager() = default;

UnifiedLog* LogManager::add(LoadedLog loaded) {
  const auto partition = loaded.location.partition;
  auto log = std::make_unique<UnifiedLog>(
      std::move(loaded), LogEnvironment{&loop_, flush_.get(), &open_logs_, logger_});
  auto* added = (logs_[partition] = std::move(log)).get();
  share_open_files();
  return added;
}

void LogManager::share_open_files() {
  // A segment that is written and read has three, and a sync or a read may open a full one.
  constexpr std::size_t of_a_log = 4;
  constexpr std::size_t least = 8;
  const auto for_segments = options_.open_files - std::min(options_.open_files, logs_.size());
  open_logs_.set_limit(std::max(for_segments / of_a_log, least));
}

Result<UnifiedLog*> LogManager::create_log(const TopicPartition& partition,
                                           const protocol::Uuid& topic_id,
                                           const LogConfig& config) {
  const ErrorContext context{.topic = partition.topic, .partition = partition.partition};
  if (find(partition) != nullptr) {
    return Error(ErrorCode::already_in_use, "the log exists", context);
  }
  if (flush_->offline()) {
    return Error(ErrorCode::kafka_storage_error,
                 "the log directory is offline: " + flush_->failure()->message(), context);
  }
  if (const auto failed = failed_.find(partition); failed != failed_.end()) {
    return Error(ErrorCode::kafka_storage_error,
                 "the log that is there could not be opened: " + failed->second.message(), context);
  }
  auto* log = add(new_log({partition, topic_id, directory_->directory()}, config));
  hold_if_known(*log);
  return log;
}

// If the checkpoints on disk tell of an earlier log of this name, or soon do: after a crash its
// recovery point and log start would be taken for those of the new one. What is written from here
// on tells of the new one alone.
void LogManager::hold_if_known(UnifiedLog& log) {
  const auto needed = [&](const Checkpoint& checkpoint) {
    return checkpoint.tells_of(log.partition()) ? checkpoint.begun + 1 : 0;
  };
  const Held held{log.partition(), needed(recovery_checkpoint_), needed(log_start_checkpoint_),
                  needed(cleaner_checkpoint_)};
  if (held.recovery + held.log_start + held.cleaner == 0) return;
  log.hold();
  held_.push_back(held);
  rewrite_checkpoints();
}

void LogManager::rewrite_checkpoints() {
  write(recovery_checkpoint_, recovery_points());
  write(log_start_checkpoint_, log_starts());
  write(cleaner_checkpoint_, cleaner_->cleaned());
}

void LogManager::release_held() {
  std::vector<TopicPartition> free;
  std::erase_if(held_, [&](const Held& held) {
    const bool done = held.recovery <= recovery_checkpoint_.succeeded &&
                      held.log_start <= log_start_checkpoint_.succeeded &&
                      held.cleaner <= cleaner_checkpoint_.succeeded;
    if (done) free.push_back(held.partition);
    return done;
  });
  for (const auto& partition : free) {
    if (auto* log = find(partition)) log->release();
  }
}

UnifiedLog* LogManager::find(const TopicPartition& partition) {
  const auto found = logs_.find(partition);
  return found == logs_.end() ? nullptr : found->second.get();
}

std::vector<UnifiedLog*> LogManager::logs() {
  std::vector<UnifiedLog*> all;
  all.reserve(logs_.size());
  for (const auto& [partition, log] : logs_) all.push_back(log.get());
  std::sort(all.begin(), all.end(), [](const UnifiedLog* a, const UnifiedLog* b) {
    return a->partition() < b->partition();
  });
  return all;
}

Result<void> LogManager::delete_log(const TopicPartition& partition) {
  const auto found = logs_.find(partition);
  if (found == logs_.end()) {
    return Error(ErrorCode::unknown_topic_or_partition, "there is no such log",
                 {.topic = partition.topic, .partition = partition.partition});
  }
  cleaner_->forget(partition);
  auto log = std::move(found->second);
  logs_.erase(found);
  share_open_files();
  const auto delay = std::chrono::milliseconds(log->config().file_delete_delay_ms);
  const bool on_disk = log->exists_on_disk();
  log->abandon();
  std::erase_if(held_, [&](const Held& held) { return held.partition == partition; });
  if (!on_disk) return {};
  const auto made = random_.uuid();
  const auto name = deleted_directory_name(partition, {made.high, made.low});
  const auto& root = directory_->directory();
  if (auto renamed = root->rename(log_directory_name(partition), name); !renamed) {
    if (renamed.error().code() != ErrorCode::no_space) flush_->fail(renamed.error());
    return renamed;
  }
  // So that the log does not come back after a power cut, as one that no topic knows.
  auto synced = std::make_shared<Result<void>>();
  loop_.offload([root, synced] { *synced = root->sync(); }, lifetime_.guard([this, synced] {
    if (!*synced) flush_->fail(synced->error());
  }));
  remove_directory_later(name, delay);
  rewrite_checkpoints();
  return {};
}

void LogManager::remove_directory_later(const std::string& name, base::Duration delay) {
  auto remove = [root = directory_->directory(), name, logger = logger_] {
    auto removed = remove_with_files(*root, name);
    if (!removed) logger.warn("cannot remove " + name + ": " + removed.error().to_string());
  };
  loop_.call_at(loop_.now() + delay, lifetime_.guard([this, remove = std::move(remove)]() mutable {
    if (!closing_) loop_.offload(std::move(remove), [] {});
  }));
}

void LogManager::set_on_offline(base::UniqueFunction<void(const Error&)> on_offline) {
  on_offline_ = std::move(on_offline);
}

// --- What is done now and then

void LogManager::every(base::Duration interval, void (LogManager::*action)()) {
  loop_.call_at(loop_.now() + interval, lifetime_.guard([this, interval, action] {
    if (closing_) return;
    (this->*action)();
    every(interval, action);
  }));
}

// What is compacted has gaps, and recovery takes gaps for losses: it must never read there again. A
// log of `memory` durability has no recovery point to speak of.
Offset LogManager::safe_to_compact(const UnifiedLog& log) {
  if (log.config().effective_durability() == Durability::memory) return log.high_watermark();
  const auto& durable = recovery_checkpoint_.durable;
  const auto known = durable.find(log.partition());
  const Offset safe = known == durable.end() ? Offset(0) : known->second;
  if (safe < log.recovery_point()) write(recovery_checkpoint_, recovery_points());
  return safe;
}

OffsetCheckpoint LogManager::recovery_points() const {
  auto points = failed_recovery_points_;
  for (const auto& [partition, log] : logs_) {
    if (log->exists_on_disk()) points[partition] = log->recovery_point();
  }
  return points;
}

OffsetCheckpoint LogManager::log_starts() const {
  auto starts = failed_log_starts_;
  for (const auto& [partition, log] : logs_) {
    // What the first file's name says already is left out, as Kafka does; not what it will say.
    if (log->log_start_offset() > log->first_segment_offset() || log->deleting()) {
      starts[partition] = log->log_start_offset();
    }
  }
  return starts;
}

OffsetCheckpoint LogManager::high_watermarks() const {
  OffsetCheckpoint marks;
  for (const auto& [partition, log] : logs_) {
    // What a closed log has finished is synced, or will be before this is written.
    if (log->exists_on_disk()) {
      marks[partition] = std::max(log->high_watermark(), log->recovery_point());
    }
  }
  return marks;
}

bool LogManager::writing() const {
  return recovery_checkpoint_.writing || log_start_checkpoint_.writing ||
         high_watermark_checkpoint_.writing || cleaner_checkpoint_.writing;
}

void LogManager::write(Checkpoint& checkpoint, OffsetCheckpoint content) {
  if (checkpoint.writing) {
    checkpoint.again = true;
    return;
  }
  auto waiting = std::make_shared<std::vector<Done>>(std::exchange(checkpoint.waiting, {}));
  const auto tell = [waiting](const Result<void>& written) {
    for (auto& done : *waiting) done(written);
  };
  const auto number = ++checkpoint.begun;
  if (checkpoint.known && content == checkpoint.written) {
    checkpoint.succeeded = number;
    return tell({});
  }
  if (flush_->offline()) return tell(*flush_->failure());
  checkpoint.writing = true;
  checkpoint.written = content;
  auto result = std::make_shared<Result<void>>();
  loop_.offload([directory = directory_, name = checkpoint.name, content,
                 result] { *result = directory->write_checkpoint(name, content); },
                lifetime_.guard([this, &checkpoint, result, tell, content, number] {
                  checkpoint.writing = false;
                  checkpoint.known = result->has_value();
                  if (*result) {
                    checkpoint.durable = content;
                    checkpoint.succeeded = number;
                  } else {
                    logger_.warn("cannot write " + std::string(checkpoint.name) + ": " +
                                 result->error().to_string());
                    const bool full = result->error().code() == ErrorCode::no_space;
                    if (!full) flush_->fail(result->error());
                  }
                  tell(*result);
                  // Also while closing: somebody may wait for it.
                  if (std::exchange(checkpoint.again, false)) write_again(checkpoint);
                  if (closing_) return go_on_closing();
                  release_held();
                }));
}

void LogManager::write_again(Checkpoint& checkpoint) {
  if (checkpoint.name == kRecoveryPointCheckpoint) write(checkpoint, recovery_points());
  if (checkpoint.name == kLogStartCheckpoint) write(checkpoint, log_starts());
  if (checkpoint.name == kCleanerCheckpoint) write(checkpoint, cleaner_->cleaned());
}

void LogManager::advance_recovery_points() {
  for (const auto& [partition, log] : logs_) {
    log->advance_recovery_point(options_.recovery_point_bytes);
  }
  write(recovery_checkpoint_, recovery_points());
  write(log_start_checkpoint_, log_starts());
}

void LogManager::checkpoint_high_watermarks() {
  write(high_watermark_checkpoint_, high_watermarks());
}

void LogManager::checkpoint_log_start_offsets(Done done) {
  log_start_checkpoint_.waiting.push_back(std::move(done));
  write(log_start_checkpoint_, log_starts());
}

void LogManager::check_retention() {
  for (auto* log : logs()) log->delete_old_segments();
}

void LogManager::check_producers() {
  for (const auto& [partition, log] : logs_) {
    log->expire_producers(options_.producer_id_expiration);
  }
}

// --- The end

struct LogManager::Closing {
  std::int64_t broker_epoch = -1;
  Done done;
  std::vector<UnifiedLog*> logs;  // those that have something to finish
  std::size_t next = 0;
  std::size_t running = 0;
  bool started = false;
  bool one_by_one = true;  // each log syncs itself; otherwise the file system is synced at the end
  bool synced = true;      // no log is of `memory` durability: the mark tells the truth
  bool to_sync = false;    // a log that is closed is of another one
  bool clean = true;       // nothing is left to be recovered
  bool cleaner_stopped = false;
  bool loaded = true;  // what the checkpoints say is known
  Result<void> result;
};

void LogManager::close(std::int64_t broker_epoch, Done done) {
  OTTLA_ASSERT(!closing_, "a LogManager is closed once");
  closing_ = std::make_shared<Closing>();
  closing_->broker_epoch = broker_epoch;
  closing_->done = std::move(done);
  // A log that could not be opened may still have to be recovered.
  closing_->clean = failed_.empty();
  closing_->loaded = loaded_;
  for (auto* log : logs()) {
    const bool memory = log->config().effective_durability() == Durability::memory;
    if (memory && log->exists_on_disk()) closing_->synced = false;
    if (!log->touched()) continue;
    closing_->logs.push_back(log);
    if (!memory) closing_->to_sync = true;
  }
  closing_->one_by_one = closing_->logs.size() <= options_.flush.sync_file_system_above;
  cleaner_->stop([this] {
    closing_->cleaner_stopped = true;
    go_on_closing();
  });
}

void LogManager::go_on_closing() {
  if (closing_->cleaner_stopped && !writing() && !closing_->started) close_next(closing_);
}

void LogManager::close_next(const std::shared_ptr<Closing>& closing) {
  closing->started = true;
  while (closing->running < std::max<std::size_t>(options_.workers, 1) &&
         closing->next < closing->logs.size()) {
    ++closing->running;
    auto* log = closing->logs[closing->next++];
    log->close(
        [this, closing](Result<void> result) {
          --closing->running;
          if (!result && closing->result) closing->result = std::move(result);
          close_next(closing);
        },
        closing->one_by_one);
  }
  if (closing->running == 0) write_last_files(closing);
}

void LogManager::write_last_files(const std::shared_ptr<Closing>& closing) {
  if (closing->result && flush_->offline()) closing->result = *flush_->failure();
  auto work = [closing, directory = directory_, points = recovery_points(), starts = log_starts(),
               marks = high_watermarks(), cleaned = cleaner_->cleaned(),
               had_cleaned = !cleaner_checkpoint_.durable.empty()]() -> Result<void> {
    if (!closing->result || !closing->loaded) return closing->result;
    if (!closing->one_by_one && closing->to_sync) {
      if (auto done = directory->directory()->sync_file_system(); !done) return done;
    }
    if (auto done = directory->write_checkpoint(kRecoveryPointCheckpoint, points); !done) {
      return done;
    }
    if (auto done = directory->write_checkpoint(kLogStartCheckpoint, starts); !done) return done;
    if (auto done = directory->write_checkpoint(kHighWatermarkCheckpoint, marks); !done) {
      return done;
    }
    if (!cleaned.empty() || had_cleaned) {
      if (auto done = directory->write_checkpoint(kCleanerCheckpoint, cleaned); !done) return done;
    }
    return closing->synced && closing->clean ? directory->write_clean_mark(closing->broker_epoch)
                                             : Result<void>();
  };
  loop_.offload(
      [closing, directory = directory_, work = std::move(work)]() mutable {
        closing->result = work();
        directory->release();
      },
      lifetime_.guard([closing] {
        auto done = std::exchange(closing->done, nullptr);
        done(closing->result);
      }));
}

}  // namespace ottla::broker
