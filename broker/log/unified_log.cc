#include "broker/log/unified_log.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/assert.h"
#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// After a want of file descriptors.
constexpr auto kFlushAgain = std::chrono::milliseconds(100);

}  // namespace

UnifiedLog::UnifiedLog(LoadedLog loaded, LogEnvironment environment)
    : location_(std::move(loaded.location)),
      loop_(*environment.loop),
      flush_(*environment.flush),
      open_logs_(*environment.open_logs),
      logger_(std::move(environment.logger)),
      config_(loaded.config),
      directory_(std::move(loaded.directory)),
      segments_(std::move(loaded.segments)),
      epochs_(std::move(loaded.epochs)),
      producers_(std::move(loaded.producers)),
      log_start_offset_(loaded.log_start_offset),
      log_end_offset_(loaded.log_end_offset),
      high_watermark_(loaded.durable_offset),
      durable_offset_(loaded.durable_offset),
      recovery_point_(loaded.recovery_point),
      newest_snapshot_(loaded.newest_snapshot) {
  flush_.attach(*this);
  if (flush_.offline()) offline_ = flush_.failure();
  if (!loaded.clean) entries_dirty_ = parent_dirty_ = touched_ = true;
  metadata_dirty_ = loaded.unsynced_metadata;
  if (durable_offset_ < log_end_offset_) {
    touched_ = true;
    want_flush();
  }
  raise_high_watermark();
  const auto open = [](const LogSegment& segment) { return segment.has_open_files(); };
  if (std::any_of(segments_.begin(), segments_.end(), open)) note_use();
}

UnifiedLog::~UnifiedLog() {
  open_logs_.forget(open_place_);
  flush_.detach(*this);
}

Error UnifiedLog::located(ErrorCode code, std::string message, std::string file) const {
  return Error(code, std::move(message),
               {.topic = location_.partition.topic,
                .partition = location_.partition.partition,
                .file = std::move(file)});
}

Error UnifiedLog::located(const Error& error) const {
  auto context = error.context();
  context.topic = location_.partition.topic;
  context.partition = location_.partition.partition;
  return Error(error.code(), error.message(), std::move(context));
}

Result<void> UnifiedLog::check_usable() const {
  if (closed_) return located(ErrorCode::closed, "the log is closed");
  if (!offline_) return {};
  return located(ErrorCode::kafka_storage_error,
                 "the log directory is offline: " + offline_->message(), offline_->context().file);
}

void UnifiedLog::update_config(const LogConfig& config) {
  config_ = config;
  if (durable_offset_ < log_end_offset_) want_flush();
  // What was to be synced at leisure may be waited for now.
  flush_soon();
  raise_high_watermark();
}

Result<AppendInfo> UnifiedLog::append_as_leader(std::span<char> batches, LeaderEpoch leader_epoch,
                                                AppendOrigin origin) {
  if (auto usable = check_usable(); !usable) return usable.error();
  const WallMillis now = loop_.wall_now();
  batches_.clear();
  const BytesView bytes(batches.data(), batches.size());
  if (auto valid = validate_batches(bytes, origin, config_, now, batches_); !valid) {
    return located(valid.error());
  }
  Bytes recompressed;
  if (origin == AppendOrigin::client) {
    if (auto duplicate = find_duplicate()) return *duplicate;
    if (auto good = check_sequences(); !good) return located(good.error());
    if (auto done = recompress_batch(recompressed, batches); !done) return located(done.error());
  } else if (auto good = check_coordinated(); !good) {
    return located(good.error());
  }
  const SegmentAppend append = stamp(batches, leader_epoch, now);
  if (auto ready = make_room(append, now); !ready) return ready.error();
  if (auto written = write(append); !written) return written.error();
  AppendInfo info{log_end_offset_, append.last_offset, kNoTimestamp, log_start_offset_, false};
  if (config_.message_timestamp_type == TimestampType::log_append_time) info.log_append_time = now;
  note_batches(leader_epoch);
  log_end_offset_ = append.last_offset + 1;
  bytes_since_recovery_point_ += append.bytes.size();
  want_flush();
  raise_high_watermark();
  return info;
}

