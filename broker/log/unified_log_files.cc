#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/assert.h"
#include "broker/log/batch_reading.h"
#include "broker/log/file_names.h"
#include "broker/log/partition_metadata.h"
#include "broker/log/segment_swap.h"
#include "broker/log/unified_log.h"

namespace ottla::broker {
namespace {

// A failed sync is never a mere want of space, whatever it says: it must not be tried again.
Result<void> sync_finally(base::File& file) {
  auto synced = file.sync();
  if (synced) return synced;
  return Error(ErrorCode::io_error, synced.error().message(), synced.error().context());
}

Result<void> write_file(base::Directory& directory, std::string_view name, BytesView bytes,
                        bool sync) {
  auto file = directory.open(name, base::OpenMode::create_truncate);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, bytes); !written) return written;
  return sync ? (*file)->sync() : Result<void>();
}

}  // namespace

Result<void> UnifiedLog::create_on_disk(WallMillis now) {
  const auto name = log_directory_name(location_.partition);
  if (!creating_ && location_.parent->exists(name)) {
    return Error(ErrorCode::already_in_use, "a log that was not loaded is there already",
                 {.file = location_.parent->path() + "/" + name});
  }
  creating_ = true;
  auto made = location_.parent->create_directory(name);
  if (!made) return made.error();
  std::shared_ptr<base::Directory> directory = std::move(*made);
  if (!location_.topic_id.is_zero()) {
    auto file = directory->open(kPartitionMetadata, base::OpenMode::create_truncate);
    if (!file) return file.error();
    auto written = (*file)->write_at(0, partition_metadata_text(location_.topic_id));
    if (!written) return written;
    new_metadata_ = std::move(*file);
    metadata_dirty_ = true;
  }
  LogSegment first(directory, log_end_offset_, 0, 0, 0, now);
  if (auto created = first.create(); !created) return created;
  segments_.push_back(std::move(first));
  directory_ = std::move(directory);
  entries_dirty_ = parent_dirty_ = true;
  return {};
}

Result<void> UnifiedLog::roll(WallMillis now) {
  if (auto finished = segments_.back().finish_indexes(); !finished) return finished;
  LogSegment next(directory_, log_end_offset_, 0, 0, 0, now);
  if (auto created = next.create(); !created) return created;
  segments_.push_back(std::move(next));
  entries_dirty_ = true;
  snapshots_to_write_.emplace_back(log_end_offset_, producers_.to_snapshot());
  advance_recovery_point();
  return {};
}

// Everything a worker needs to make the files whole up to `target`.
struct UnifiedLog::Advance {
  Offset target{0};
  Offset loose_snapshot = kNoOffset;  // the target, if no segment begins there
  bool sync = true;
  bool metadata = false;  // partition.metadata is among the files
  std::shared_ptr<base::Directory> parent;
  std::shared_ptr<base::Directory> directory;
  std::vector<std::shared_ptr<base::File>> files;
  std::vector<std::pair<Offset, Bytes>> snapshots;
  std::string epochs;

  // Whoever finds a snapshot may rely on what is below it, transaction indexes included.
  Result<void> run() const {
    for (const auto& file : files) {
      if (!sync) break;
      if (auto done = sync_finally(*file); !done) return done;
    }
    for (const auto& [offset, bytes] : snapshots) {
      auto done = write_file(*directory, segment_file_name(offset, kSnapshotSuffix), bytes, sync);
      if (!done) return done;
    }
    if (!sync) return write_file(*directory, kLeaderEpochCheckpoint, epochs, false);
    if (auto done = directory->replace_file(kLeaderEpochCheckpoint, epochs); !done) return done;
    return parent ? parent->sync() : Result<void>();
  }
};

