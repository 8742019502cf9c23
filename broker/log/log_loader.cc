#include "broker/log/log_loader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/log/leftovers.h"
#include "broker/log/log_replay.h"
#include "broker/log/partition_metadata.h"

namespace ottla::broker {
namespace {

// One run of load_log. The order matters: files, then batches, then what is derived from them.
class LogLoader {
 public:
  LogLoader(const LoadRequest& request, const base::Logger& logger)
      : request_(request), logger_(logger) {
    loaded_.location = request.location;
    loaded_.config = request.config;
    loaded_.clean = request.clean;
  }

  Result<LoadedLog> run() {
    for (const auto step :
         {&LogLoader::open_directory, &LogLoader::list_segments, &LogLoader::check_topic_id,
          &LogLoader::find_log_end, &LogLoader::settle_log_start, &LogLoader::rebuild_state}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    if (auto ready = loaded_.segments.back().prepare_to_append(); !ready) return ready.error();
    for (auto& segment : loaded_.segments) {
      auto newest = segment.max_timestamp(ReadMode::may_sleep);
      if (!newest) return newest.error();
      // Only a hint for the cleaner: what is damaged is found by those who read it.
      if (loaded_.config.cleanup_compact) static_cast<void>(segment.read_first_timestamp());
      segment.release_files();
    }
    return std::move(loaded_);
  }

 private:
  Result<void> open_directory() {
    auto opened =
        request_.location.parent->open_directory(log_directory_name(request_.location.partition));
    if (!opened) return opened.error();
    loaded_.directory = std::move(*opened);
    return clean_up_leftovers(*loaded_.directory, logger_);
  }

  Result<void> check_topic_id();
  Result<std::optional<protocol::Uuid>> read_topic_id();
  Result<void> list_segments();
  Result<LogSegment> open_segment(Offset base_offset);
  Result<void> find_log_end();
  Result<void> recover_from(std::size_t first);
  Result<void> rebuild_damaged_indexes(std::size_t end);
  Result<void> cut_refused_append(std::size_t i);
  Result<void> find_clean_end();
  Offset gaps_below() const;
  std::size_t first_unsafe_segment() const;
  Result<void> remove_segments_from(std::size_t first, const std::string& why);
  Result<void> settle_log_start();
  Result<void> rebuild_state();

  bool has_file(std::string_view name) const { return loaded_.directory->exists(name); }
  std::string path(std::string_view name) const {
    return loaded_.directory->path() + "/" + std::string(name);
  }

  const LoadRequest& request_;
  const base::Logger& logger_;
  LoadedLog loaded_;
  std::vector<bool> damaged_;     // by segment: its indexes cannot be used
  bool allocated_ahead_ = false;  // an index as a killed Apache Kafka leaves it
};

Result<void> LogLoader::check_topic_id() {
  auto& topic_id = loaded_.location.topic_id;
  // A log that was never closed nor had its recovery point moved: its first append may be all
  // there was, and was acknowledged only if partition.metadata was synced. Where nothing is in it
  // the first append was refused, perhaps in the middle of making the files.
  const bool empty = std::all_of(loaded_.segments.begin(), loaded_.segments.end(),
                                 [](const LogSegment& segment) { return segment.size() == 0; });
  const bool young = request_.recovery_point == Offset(0) && (!request_.clean || empty);
  auto found = read_topic_id();
  if (!found && (!young || found.error().code() != ErrorCode::corrupt_data)) return found.error();
  if (!found || !*found) {
    if (topic_id.is_zero()) return {};
    return loaded_.directory->replace_file(kPartitionMetadata, partition_metadata_text(topic_id));
  }
  if (topic_id.is_zero()) topic_id = **found;
  if (topic_id != **found) {
    return Error(ErrorCode::inconsistent_topic_id,
                 "the directory belongs to topic id " + (*found)->to_string() + ", not to " +
                     topic_id.to_string(),
                 {.file = path(kPartitionMetadata)});
  }
  loaded_.unsynced_metadata = young;
  return {};
}

Result<std::optional<protocol::Uuid>> LogLoader::read_topic_id() {
  if (!has_file(kPartitionMetadata)) return std::optional<protocol::Uuid>();
  auto text = loaded_.directory->read_file(kPartitionMetadata, 4096);
  if (!text) return text.error();
  auto found = parse_partition_metadata(*text);
  if (found) return std::optional<protocol::Uuid>(*found);
  return Error(found.error().code(), found.error().message(), {.file = path(kPartitionMetadata)});
}

Result<LogSegment> LogLoader::open_segment(Offset base_offset) {
  const auto size_of = [&](std::string_view suffix) -> Result<std::uint64_t> {
    auto file =
        loaded_.directory->open(segment_file_name(base_offset, suffix), base::OpenMode::read);
    if (!file) return file.error();
    return (*file)->size();
  };
  auto size = size_of(kLogSuffix);
  if (!size) return size.error();
  std::size_t entries[3] = {0, 0, 0};
  const std::pair<std::string_view, std::size_t> indexes[] = {
      {kIndexSuffix, OffsetIndex::kEntrySize},
      {kTimeIndexSuffix, TimeIndex::kEntrySize},
      {kTxnIndexSuffix, AbortedTransaction::kSize}};
  for (std::size_t i = 0; i < 3; ++i) {
    auto bytes = size_of(indexes[i].first);
    if (!bytes && bytes.error().code() != ErrorCode::not_found) return bytes.error();
    const bool sound = bytes && *bytes % indexes[i].second == 0;
    // A transaction index need not be there, and is looked at when its transactions are known.
    if (i < 2 && !sound && *size > 0) damaged_.back() = true;
    if (bytes) entries[i] = static_cast<std::size_t>(*bytes / indexes[i].second);
  }
  const auto most = static_cast<std::size_t>(loaded_.config.segment_index_bytes);
  allocated_ahead_ = entries[0] == most / OffsetIndex::kEntrySize &&
                     entries[0] > *size / protocol::kBatchHeaderSize;
  return LogSegment(loaded_.directory, base_offset, *size, entries[0], entries[1], request_.now, {},
                    entries[2]);
}

Result<void> LogLoader::list_segments() {
  auto entries = loaded_.directory->list();
  if (!entries) return entries.error();
  // The names are sorted, so the offsets are.
  for (const auto& entry : *entries) {
    const auto base_offset = parse_segment_file_name(entry.name, kLogSuffix);
    if (!base_offset || entry.is_directory) continue;
    damaged_.push_back(false);
    auto segment = open_segment(*base_offset);
    if (!segment) return segment.error();
    loaded_.segments.push_back(std::move(*segment));
  }
  return {};
}

Result<void> LogLoader::remove_segments_from(std::size_t first, const std::string& why) {
  for (std::size_t i = first; i < loaded_.segments.size(); ++i) {
    const auto& segment = loaded_.segments[i];
    logger_.warn("removing " + path(segment_file_name(segment.base_offset(), kLogSuffix)) + " (" +
                 std::to_string(segment.size()) + " bytes): " + why);
    for (const auto suffix : {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
      const auto name = segment_file_name(segment.base_offset(), suffix);
      if (!has_file(name)) continue;
      if (auto removed = loaded_.directory->remove(name); !removed) return removed;
    }
  }
  loaded_.segments.erase(loaded_.segments.begin() + static_cast<std::ptrdiff_t>(first),
                         loaded_.segments.end());
  // They must not come back behind what is appended in their place.
  return loaded_.directory->sync();
}

// Compaction leaves gaps; elsewhere one means that what was not synced was lost from the middle.
// What this broker compacts lies below a recovery point that is on disk, or is named by the
// checkpoint of the cleaner; Apache Kafka may be killed before it has written either.
Offset LogLoader::gaps_below() const {
  const auto& config = loaded_.config;
  const bool anywhere =
      config.cleanup_compact && (allocated_ahead_ || !request_.recovery_point_known ||
                                 config.effective_durability() == Durability::memory);
  return anywhere ? kNoBound : request_.cleaned_until;
}

Result<void> LogLoader::recover_from(std::size_t first) {
  const Offset gaps = gaps_below();
  for (std::size_t i = first; i < loaded_.segments.size(); ++i) {
    auto& segment = loaded_.segments[i];
    const Offset trusted = damaged_[i] ? segment.base_offset() : request_.recovery_point;
    auto recovered =
        segment.recover({trusted, gaps, true, request_.recovery_point}, loaded_.config);
    if (!recovered) return recovered.error();
    loaded_.log_end_offset = recovered->next_offset;
    if (recovered->cut_bytes > 0) {
      logger_.warn("cut " + std::to_string(recovered->cut_bytes) + " bytes off " +
                   path(segment_file_name(segment.base_offset(), kLogSuffix)) +
                   ", the log ends at offset " + std::to_string(recovered->next_offset.value) +
                   ": " + recovered->why +
                   (recovered->kept_as.empty() ? "" : ". They are kept as " + recovered->kept_as));
    }
    if (i + 1 == loaded_.segments.size()) break;
    const Offset next = loaded_.segments[i + 1].base_offset();
    const bool hole =
        next > recovered->next_offset && next > gaps && next > request_.log_start_offset;
    // What is cut off where the next one begins was of an append that was refused.
    const bool whole = recovered->cut_bytes == 0 || next == recovered->next_offset;
    if (whole && !hole && next >= recovered->next_offset) {
      // It is full: nothing else will add the last entry of its time index.
      if (auto finished = segment.finish_indexes(); !finished) return finished;
      continue;
    }
    return remove_segments_from(i + 1, "the segment before it ends at offset " +
                                           std::to_string(recovered->next_offset.value));
  }
  return {};
}

// Behind a recovery point at the end of a segment there may be what was cut off of an append that
// was refused, if the power went before that was synced. Other damage to what was synced is not
// for us to cut.
Result<void> LogLoader::cut_refused_append(std::size_t i) {
  auto& segment = loaded_.segments[i];
  const Offset end = loaded_.segments[i + 1].base_offset();
  const auto next = segment.read_next_offset();
  if (!next && !is_damage(next.error())) return next.error();
  if (next && *next <= end) return {};
  const Offset trusted = damaged_[i] ? segment.base_offset() : end;
  auto recovered =
      segment.recover({.trusted = trusted, .may_cut = true, .ends_at = end}, loaded_.config);
  if (!recovered && !is_damage(recovered.error())) return recovered.error();
  if (recovered) damaged_[i] = false;
  const auto file = path(segment_file_name(segment.base_offset(), kLogSuffix));
  if (!recovered) {
    logger_.error("what was synced of the log is damaged: " + recovered.error().to_string());
  } else if (recovered->cut_bytes > 0) {
    logger_.warn("cut " + std::to_string(recovered->cut_bytes) + " bytes off " + file +
                 ", behind which the log goes on: " + recovered->why);
  } else {
    logger_.error("the indexes of " + file + " were damaged, and are made anew" +
                  (next ? "" : ": " + next.error().to_string()));
  }
  return segment.finish_indexes();
}

Result<void> LogLoader::rebuild_damaged_indexes(std::size_t end) {
  for (std::size_t i = 0; i < end; ++i) {
    if (!damaged_[i]) continue;
    auto& segment = loaded_.segments[i];
    logger_.warn("making the indexes of " +
                 path(segment_file_name(segment.base_offset(), kLogSuffix)) + " anew");
    auto recovered = segment.recover({segment.base_offset(), kNoBound, false}, loaded_.config);
    if (!recovered) return recovered.error();
    if (auto written = segment.finish_indexes(); !written) return written;
  }
  return {};
}

std::size_t LogLoader::first_unsafe_segment() const {
  const auto& segments = loaded_.segments;
  if (request_.clean) return segments.size();
  const auto above = std::upper_bound(
      segments.begin(), segments.end(), request_.recovery_point,
      [](Offset point, const LogSegment& segment) { return point < segment.base_offset(); });
  return above == segments.begin() ? 0 : static_cast<std::size_t>(above - segments.begin() - 1);
}

// Nothing is cut of a log that was closed cleanly: if it is not its indexes that are damaged, what
// is wrong with it must be seen by somebody first.
Result<void> LogLoader::find_clean_end() {
  auto& last = loaded_.segments.back();
  auto next = last.read_next_offset();
  if (!next && is_damage(next.error())) {
    logger_.error("the end of the log is damaged though it was closed cleanly: " +
                  next.error().to_string());
    auto recovered = last.recover({last.base_offset(), kNoBound, false}, loaded_.config);
    if (!recovered) return recovered.error();
    if (auto written = last.finish_indexes(); !written) return written;
    next = recovered->next_offset;
  }
  if (!next) return next.error();
  loaded_.log_end_offset = loaded_.recovery_point = loaded_.durable_offset = *next;
  return {};
}

Result<void> LogLoader::find_log_end() {
  auto& segments = loaded_.segments;
  if (segments.empty()) {
    LogSegment empty(loaded_.directory, request_.log_start_offset, 0, 0, 0, request_.now);
    if (auto made = empty.create(); !made) return made;
    segments.push_back(std::move(empty));
    damaged_.push_back(false);
  }
  const std::size_t first_unsafe = first_unsafe_segment();
  const bool clean = first_unsafe == segments.size();
  // Before the indexes: what they are made of must be whole.
  if (!clean && first_unsafe > 0 &&
      segments[first_unsafe].base_offset() == request_.recovery_point) {
    if (auto done = cut_refused_append(first_unsafe - 1); !done) return done;
  }
  if (auto done = rebuild_damaged_indexes(first_unsafe); !done) return done;
  if (clean) return find_clean_end();
  loaded_.recovery_point = request_.recovery_point;
  if (auto done = recover_from(first_unsafe); !done) return done;
  loaded_.recovery_point = std::min(loaded_.recovery_point, loaded_.log_end_offset);
  loaded_.durable_offset = loaded_.recovery_point;
  return {};
}

Result<void> LogLoader::settle_log_start() {
  const Offset first = loaded_.segments.front().base_offset();
  loaded_.log_start_offset = std::max(request_.log_start_offset, first);
  if (loaded_.log_end_offset < request_.recovery_point) {
    logger_.error(path("") + " ends at offset " + std::to_string(loaded_.log_end_offset.value) +
                  ", but was synced up to " + std::to_string(request_.recovery_point.value) +
                  ": what lay between is gone");
  }
  if (loaded_.log_start_offset <= loaded_.log_end_offset) return {};
  // What was deleted was never synced, and is gone. Its offsets must not be used again.
  logger_.warn(path("") + " ends at offset " + std::to_string(loaded_.log_end_offset.value) +
               ", below its log start offset " + std::to_string(loaded_.log_start_offset.value) +
               ": it goes on there");
  LogSegment next(loaded_.directory, loaded_.log_start_offset, 0, 0, 0, request_.now);
  if (auto made = next.create(); !made) return made;
  loaded_.segments.push_back(std::move(next));
  loaded_.log_end_offset = loaded_.log_start_offset;
  return {};
}

Result<void> LogLoader::rebuild_state() {
  return replay_state(loaded_, request_.steady_now, logger_);
}

}  // namespace

LoadedLog new_log(LogLocation location, LogConfig config) {
  LoadedLog made;
  made.location = std::move(location);
  made.config = config;
  return made;
}

Result<LoadedLog> load_log(const LoadRequest& request, const base::Logger& logger) {
  return LogLoader(request, logger).run();
}

}  // namespace ottla::broker
