#include "broker/log/log_dirs.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace ottla::broker {

struct LogDirs::Member {
  std::string path;
  bool for_logs = true;
  protocol::Uuid id;
  std::optional<Error> offline;
  // Of log.dirs, unless it could not be opened.
  std::unique_ptr<LogManager> manager;
  // Of a directory that the metadata have to themselves.
  std::unique_ptr<LogDirectory> directory;
  std::unique_ptr<FlushScheduler> flush;

  bool serves() const { return manager != nullptr && !offline; }
};

struct LogDirs::Gathering {
  std::size_t running = 0;
  Result<void> result;
  Done done;

  void end(const Result<void>& one) {
    if (!one && result) result = one;
    if (--running == 0) std::exchange(done, nullptr)(result);
  }
};

LogDirs::LogDirs(base::Loop& loop, std::vector<OpenDirectory> directories, base::Random random,
                 base::Logger logger, const LogManagerOptions& options)
    : loop_(loop), random_(random), logger_(std::move(logger)) {
  const auto count = std::count_if(directories.begin(), directories.end(), [](const auto& each) {
    return each.for_logs && each.taken.has_value();
  });
  const auto parts = std::max<std::size_t>(static_cast<std::size_t>(count), 1);
  auto share = options;
  share.open_files /= parts;
  parts_ = parts;
  share.cleaner.threads = share_of_threads(options.cleaner.threads);
  share.cleaner.map_limits.memory /= parts;
  share.cleaner.max_bytes_per_second /= static_cast<double>(parts);
  for (auto& each : directories) add(std::move(each), share);
  OTTLA_ASSERT(metadata_ != nullptr, "one of the directories is the metadata's");
}

LogDirs::~LogDirs() = default;

std::size_t LogDirs::share_of_threads(std::size_t threads) const {
  return threads == 0 ? 0 : std::max<std::size_t>(threads / parts_, 1);
}

void LogDirs::set_cleaner_threads(std::size_t threads) {
  for (const auto& member : members_) {
    if (member->manager) member->manager->set_cleaner_threads(share_of_threads(threads));
  }
}

void LogDirs::add(OpenDirectory directory, const LogManagerOptions& options) {
  auto& member = *members_.emplace_back(std::make_unique<Member>());
  member.path = std::move(directory.path);
  member.for_logs = directory.for_logs;
  if (directory.for_metadata) metadata_ = &member;
  if (!directory.taken) {
    logger_.error("the log directory " + member.path +
                  " is offline: " + directory.taken.error().to_string());
    member.offline = directory.taken.error();
    return;
  }
  auto& taken = *directory.taken;
  member.id = taken->meta().directory_id;
  const auto on_offline = [this, &member](const Error& error) { go_offline(member, error); };
  if (member.for_logs) {
    member.manager = std::make_unique<LogManager>(loop_, std::move(taken),
                                                  base::Random(random_.next()), logger_, options);
    member.manager->set_on_offline(on_offline);
    return;
  }
  member.directory = std::move(taken);
  member.flush = std::make_unique<FlushScheduler>(loop_, member.directory->directory(), logger_,
                                                  options.flush);
  member.flush->set_on_offline(on_offline);
}

// --- What fails

bool LogDirs::is_vital(const Member& member) const {
  if (&member == metadata_) return true;
  return std::none_of(members_.begin(), members_.end(),
                      [](const auto& each) { return each->serves(); });
}

void LogDirs::go_offline(Member& member, const Error& error) {
  if (member.offline) return;
  member.offline = error;
  if (on_offline_) on_offline_({member.path, member.id, error, is_vital(member)});
}

std::vector<protocol::Uuid> LogDirs::online() const {
  std::vector<protocol::Uuid> ids;
  for (const auto& member : members_) {
    if (member->serves()) ids.push_back(member->id);
  }
  return ids;
}

bool LogDirs::all_online() const {
  return std::none_of(members_.begin(), members_.end(),
                      [](const auto& member) { return member->offline.has_value(); });
}

// --- The start

void LogDirs::load(LogManager::Describe describe, Done done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->done = std::move(done);
  std::vector<Member*> loading;
  for (const auto& member : members_) {
    if (member->serves()) loading.push_back(member.get());
  }
  gathering->running = loading.size();
  if (loading.empty()) {
    gathering->running = 1;
    return gathering->end(ErrorCode::kafka_storage_error);
  }
  for (auto* member : loading) {
    member->manager->load(describe, lifetime_.guard([this, member, gathering](Result<void> loaded) {
      on_loaded(*member, loaded);
      gathering->end(member->offline && is_vital(*member) ? loaded : Result<void>());
    }));
  }
}

void LogDirs::on_loaded(Member& member, const Result<void>& loaded) {
  if (loaded) return;
  // That it cannot be read takes it offline as what cannot be written does.
  member.manager->flush_scheduler().fail(loaded.error());
  go_offline(member, loaded.error());
}

// --- Logs