std::shared_ptr<UnifiedLog::Advance> UnifiedLog::begin_advance(bool sync) {
  auto advance = std::make_shared<Advance>();
  advance->target = log_end_offset_;
  advance->sync = sync;
  advance->directory = directory_;
  if (parent_dirty_) advance->parent = location_.parent;
  advance->snapshots = std::move(snapshots_to_write_);
  snapshots_to_write_.clear();
  advance->epochs = epochs_.to_text();
  const bool at_base = segments_.back().base_offset() == log_end_offset_;
  if ((sync || closed_) && !at_base) {
    advance->loose_snapshot = log_end_offset_;
    advance->snapshots.emplace_back(log_end_offset_, producers_.to_snapshot());
  }
  if (!sync && !closed_) return advance;
  if (metadata_dirty_) {
    auto metadata = metadata_file();
    if (!metadata) return nullptr;
    advance->files.push_back(*metadata);
    advance->metadata = true;
  }
  std::size_t first = segment_of(segments_, recovery_point_);
  // A segment that ends at the recovery point may have been finished since.
  if (first > 0 && segments_[first].base_offset() == recovery_point_) --first;
  for (std::size_t i = first; i < segments_.size(); ++i) {
    auto& segment = segments_[i];
    auto log = segment.file(ReadMode::may_sleep);
    if (!log) return nullptr;
    advance->files.push_back(*log);
    if (segment.size() == 0) continue;
    if (!segment.offset_index().file().write_out()) return nullptr;
    if (!segment.time_index().file().write_out()) return nullptr;
    if (!segment.transaction_index().write_out()) return nullptr;
    for (auto* index : {&segment.offset_index().file(), &segment.time_index().file(),
                        &segment.transaction_index().file()}) {
      if (index == &segment.transaction_index().file() && index->empty()) continue;
      auto file = index->file();
      if (!file) return nullptr;
      advance->files.push_back(*file);
    }
  }
  return advance;
}

void UnifiedLog::advance_recovery_point(std::uint64_t least_bytes) {
  if (!directory_ || offline_ || closed_ || bytes_since_recovery_point_ < least_bytes) return;
  if (recovery_point_ == log_end_offset_ && snapshots_to_write_.empty()) return;
  if (advancing_) {
    advance_again_ = true;
    return;
  }
  auto advance = begin_advance(config_.effective_durability() != Durability::memory);
  if (!advance) return;  // No room for an index: it is only put off.
  advancing_ = true;
  bytes_since_recovery_point_ = 0;
  auto result = std::make_shared<Result<void>>();
  loop_.offload([advance, result] { *result = advance->run(); },
                lifetime_.guard([this, advance, result] { end_advance(*advance, *result); }));
}

void UnifiedLog::end_advance(const Advance& advance, const Result<void>& result) {
  advancing_ = false;
  // For want of space it is only put off; the log files themselves were not the reason. A sync that
  // failed must not be tried again by a close that waits.
  if (!result && result.error().code() != ErrorCode::no_space) flush_.fail(result.error());
  if (closed_) {
    if (on_closed_ && !renaming_segments()) finish();
    return;
  }
  if (offline_) return;
  if (!result) {
    // There is no room for a snapshot; the deletion makes some.
    if (!doomed_.empty() && !deleting_) rename_doomed();
    return;
  }
  for (const auto& [offset, bytes] : advance.snapshots) {
    newest_snapshot_ = std::max(newest_snapshot_, offset);
  }
  if (advance.sync) {
    if (advance.parent) parent_dirty_ = false;
    if (advance.metadata) {
      metadata_dirty_ = false;
      new_metadata_.reset();
    }
    recovery_point_ = std::max(recovery_point_, advance.target);
    durable_offset_ = std::max(durable_offset_, advance.target);
    const Offset previous = std::exchange(loose_snapshot_, advance.loose_snapshot);
    const bool of_a_segment = segments_[segment_of(segments_, previous)].base_offset() == previous;
    if (previous != kNoOffset && previous != advance.target && !of_a_segment) {
      (void)directory_->remove(segment_file_name(previous, kSnapshotSuffix));
    }
    raise_high_watermark();
  }
  close_surplus_files(kNoOffset);
  if (std::exchange(advance_again_, false)) advance_recovery_point();
  open_logs_.trim();
  rename_doomed_when_safe();
}

std::size_t UnifiedLog::delete_old_segments() {
  if (segments_.empty() || offline_ || closed_ || renaming_segments()) return 0;
  const WallMillis now = loop_.wall_now();
  auto excess = config_.cleanup_delete && config_.retention_bytes >= 0
                    ? static_cast<std::int64_t>(size_in_bytes()) - config_.retention_bytes
                    : -1;
  std::size_t count = 0;
  for (; count < segments_.size(); ++count) {
    auto& segment = segments_[count];
    const bool active = count + 1 == segments_.size();
    const Offset end = active ? log_end_offset_ : segments_[count + 1].base_offset();
    if (end > high_watermark_ || (active && segment.size() == 0)) break;
    const auto newest = segment.max_timestamp(ReadMode::no_wait);
    const bool old = config_.cleanup_delete && config_.retention_ms >= 0 && newest &&
                     now - (newest->timestamp < 0 ? segment.created() : newest->timestamp) >
                         config_.retention_ms;
    const auto size = static_cast<std::int64_t>(segment.size());
    const bool too_much = excess >= size;
    if (too_much) excess -= size;
    if (!old && !too_much && end > log_start_offset_) break;
  }
  if (count == 0) {
    rename_doomed_when_safe();
    return 0;
  }
  if (count == segments_.size() && !roll(now)) --count;
  if (count > 0) remove_segments(count);
  return count;
}

