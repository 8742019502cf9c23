#include "broker/log/log_segment.h"

#include <algorithm>
#include <limits>

#include "broker/log/file_names.h"
#include "broker/log/leftovers.h"

namespace ottla::broker {
namespace {

constexpr std::int64_t kMaxRelativeOffset = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kRecoveryBuffer = 1 << 20;

// What is kept in memory for want of space is written later; nothing depends on it.
Result<void> unless_full(Result<void> written) {
  if (!written && written.error().code() == ErrorCode::no_space) return {};
  return written;
}

}  // namespace

LogSegment::LogSegment(std::shared_ptr<base::Directory> directory, Offset base_offset,
                       std::uint64_t size, std::size_t index_entries, std::size_t time_entries,
                       WallMillis created, std::string_view name_suffix,
                       std::size_t aborted_entries)
    : directory_(directory),
      name_suffix_(name_suffix),
      base_offset_(base_offset),
      size_(size),
      created_(created),
      offset_index_(directory, base_offset, index_entries, name_suffix),
      time_index_(directory, base_offset, time_entries, name_suffix),
      transaction_index_(directory, base_offset, aborted_entries, name_suffix) {}

std::string LogSegment::file_name() const {
  return segment_file_name(base_offset_, kLogSuffix).append(name_suffix_);
}

Result<void> LogSegment::create() {
  auto made = directory_->open(file_name(), base::OpenMode::create_truncate);
  if (!made) return made.error();
  file_ = std::move(*made);
  return {};
}

Result<std::shared_ptr<base::File>> LogSegment::file(ReadMode mode) {
  if (file_) return file_;
  if (mode == ReadMode::no_wait) return ErrorCode::would_block;
  auto opened = directory_->open(file_name(), base::OpenMode::read_write);
  if (!opened) return opened;
  file_ = *opened;
  return opened;
}

bool LogSegment::must_roll(const SegmentAppend& append) const {
  return static_cast<std::int64_t>(size_ + append.bytes.size()) > kMaxRelativeOffset ||
         append.last_offset - base_offset_ > kMaxRelativeOffset;
}

bool LogSegment::should_roll(const SegmentAppend& append, const LogConfig& config,
                             WallMillis now) const {
  if (must_roll(append)) return true;
  if (size_ == 0) return false;
  if (static_cast<std::int64_t>(size_ + append.bytes.size()) > config.segment_bytes) return true;
  const auto first = first_batch_timestamp_.value_or(kNoTimestamp);
  const auto waited = first >= 0 ? append.max_timestamp - first : now - created_;
  if (waited > config.max_segment_ms()) return true;
  const auto index_bytes = static_cast<std::size_t>(config.segment_index_bytes);
  return offset_index_.file().size() >= index_bytes / OffsetIndex::kEntrySize ||
         time_index_.file().size() + 1 >= index_bytes / TimeIndex::kEntrySize;
}

Result<void> LogSegment::append(const SegmentAppend& append, const LogConfig& config) {
  auto log = file(ReadMode::may_sleep);
  if (!log) return log.error();
  const std::uint64_t position = size_;
  if (auto wrote = (*log)->write_at(position, append.bytes); !wrote) {
    if (auto cut = (*log)->truncate(position); !cut) {
      return Error(ErrorCode::io_error,
                   "a write failed (" + wrote.error().message() +
                       ") and what it had written cannot be cut off: " + cut.error().message(),
                   cut.error().context());
    }
    return wrote;
  }
  size_ += append.bytes.size();
  return update_indexes(position, append, config);
}

Result<void> LogSegment::update_indexes(std::uint64_t position, const SegmentAppend& append,
                                        const LogConfig& config) {
  if (!first_batch_timestamp_) first_batch_timestamp_ = append.max_timestamp;
  if (!max_timestamp_) max_timestamp_ = TimeIndex::Entry{kNoTimestamp, base_offset_};
  if (append.max_timestamp > max_timestamp_->timestamp) {
    max_timestamp_ = TimeIndex::Entry{append.max_timestamp, append.offset_of_max_timestamp};
  }
  if (bytes_since_index_entry_ > static_cast<std::uint64_t>(config.index_interval_bytes)) {
    bytes_since_index_entry_ = 0;
    auto added = unless_full(offset_index_.append(append.last_offset_of_first, position));
    if (!added) return added;
    added = unless_full(time_index_.maybe_append(max_timestamp_->timestamp, max_timestamp_->offset,
                                                 ReadMode::may_sleep));
    if (!added) return added;
  }
  bytes_since_index_entry_ += append.bytes.size();
  return {};
}

// Index entries have no checksum: one is believed if the batch it points at agrees. Otherwise the
// segment is read from its beginning.
Result<std::optional<BatchHeader>> LogSegment::find_batch(Offset target, ReadMode mode) {
  if (size_ == 0) return std::optional<BatchHeader>();
  auto start = offset_index_.lookup(target, mode);
  if (!start && !is_damage(start.error())) return start.error();
  auto log = file(mode);
  if (!log) return log.error();
  const auto find = [target](BatchScanner& batches, Result<std::optional<BatchHeader>> batch) {
    while (batch && *batch && (*batch)->last_offset < target) batch = batches.next();
    return batch;
  };
  if (start && start->position > 0 && start->position < size_ && start->offset <= target) {
    BatchScanner batches(**log, start->position, size_, mode);
    auto batch = batches.next();
    if (!batch && !is_damage(batch.error())) return batch;
    if (batch && (*batch)->base_offset <= start->offset) return find(batches, std::move(batch));
  }
  BatchScanner batches(**log, 0, size_, mode);
  return find(batches, batches.next());
}

// Whether a batch begins at `position` that lies behind `first` and not wholly at or above `bound`.
Result<bool> LogSegment::begins_between(std::uint64_t position, const BatchHeader& first,
                                        Offset bound, ReadMode mode) {
  if (position <= first.end() || position >= size_) return false;
  BatchScanner at(*file_, position, size_, mode);
  auto batch = at.next();
  if (!batch && !is_damage(batch.error())) return batch.error();
  return batch && (*batch)->base_offset > first.last_offset && (*batch)->base_offset < bound;
}

Result<LogSegment::End> LogSegment::end_of_batches(const BatchHeader& first, Offset bound,
                                                   std::size_t max_bytes, ReadMode mode) {
  const std::uint64_t limit =
      max_bytes > size_ - first.position ? size_ : first.position + max_bytes;
  const bool bounded = bound != kNoBound;
  if (!bounded && limit == size_) return End{size_, bound};
  // Entries name the start of a batch and its last offset: all before the start is smaller.
  auto by_position = offset_index_.lookup_position(limit, mode);
  if (!by_position && !is_damage(by_position.error())) return by_position.error();
  std::uint64_t known = by_position ? by_position->position : 0;
  if (bounded) {
    auto by_offset = offset_index_.lookup(bound - 1, mode);
    if (!by_offset && !is_damage(by_offset.error())) return by_offset.error();
    known = by_offset ? std::min(known, by_offset->position) : 0;
  }
  auto log = file(mode);
  if (!log) return log.error();
  auto sound = begins_between(known, first, bound, mode);
  if (!sound) return sound.error();
  BatchScanner batches(**log, *sound ? known : first.end(), size_, mode);
  End end{batches.position(), *sound ? bound : first.last_offset + 1};
  while (end.position < limit) {
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) break;
    if ((*batch)->end() > limit || (bounded && (*batch)->last_offset >= bound)) {
      end.bound = (*batch)->base_offset;
      break;
    }
    end = {(*batch)->end(), (*batch)->last_offset + 1};
  }
  return end;
}