LogDirs::Member* LogDirs::member_of(const TopicPartition& partition) {
  for (const auto& member : members_) {
    if (member->manager && member->manager->holds(partition)) return member.get();
  }
  return nullptr;
}

Result<UnifiedLog*> LogDirs::create_log(const TopicPartition& partition,
                                        const protocol::Uuid& topic_id,
                                        const protocol::Uuid& directory, const LogConfig& config) {
  const ErrorContext context{.topic = partition.topic, .partition = partition.partition};
  if (const auto* other = member_of(partition); other != nullptr && other->id != directory) {
    return Error(ErrorCode::kafka_storage_error, "the log is in " + other->path, context);
  }
  for (const auto& member : members_) {
    if (!member->manager || member->id != directory) continue;
    return member->manager->create_log(partition, topic_id, config);
  }
  return Error(ErrorCode::kafka_storage_error,
               "its log directory, of the id " + directory.to_string() + ", is not here", context);
}

UnifiedLog* LogDirs::find(const TopicPartition& partition) {
  auto* member = member_of(partition);
  return member == nullptr ? nullptr : member->manager->find(partition);
}

Result<void> LogDirs::delete_log(const TopicPartition& partition) {
  if (auto* member = member_of(partition)) return member->manager->delete_log(partition);
  return Error(ErrorCode::unknown_topic_or_partition, "there is no such log",
               {.topic = partition.topic, .partition = partition.partition});
}

std::optional<protocol::Uuid> LogDirs::directory_of(const TopicPartition& partition) {
  const auto* member = member_of(partition);
  return member == nullptr ? std::nullopt : std::optional(member->id);
}

void LogDirs::checkpoint_log_start_offsets(const std::vector<TopicPartition>& partitions,
                                           Done done) {
  std::vector<Member*> involved;
  for (const auto& partition : partitions) {
    auto* member = member_of(partition);
    const bool known = std::find(involved.begin(), involved.end(), member) != involved.end();
    if (member != nullptr && !known) involved.push_back(member);
  }
  auto gathering = std::make_shared<Gathering>();
  gathering->done = std::move(done);
  gathering->running = involved.size() + 1;
  for (auto* member : involved) {
    member->manager->checkpoint_log_start_offsets(
        [gathering](const Result<void>& written) { gathering->end(written); });
  }
  gathering->end({});
}

// --- What is where

void LogDirs::describe(OnDescribed done) {
  using Spaces = std::vector<std::optional<base::DiskSpace>>;
  std::vector<std::shared_ptr<base::Directory>> roots;
  for (const auto& member : members_) {
    roots.push_back(member->serves() ? member->manager->directory().directory() : nullptr);
  }
  auto spaces = std::make_shared<Spaces>(roots.size());
  auto ask = [spaces, roots = std::move(roots)] {
    for (std::size_t i = 0; i < roots.size(); ++i) {
      if (!roots[i]) continue;
      if (auto space = roots[i]->space()) (*spaces)[i] = *space;
    }
  };
  loop_.offload(std::move(ask), lifetime_.guard([this, spaces, done = std::move(done)]() mutable {
    std::vector<LogDirDescription> found;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& member = *members_[i];
      if (!member.for_logs) continue;
      auto& made = found.emplace_back(LogDirDescription{member.path, !member.serves(), {}, {}});
      if (made.offline) continue;
      for (const auto* log : member.manager->logs()) made.logs.push_back(log);
      made.space = (*spaces)[i];
    }
    done(found);
  }));
}

Result<protocol::Uuid> LogDirs::id_of(std::string_view path) const {
  for (const auto& member : members_) {
    if (!member->for_logs || member->path != path) continue;
    if (member->serves()) return member->id;
    return Error(ErrorCode::kafka_storage_error, "the log directory is offline");
  }
  return Error(ErrorCode::log_dir_not_found, std::string(path) + " is none of log.dirs");
}

// --- The end

void LogDirs::close(std::int64_t broker_epoch, Done done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->done = std::move(done);
  gathering->running = 1;
  for (const auto& member : members_) {
    if (member->directory) member->directory->release();
    if (!member->manager) continue;
    ++gathering->running;
    const bool lost = member->offline.has_value();
    member->manager->close(broker_epoch, [gathering, lost](const Result<void>& closed) {
      gathering->end(lost ? Result<void>() : closed);
    });
  }
  gathering->end({});
}

// --- The metadata's directory

const MetaProperties& LogDirs::meta() const {
  return metadata_->manager ? metadata_->manager->directory().meta() : metadata_->directory->meta();
}

const std::shared_ptr<base::Directory>& LogDirs::metadata_root() const {
  return metadata_->manager ? metadata_->manager->directory().directory()
                            : metadata_->directory->directory();
}

FlushScheduler& LogDirs::metadata_flush() {
  return metadata_->manager ? metadata_->manager->flush_scheduler() : *metadata_->flush;
}

}  // namespace ottla::broker