void UnifiedLog::remove_segments(std::size_t count) {
  const Offset start = segments_[count].base_offset();
  log_start_offset_ = std::max(log_start_offset_, start);
  epochs_.truncate_from_start(log_start_offset_);
  for (std::size_t i = 0; i < count; ++i) doomed_.push_back(segments_[i].base_offset());
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(count));
  logger_.info("deleted " + std::to_string(count) + " segments of " +
               to_string(location_.partition) + ", it starts at offset " +
               std::to_string(log_start_offset_.value));
  rename_doomed_when_safe();
}

// What the deleted batches told of producers must be in a snapshot first.
void UnifiedLog::rename_doomed_when_safe() {
  if (doomed_.empty() || deleting_ || advancing_) return;
  if (newest_snapshot_ < segments_.front().base_offset()) {
    snapshots_to_write_.emplace_back(log_end_offset_, producers_.to_snapshot());
    advance_recovery_point();
    if (advancing_) return;
  }
  rename_doomed();
}

// One after the other, each durably, or a power cut could bring an older one back and not the newer
// one: a hole.
void UnifiedLog::rename_doomed() {
  struct State {
    std::vector<std::string> renamed;
    std::vector<Offset> left;
    Result<void> result;
  };
  deleting_ = true;
  auto state = std::make_shared<State>();
  const bool sync = config_.effective_durability() != Durability::memory;
  loop_.offload(
      [state, directory = directory_, doomed = std::exchange(doomed_, {}), sync] {
        for (auto base = doomed.begin(); base != doomed.end(); ++base) {
          state->result = rename_deleted(*directory, *base, true, sync, state->renamed);
          if (state->result && sync) state->result = directory->sync();
          if (state->result) continue;
          state->left.assign(base, doomed.end());
          return;
        }
      },
      lifetime_.guard([this, state] {
        deleting_ = false;
        unlink_later(std::move(state->renamed));
        if (state->result) return rename_doomed_when_safe();
        if (state->result.error().code() != ErrorCode::no_space) {
          return flush_.fail(state->result.error());
        }
        // There is no room for a name. The next look at retention tries again.
        doomed_.insert(doomed_.begin(), state->left.begin(), state->left.end());
      }));
}

void UnifiedLog::unlink_later(std::vector<std::string> names) {
  const auto when = loop_.now() + std::chrono::milliseconds(config_.file_delete_delay_ms);
  auto unlink = [directory = directory_, names = std::move(names), logger = logger_] {
    for (const auto& name : names) {
      if (auto done = directory->remove(name); !done) logger.warn(done.error().to_string());
    }
  };
  loop_.call_at(when, lifetime_.guard([this, unlink = std::move(unlink)]() mutable {
    if (!closed_) loop_.offload(std::move(unlink), [] {});
  }));
}

void UnifiedLog::close(OnClosed done, bool sync) {
  OTTLA_ASSERT(!closed_, "a log is closed once");
  closed_ = true;
  sync_at_close_ = sync && config_.effective_durability() != Durability::memory;
  on_closed_ = std::move(done);
  give_up_replacement();
  if (!advancing_ && !renaming_segments()) finish();
}

void UnifiedLog::finish() {
  auto result = std::make_shared<Result<void>>();
  std::shared_ptr<Advance> advance;
  if (offline_) {
    *result = *offline_;
  } else if (directory_ && touched_) {
    if (auto done = segments_.back().finish_indexes(); !done) *result = done;
    if (*result) advance = begin_advance(sync_at_close_);
    if (*result && !advance) *result = Error(ErrorCode::io_error, "the files cannot be finished");
  }
  loop_.offload(
      [advance, result] {
        if (advance) *result = advance->run();
      },
      lifetime_.guard([this, result] {
        const bool memory = config_.effective_durability() == Durability::memory;
        if (*result && !memory) recovery_point_ = log_end_offset_;
        if (*result && sync_at_close_) end_flush({.end_offset = log_end_offset_});
        // The logs that are closed after this one need them.
        close_files();
        auto done = std::exchange(on_closed_, nullptr);
        done(*result);
      }));
}

void UnifiedLog::abandon() {
  closed_ = true;
  open_logs_.forget(open_place_);
  flush_.detach(*this);
  segments_.clear();
  directory_.reset();
}

}  // namespace ottla::broker