Result<TimeIndex::Entry> LogSegment::max_timestamp(ReadMode mode) {
  if (max_timestamp_) return *max_timestamp_;
  auto last = time_index_.last(mode);
  if (last) max_timestamp_ = *last;
  return last;
}

Result<Offset> LogSegment::read_next_offset() {
  if (size_ == 0) return base_offset_;
  auto last = offset_index_.last(ReadMode::may_sleep);
  if (!last) return last.error();
  auto log = file(ReadMode::may_sleep);
  if (!log) return log.error();
  const std::uint64_t from = *last ? (*last)->position : 0;
  if (from >= size_) {
    return Error(ErrorCode::corrupt_data, "the index points beyond the end of the log file",
                 {.file = (*log)->path()});
  }
  BatchScanner batches(**log, from, size_, ReadMode::may_sleep);
  Offset next = base_offset_;
  for (;;) {
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) return next;
    if ((*batch)->base_offset < next) {
      return Error(ErrorCode::corrupt_message, "offsets go back",
                   {.file = (*log)->path(), .offset = (*batch)->base_offset.value});
    }
    next = (*batch)->last_offset + 1;
  }
}

Result<void> LogSegment::read_first_timestamp() {
  if (size_ == 0 || first_batch_timestamp_) return {};
  auto log = file(ReadMode::may_sleep);
  if (!log) return log.error();
  BatchScanner first(**log, 0, size_, ReadMode::may_sleep, protocol::kBatchHeaderSize);
  auto batch = first.next();
  if (!batch) return batch.error();
  if (*batch) first_batch_timestamp_ = (*batch)->max_timestamp;
  return {};
}