std::optional<AppendInfo> UnifiedLog::find_duplicate() const {
  const auto& batch = batches_.front().batch;
  if (!batch.has_producer_id()) return {};
  const auto known = producers_.find_duplicate(batch);
  if (!known) return {};
  AppendInfo info{known->first_offset(), known->last_offset, kNoTimestamp, log_start_offset_, true};
  if (config_.message_timestamp_type == TimestampType::log_append_time) {
    info.log_append_time = known->timestamp;
  }
  return info;
}

Result<void> UnifiedLog::check_sequences() const {
  const auto& batch = batches_.front().batch;
  return batch.has_producer_id() ? producers_.check(batch) : Result<void>();
}

Result<void> UnifiedLog::check_coordinated() const {
  for (const auto& [batch, max_timestamp] : batches_) {
    if (!batch.has_producer_id()) continue;
    if (auto good = producers_.check_coordinated(batch); !good) return good;
  }
  return {};
}

Result<void> UnifiedLog::recompress_batch(Bytes& made, std::span<char>& batches) {
  auto& validated = batches_.front();
  if (!needs_recompression(validated.batch, config_)) return {};
  auto packed = recompress(validated.batch, config_);
  if (!packed) return packed.error();
  made = std::move(*packed);
  batches = made;
  auto view = protocol::RecordBatchView::parse(made);
  if (!view) return view.error();
  validated.batch = *view;
  return {};
}

// Writes into the batches what a leader decides; the views see it, since they look at the bytes.
SegmentAppend UnifiedLog::stamp(std::span<char> batches, LeaderEpoch leader_epoch, WallMillis now) {
  SegmentAppend append{BytesView(batches.data(), batches.size()), log_end_offset_, kNoTimestamp,
                       log_end_offset_, log_end_offset_};
  Offset next = log_end_offset_;
  char* at = batches.data();
  for (auto& [batch, max_timestamp] : batches_) {
    const bool by_broker = config_.message_timestamp_type == TimestampType::log_append_time;
    if (by_broker && !batch.is_control()) {
      max_timestamp = now;
      protocol::stamp_timestamps(at, TimestampType::log_append_time, now);
    } else if (batch.max_timestamp() != max_timestamp) {
      protocol::stamp_timestamps(at, batch.timestamp_type(), max_timestamp);
    }
    protocol::stamp_offsets(at, next, leader_epoch);
    next = batch.next_offset();
    append.last_offset = batch.last_offset();
    if (at == batches.data()) append.last_offset_of_first = append.last_offset;
    if (max_timestamp > append.max_timestamp) {
      append.max_timestamp = max_timestamp;
      append.offset_of_max_timestamp = append.last_offset;
    }
    at += batch.size_in_bytes();
  }
  return append;
}

Result<void> UnifiedLog::make_room(const SegmentAppend& append, WallMillis now) {
  touched_ = true;  // even if it comes to nothing
  note_use();       // Before files are opened, so that there is room for them.
  Result<void> ready;
  if (!directory_) ready = create_on_disk(now);
  if (ready && wants_roll(append, now)) ready = roll(now);
  if (ready) {
    auto file = segments_.back().file(ReadMode::may_sleep);
    if (!file) ready = file.error();
  }
  if (ready) return {};
  logger_.error(to_string(location_.partition) +
                " cannot be appended to: " + ready.error().to_string());
  return located(ErrorCode::kafka_storage_error, ready.error().message(),
                 ready.error().context().file);
}

// A new log does not roll before its first sync: of two files whose names are not durable a power
// cut may keep the second, and nothing would tell that the log did not begin with it.
bool UnifiedLog::wants_roll(const SegmentAppend& append, WallMillis now) {
  const auto& active = segments_.back();
  const bool unborn = config_.effective_durability() == Durability::fsync &&
                      durable_offset_ == segments_.front().base_offset();
  if (!unborn) return active.should_roll(append, config_, now);
  if (active.size() > 0) flush_soon();
  return active.must_roll(append);
}

