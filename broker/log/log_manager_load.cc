#include <algorithm>
#include <string>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/log/log_manager.h"
#include "broker/log/partition_metadata.h"

namespace ottla::broker {

// One load on its way. The worker that lists fills the first part, the loop the rest.
struct LogManager::Loading {
  Describe describe;
  Done done;

  std::vector<Found> found;
  std::vector<std::string> deleted;
  OffsetCheckpoint recovery_points;
  OffsetCheckpoint log_starts;
  OffsetCheckpoint cleaned;
  bool recovery_points_known = true;
  Result<void> listed;

  std::vector<LoadRequest> requests;
  std::size_t next = 0;
  std::size_t running = 0;
  std::size_t unsynced = 0;

  void list(LogDirectory& directory, const base::Logger& logger);
};

void LogManager::Loading::list(LogDirectory& directory, const base::Logger& logger) {
  using Kind = LogDirectoryName::Kind;
  auto entries = directory.directory()->list();
  if (!entries) {
    listed = entries.error();
    return;
  }
  for (const auto& entry : *entries) {
    if (!entry.is_directory) continue;
    auto name = parse_log_directory_name(entry.name);
    if (name.kind == Kind::deleted) deleted.push_back(entry.name);
    if (name.kind == Kind::unknown || name.kind == Kind::future) {
      logger.warn(directory.directory()->path() + "/" + entry.name + " is no log; left alone");
    }
    if (name.kind != Kind::log || name.partition.topic == kMetadataTopic) continue;
    const auto topic_id = topic_id_in(*directory.directory(), entry.name);
    found.push_back({std::move(name.partition), topic_id});
  }
  auto points = directory.read_checkpoint(kRecoveryPointCheckpoint, logger);
  recovery_points_known = points.has_value();
  recovery_points = std::move(points).value_or(OffsetCheckpoint());
  log_starts = directory.read_checkpoint(kLogStartCheckpoint, logger).value_or(OffsetCheckpoint());
  cleaned = directory.read_checkpoint(kCleanerCheckpoint, logger).value_or(OffsetCheckpoint());
}

void LogManager::load(Describe describe, Done done) {
  auto loading = loading_ = std::make_shared<Loading>();
  loading->describe = std::move(describe);
  loading->done = std::move(done);
  loop_.offload(
      [loading, directory = directory_, logger = logger_] { loading->list(*directory, logger); },
      lifetime_.guard([this, loading] { take_in(loading); }));
}

void LogManager::take_in(const std::shared_ptr<Loading>& loading) {
  if (!loading->listed) return end_load(loading->listed);
  recovery_checkpoint_.written = recovery_checkpoint_.durable = loading->recovery_points;
  log_start_checkpoint_.written = log_start_checkpoint_.durable = loading->log_starts;
  cleaner_checkpoint_.written = cleaner_checkpoint_.durable = loading->cleaned;
  const auto offset_in = [](const OffsetCheckpoint& checkpoint, const TopicPartition& partition) {
    const auto known = checkpoint.find(partition);
    return known == checkpoint.end() ? Offset(0) : known->second;
  };
  for (auto& found : loading->found) {
    const auto config = loading->describe(found);
    if (!config) {
      rename_stray(found);
      continue;
    }
    loading->requests.push_back({{found.partition, found.topic_id, directory_->directory()},
                                 *config,
                                 offset_in(loading->log_starts, found.partition),
                                 offset_in(loading->recovery_points, found.partition),
                                 directory_->was_clean(),
                                 loop_.wall_now(),
                                 loop_.now(),
                                 offset_in(loading->cleaned, found.partition),
                                 loading->recovery_points_known});
  }
  for (const auto& name : loading->deleted) remove_directory_later(name, base::Duration(0));
  open_next(loading);
}

void LogManager::rename_stray(const Found& stray) {
  const auto made = random_.uuid();
  const auto name = log_directory_name(stray.partition);
  const auto new_name = stray_directory_name(stray.partition, {made.high, made.low});
  auto renamed = directory_->directory()->rename(name, new_name);
  if (renamed) {
    logger_.warn(name + " belongs to no topic (topic id " + stray.topic_id.to_string() +
                 "): it is kept as " + new_name);
    return;
  }
  logger_.error(renamed.error().to_string());
  failed_.emplace(stray.partition, renamed.error());
}

void LogManager::open_next(const std::shared_ptr<Loading>& loading) {
  while (loading->running < std::max<std::size_t>(options_.workers, 1) &&
         loading->next < loading->requests.size()) {
    const std::size_t i = loading->next++;
    ++loading->running;
    auto loaded = std::make_shared<std::optional<Result<LoadedLog>>>();
    loop_.offload([loading, i, loaded,
                   logger = logger_] { loaded->emplace(load_log(loading->requests[i], logger)); },
                  lifetime_.guard([this, loading, i, loaded] {
                    --loading->running;
                    add_loaded(*loading, loading->requests[i].location.partition,
                               std::move(**loaded));
                    open_next(loading);
                  }));
  }
  if (loading->running == 0) sync_recovered(loading);
}

void LogManager::add_loaded(Loading& loading, const TopicPartition& partition,
                            Result<LoadedLog> loaded) {
  if (loaded) {
    add(std::move(*loaded));
    return;
  }
  logger_.error("the log of " + to_string(partition) +
                " cannot be opened: " + loaded.error().to_string());
  failed_.emplace(partition, loaded.error());
  const auto point = loading.recovery_points.find(partition);
  if (point != loading.recovery_points.end()) failed_recovery_points_.insert(*point);
  const auto start = loading.log_starts.find(partition);
  if (start != loading.log_starts.end()) failed_log_starts_.insert(*start);
}

// Every log whose kept tail is not durable yet has asked to be flushed.
void LogManager::sync_recovered(const std::shared_ptr<Loading>& loading) {
  if (flush_->offline()) return;
  for (const auto& [partition, log] : logs_) {
    if (log->high_watermark() == log->log_end_offset()) continue;
    ++loading->unsynced;
    log->set_on_high_watermark([this, loading] {
      if (--loading->unsynced == 0) end_load({});
    });
  }
  if (loading->unsynced == 0) return end_load({});
  flush_->hurry();
}

// Later, since a log's callback must not be replaced while it runs.
void LogManager::end_load(Result<void> result) {
  auto loading = std::exchange(loading_, nullptr);
  if (!loading) return;
  loaded_ = result.has_value();
  loop_.post(lifetime_.guard([this, loading, result = std::move(result)] {
    for (const auto& [partition, log] : logs_) log->set_on_high_watermark(nullptr);
    every(options_.checkpoint_interval, &LogManager::advance_recovery_points);
    every(options_.high_watermark_interval, &LogManager::checkpoint_high_watermarks);
    every(options_.retention_check_interval, &LogManager::check_retention);
    every(options_.producer_check_interval, &LogManager::check_producers);
    if (result) cleaner_->start(std::move(loading->cleaned));
    auto done = std::exchange(loading->done, nullptr);
    done(result);
  }));
}

}  // namespace ottla::broker