Result<void> LogSegment::prepare_to_append() {
  if (size_ == 0) return {};
  if (auto read = read_first_timestamp(); !read) return read;
  auto entry = offset_index_.last(ReadMode::may_sleep);
  if (!entry) return entry.error();
  bytes_since_index_entry_ = size_ - (*entry ? (*entry)->position : 0);
  auto newest = max_timestamp(ReadMode::may_sleep);
  return newest ? Result<void>() : newest.error();
}

Result<void> LogSegment::finish_indexes() {
  auto newest = max_timestamp(ReadMode::may_sleep);
  if (!newest) return newest.error();
  if (newest->timestamp >= 0) {
    auto added = time_index_.maybe_append(newest->timestamp, newest->offset, ReadMode::may_sleep);
    if (!added) return added;
  }
  if (auto wrote = offset_index_.file().write_out(); !wrote) return wrote;
  if (auto wrote = time_index_.file().write_out(); !wrote) return wrote;
  return transaction_index_.write_out();
}

void LogSegment::set_aborted_entries(std::size_t entries) {
  transaction_index_ = TransactionIndex(directory_, base_offset_, entries, name_suffix_);
}

Result<void> LogSegment::open_files() {
  if (auto log = file(ReadMode::may_sleep); !log) return log.error();
  if (auto index = offset_index_.file().file(); !index) return index.error();
  if (auto index = time_index_.file().file(); !index) return index.error();
  if (transaction_index_.empty()) return {};
  auto index = transaction_index_.file().file();
  return index ? Result<void>() : index.error();
}

void LogSegment::adopt(const LogSegment& opened) {
  if (!file_) file_ = opened.file_;
  if (!max_timestamp_) max_timestamp_ = opened.max_timestamp_;
  if (!first_batch_timestamp_) first_batch_timestamp_ = opened.first_batch_timestamp_;
  offset_index_.file().adopt(opened.offset_index_.file());
  time_index_.file().adopt(opened.time_index_.file());
  transaction_index_.file().adopt(opened.transaction_index_.file());
}

void LogSegment::release_files() {
  file_.reset();
  offset_index_.file().release_file();
  time_index_.file().release_file();
  transaction_index_.file().release_file();
}

// Where to begin reading: everything before it lies below `trusted` and was synced with its
// indexes. What the indexes say from there on is dropped.
Result<std::uint64_t> LogSegment::drop_indexes_from(Offset trusted) {
  max_timestamp_.reset();
  first_batch_timestamp_.reset();
  if (auto kept = offset_index_.keep_sound_part(size_); !kept) return kept.error();
  if (auto kept = time_index_.keep_sound_part(); !kept) return kept.error();
  auto log = file(ReadMode::may_sleep);
  if (!log) return log.error();
  OffsetIndex::Entry start{base_offset_, 0};
  if (trusted > base_offset_) {
    auto known = offset_index_.lookup(trusted - 1, ReadMode::may_sleep);
    if (!known) return known.error();
    BatchScanner at(**log, known->position, size_, ReadMode::may_sleep);
    const auto batch = at.next();
    const bool sound = batch && *batch && (*batch)->base_offset <= known->offset;
    if (sound && known->position > 0) start = {(*batch)->base_offset, known->position};
  }
  if (auto cut = offset_index_.truncate_to_position(start.position, ReadMode::may_sleep); !cut) {
    return cut.error();
  }
  if (auto cut = time_index_.truncate_to_offset(start.offset, ReadMode::may_sleep); !cut) {
    return cut.error();
  }
  auto newest = max_timestamp(ReadMode::may_sleep);
  if (!newest) return newest.error();
  // The entry of the place itself was dropped, and is made again.
  bytes_since_index_entry_ = start.position > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  return start.position;
}