Result<void> UnifiedLog::write(const SegmentAppend& append) {
  auto written = segments_.back().append(append, config_);
  if (written) return {};
  const auto& error = written.error();
  if (error.code() == ErrorCode::no_space) {
    if (cut_segment_ == kNoOffset) cut_segment_ = segments_.back().base_offset();
    ++cuts_;
    logger_.warn("no space left: an append to " + to_string(location_.partition) +
                 " was refused and taken back");
  } else {
    flush_.fail(error);
  }
  return located(ErrorCode::kafka_storage_error, error.message(), error.context().file);
}

void UnifiedLog::note_batches(LeaderEpoch leader_epoch) {
  epochs_.assign(leader_epoch, log_end_offset_);
  for (const auto& [batch, max_timestamp] : batches_) {
    if (!batch.has_producer_id()) continue;
    const auto header = header_of(batch, 0);
    const auto marker = header.control ? read_marker(batch) : std::nullopt;
    if (const auto aborted = producers_.update(header, marker, loop_.now())) note_aborted(*aborted);
  }
}

// What there is no room for stays in memory, as with the other indexes.
void UnifiedLog::note_aborted(const AbortedTransaction& transaction) {
  auto noted = segments_.back().transaction_index().append(transaction);
  if (!noted && noted.error().code() != ErrorCode::no_space) flush_.fail(noted.error());
}

void UnifiedLog::want_flush() {
  if (dirty_ || offline_ || closed_ || held_) return;
  if (config_.effective_durability() == Durability::fsync) {
    dirty_ = true;
    flush_.add(*this);
    return;
  }
  if (config_.durability == Durability::memory && !config_.flush_messages) return;
  const auto unsynced = log_end_offset_ - durable_offset_;
  if (config_.flush_messages && unsynced >= *config_.flush_messages) {
    dirty_ = true;
    flush_.add(*this);
    flush_.hurry();
  } else if (config_.flush_ms) {
    // A day is as good as never, and does not overflow.
    const auto within = std::min<std::int64_t>(*config_.flush_ms, 86'400'000);
    if (*config_.flush_ms > within) return;
    dirty_ = true;
    flush_.add(*this, std::chrono::milliseconds(within));
  }
}

void UnifiedLog::flush_soon() {
  if (dirty_ && config_.effective_durability() == Durability::fsync) flush_.hurry();
}

void UnifiedLog::release() {
  held_ = false;
  if (durable_offset_ < log_end_offset_) want_flush();
  flush_soon();
  raise_high_watermark();
}

void UnifiedLog::raise_high_watermark() {
  if (held_) return;
  const bool synced = config_.effective_durability() == Durability::fsync;
  const Offset reached = synced ? durable_offset_ : log_end_offset_;
  if (reached <= high_watermark_) return;
  high_watermark_ = reached;
  producers_.forget_ends_below(reached);
  if (on_high_watermark_) on_high_watermark_();
}

void UnifiedLog::set_on_high_watermark(base::UniqueFunction<void()> on_high_watermark) {
  on_high_watermark_ = std::move(on_high_watermark);
}

void UnifiedLog::set_on_offline(base::UniqueFunction<void(const Error&)> on_offline) {
  on_offline_ = std::move(on_offline);
}

Offset UnifiedLog::last_stable_offset() const {
  const auto unstable = producers_.first_unstable_offset(high_watermark_);
  if (!unstable) return high_watermark_;
  // What was deleted holds nobody back.
  return std::max(std::min(*unstable, high_watermark_), log_start_offset_);
}

Offset UnifiedLog::offset_of(ReadBound bound) const {
  switch (bound) {
    case ReadBound::log_end:
      return log_end_offset_;
    case ReadBound::high_watermark:
      return high_watermark_;
    case ReadBound::last_stable:
      return last_stable_offset();
  }
  return high_watermark_;
}

TimestampedOffset UnifiedLog::earliest() const {
  const auto epoch = epochs_.epoch_of(log_start_offset_);
  return {log_start_offset_, kNoTimestamp, epoch.value_or(kNoLeaderEpoch)};
}