// Copies what lies from `position` on into a file beside the segment.
Result<std::string> LogSegment::keep_from(std::uint64_t position) {
  const auto name = name_to_keep_as(*directory_, file_name());
  auto copy = directory_->open(name, base::OpenMode::create_new);
  if (!copy) return copy.error();
  std::string buffer(kRecoveryBuffer, '\0');
  for (std::uint64_t at = position; at < size_;) {
    auto count = file_->read_at(at, buffer);
    if (!count) return count.error();
    if (*count == 0) break;
    auto written = (*copy)->write_at(at - position, BytesView(buffer).substr(0, *count));
    if (!written) return written.error();
    at += *count;
  }
  if (auto synced = (*copy)->sync(); !synced) return synced.error();
  if (auto synced = directory_->sync(); !synced) return synced.error();
  return name;
}

Result<void> LogSegment::cut_at(std::uint64_t position, const Error& why, Recovery& result,
                                Offset kept_below) {
  if (!is_damage(why)) return why;
  if (result.next_offset < kept_below && position < size_) {
    auto kept = keep_from(position);
    if (!kept) return kept.error();
    result.kept_as = *kept;
  }
  result.cut_bytes = size_ - position;
  result.why = why.message();
  size_ = position;
  if (auto cut = file_->truncate(position); !cut) return cut;
  // What was cut must not come back under what is appended to the next segment.
  return file_->sync();
}

// What no index could name: offsets and positions that an append does not make.
Result<void> LogSegment::check_recovered(const BatchHeader& batch) const {
  const bool far = batch.base_offset < base_offset_ ||
                   batch.last_offset.value - base_offset_.value > kMaxRelativeOffset;
  if (!far && batch.position <= static_cast<std::uint64_t>(kMaxRelativeOffset)) return {};
  return Error(ErrorCode::corrupt_message,
               "the batch at byte " + std::to_string(batch.position) +
                   " is too far from the beginning of its segment",
               {.file = file_->path(), .offset = batch.base_offset.value});
}

Result<LogSegment::Recovery> LogSegment::recover(const RecoveryOptions& options,
                                                 const LogConfig& config) {
  auto start = drop_indexes_from(options.trusted);
  if (!start) return start.error();
  BatchScanner batches(*file_, *start, size_, ReadMode::may_sleep, kRecoveryBuffer);
  Recovery result{base_offset_, 0, {}};
  bool follows = *start == 0;  // what must come first is known only there
  for (;;) {
    const std::uint64_t position = batches.position();
    auto batch = batches.next();
    if (batch && !*batch) break;
    Result<void> good = batch ? check_recovered(**batch) : batch.error();
    if (good) good = batches.verify_crc(**batch);
    if (good && (*batch)->base_offset < result.next_offset) {
      good = Error(ErrorCode::corrupt_message, "offsets go back");
    }
    if (good && options.ends_at != kNoBound && (*batch)->last_offset >= options.ends_at) {
      good = Error(ErrorCode::corrupt_message, "the next segment has these offsets");
    }
    if (good && follows && (*batch)->base_offset > result.next_offset &&
        (*batch)->base_offset > options.gaps_below) {
      good = Error(ErrorCode::corrupt_message, "offsets are missing before this batch");
    }
    if (!good && !follows && is_damage(good.error())) {
      // The index led here; where what lies before it ends is not known.
      auto from_the_beginning = options;
      from_the_beginning.trusted = base_offset_;
      return recover(from_the_beginning, config);
    }
    if (!good) {
      const bool bounded = options.ends_at != kNoBound;
      const bool may_cut = options.may_cut && (!bounded || result.next_offset == options.ends_at);
      if (!may_cut) return good.error();
      auto cut = cut_at(position, good.error(), result, options.kept_below);
      if (!cut) return cut.error();
      break;
    }
    follows = true;
    result.next_offset = (*batch)->last_offset + 1;
    const Offset last = (*batch)->last_offset;
    const auto newest = (*batch)->empty ? kNoTimestamp : (*batch)->max_timestamp;
    auto updated = update_indexes(position, {BytesView(), last, newest, last, last}, config);
    if (!updated) return updated.error();
    if (*start > 0) first_batch_timestamp_.reset();  // the first batch is not among these
    bytes_since_index_entry_ += (*batch)->size;
  }
  if (auto prepared = prepare_to_append(); !prepared) return prepared.error();
  return result;
}

}  // namespace ottla::broker