TimestampedOffset UnifiedLog::latest(ReadBound bound) const {
  return {offset_of(bound), kNoTimestamp, epochs_.latest_epoch().value_or(kNoLeaderEpoch)};
}

EpochEndOffset UnifiedLog::end_offset_for_epoch(LeaderEpoch epoch) const {
  return epochs_.end_offset_of(epoch, log_end_offset_);
}

std::uint64_t UnifiedLog::size_in_bytes() const {
  std::uint64_t size = 0;
  for (const auto& segment : segments_) size += segment.size();
  return size;
}

Result<void> UnifiedLog::advance_log_start_offset(Offset offset) {
  if (auto usable = check_usable(); !usable) return usable;
  if (offset > high_watermark_) {
    return located(ErrorCode::offset_out_of_range,
                   "the log start offset cannot be raised to " + std::to_string(offset.value) +
                       ", above the high watermark " + std::to_string(high_watermark_.value));
  }
  if (offset <= log_start_offset_) return {};
  log_start_offset_ = offset;
  epochs_.truncate_from_start(offset);
  return {};
}

void UnifiedLog::expire_producers(base::Duration most) {
  producers_.expire(loop_.now() - most);
}

// What concerns the log as a whole stays to be synced until that is done: an advance of the
// recovery point that begins meanwhile and ends first must not do without.
std::optional<FlushTarget> UnifiedLog::begin_flush(bool as_closed_files) {
  FlushTarget target;
  target.end_offset = log_end_offset_;
  if (parent_dirty_) target.parent = location_.parent;
  if (entries_dirty_) target.directory = directory_;
  if (auto collected = collect_files(as_closed_files, target); !collected) {
    if (collected.error().code() != ErrorCode::no_space) {
      flush_.fail(collected.error());
      return {};
    }
    logger_.warn("the sync of " + to_string(location_.partition) +
                 " waits: " + collected.error().to_string());
    flush_.add(*this, kFlushAgain);
    return {};
  }
  dirty_ = entries_dirty_ = false;
  return target;
}

Result<void> UnifiedLog::collect_files(bool as_closed_files, FlushTarget& target) {
  if (metadata_dirty_ && as_closed_files && !new_metadata_) {
    target.closed.push_back({directory_, std::string(kPartitionMetadata)});
  } else if (metadata_dirty_) {
    auto file = metadata_file();
    if (!file) return file.error();
    target.before_entries.push_back(*file);
  }
  target.metadata = metadata_dirty_;
  target.cuts = cuts_;
  const Offset from =
      cut_segment_ == kNoOffset ? durable_offset_ : std::min(durable_offset_, cut_segment_);
  for (std::size_t i = segments_.size(); i-- > 0;) {
    auto& segment = segments_[i];
    if (as_closed_files && !segment.has_open_files()) {
      target.closed.push_back({directory_, segment.file_name()});
    } else {
      auto file = segment.file(ReadMode::may_sleep);
      if (!file) return file.error();
      auto& files = i + 1 == segments_.size() ? target.after_entries : target.before_entries;
      files.push_back(*file);
    }
    if (segment.base_offset() <= from) break;
  }
  return {};
}

Result<std::shared_ptr<base::File>> UnifiedLog::metadata_file() {
  if (new_metadata_) return new_metadata_;
  return directory_->open(kPartitionMetadata, base::OpenMode::read_write);
}

void UnifiedLog::end_flush(const FlushTarget& target) {
  if (target.parent) parent_dirty_ = false;
  if (target.metadata) {
    metadata_dirty_ = false;
    new_metadata_.reset();
  }
  if (target.cuts == cuts_) cut_segment_ = kNoOffset;
  durable_offset_ = std::max(durable_offset_, target.end_offset);
  raise_high_watermark();
  open_logs_.trim();
}

void UnifiedLog::go_offline(const Error& error) {
  if (offline_) return;
  offline_ = error;
  if (on_offline_) on_offline_(error);
}

}  // namespace ottla::broker
