#include "broker/metadata/metadata_loader.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "broker/log/batch_scan.h"
#include "broker/metadata/metadata_replay.h"
#include "broker/metadata/quorum_state.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kBootstrapFile = "bootstrap.checkpoint";
constexpr std::string_view kSnapshotSuffix = ".checkpoint";
constexpr std::string_view kSegmentSuffix = ".log";
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kEpochDigits = 10;
constexpr std::size_t kReadBuffer = 256 << 10;

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

bool ends_with(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

// `%020d-%010d.checkpoint`.
struct SnapshotFile {
  std::string name;
  Offset end_offset;  // of the log that it stands for, exclusive
  std::int32_t epoch = 0;
};

std::optional<SnapshotFile> snapshot_of(const std::string& name) {
  const auto size = kOffsetDigits + 1 + kEpochDigits + kSnapshotSuffix.size();
  if (name.size() != size || !ends_with(name, kSnapshotSuffix)) return std::nullopt;
  const auto view = std::string_view(name);
  const auto offset = digits(view.substr(0, kOffsetDigits));
  const auto epoch = digits(view.substr(kOffsetDigits + 1, kEpochDigits));
  if (!offset || !epoch || name[kOffsetDigits] != '-') return std::nullopt;
  return SnapshotFile{name, Offset(*offset), static_cast<std::int32_t>(*epoch)};
}

struct SegmentFile {
  std::string name;
  Offset base_offset;
};

std::optional<SegmentFile> segment_of(const std::string& name) {
  if (name.size() != kOffsetDigits + kSegmentSuffix.size() || !ends_with(name, kSegmentSuffix)) {
    return std::nullopt;
  }
  const auto offset = digits(std::string_view(name).substr(0, kOffsetDigits));
  if (!offset) return std::nullopt;
  return SegmentFile{name, Offset(*offset)};
}

Error corrupt(const std::string& file, Offset offset, std::string why) {
  return {ErrorCode::corrupt_data, std::move(why), {.file = file, .offset = offset.value}};
}

class Loader {
 public:
  Loader(base::Directory& root, const base::Logger& logger) : root_(root), logger_(logger) {}

  Result<LoadedMetadata> load() {
    if (root_.exists(kMetadataLogDirectory)) {
      if (auto read = load_directory(); !read) return read.error();
    }
    if (!replay_.has_records()) {
      if (auto read = load_bootstrap(); !read) return read.error();
    }
    loaded_.image = replay_.image(loaded_.log_end_offset - 1);
    loaded_.last_epoch = std::max(loaded_.last_epoch, replay_.last_epoch());
    loaded_.kraft_version = std::max(loaded_.kraft_version, replay_.kraft_version());
    loaded_.voters = replay_.voters();
    loaded_.has_records = replay_.has_records();
    loaded_.open_transaction = replay_.open_transaction();
    return std::move(loaded_);
  }

 private:
  struct OpenSegment {
    std::shared_ptr<base::File> file;
    std::uint64_t size = 0;
  };

  Result<OpenSegment> open(base::Directory& directory, std::string_view name) {
    auto file = directory.open(name, base::OpenMode::read);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    return OpenSegment{*std::move(file), *size};
  }

  Result<void> load_directory() {
    auto directory = root_.open_directory(kMetadataLogDirectory);
    if (!directory) return directory.error();
    directory_ = *std::move(directory);
    if (auto read = load_quorum_state(); !read) return read;
    const auto entries = directory_->list();
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
      if (entry.is_directory) continue;
      if (auto snapshot = snapshot_of(entry.name)) snapshots_.push_back(*std::move(snapshot));
      if (auto segment = segment_of(entry.name)) segments_.push_back(*std::move(segment));
    }
    // The directory lists by name, so both are in the order of their offsets.
    if (auto read = load_snapshot(); !read) return read;
    return load_segments();
  }

  Result<void> load_quorum_state() {
    if (!directory_->exists(kQuorumStateFile)) return {};
    const auto text = directory_->read_file(kQuorumStateFile, 1 << 20);
    if (!text) return text.error();
    const auto state = QuorumState::parse(*text);
    if (!state) {
      return Error(state.error().code(), state.error().message(),
                   {.file = directory_->path() + "/" + std::string(kQuorumStateFile)});
    }
    loaded_.last_epoch = state->leader_epoch;
    loaded_.kraft_version = state->data_version;
    return {};
  }

  // --- Snapshots

  // The newest one that is whole; older ones only stand in for damaged newer ones.
  Result<void> load_snapshot() {
    for (auto snapshot = snapshots_.rbegin(); snapshot != snapshots_.rend(); ++snapshot) {
      MetadataReplay replay;
      const auto read = read_snapshot(*directory_, snapshot->name, replay);
      if (read) {
        replay_ = std::move(replay);
        loaded_.last_epoch = std::max(loaded_.last_epoch, snapshot->epoch);
        loaded_.log_end_offset = snapshot->end_offset;
        return {};
      }
      if (read.error().code() != ErrorCode::corrupt_data) return read;
      logger_.warn("skipping a damaged snapshot: " + read.error().to_string());
    }
    return {};
  }

  Result<void> read_snapshot(base::Directory& directory, std::string_view name,
                             MetadataReplay& replay) {
    auto segment = open(directory, name);
    if (!segment) return segment.error();
    BatchScanner scanner(*segment->file, 0, segment->size, ReadMode::may_sleep, kReadBuffer);
    const auto& path = segment->file->path();
    for (;;) {
      const auto header = scanner.next();
      if (!header) return as_corrupt(header.error());
      if (!*header) break;
      if (auto checked = scanner.verify_crc(**header); !checked) return as_corrupt(checked.error());
      const auto batch = scanner.load(**header);
      if (!batch) return as_corrupt(batch.error());
      if (auto applied = replay.apply(*batch, path); !applied) return applied;
    }
    if (!replay.saw_snapshot_footer()) {
      return corrupt(path, Offset(-1), "the snapshot has no end");
    }
    return {};
  }

  static Error as_corrupt(const Error& error) {
    if (error.code() != ErrorCode::corrupt_message) return error;
    return {ErrorCode::corrupt_data, error.message(), error.context()};
  }

  // --- The log

  Result<void> load_segments() {
    const Offset snapshot_end = loaded_.log_end_offset;
    loaded_.log_start_offset = segments_.empty() ? snapshot_end : segments_.front().base_offset;
    if (segments_.empty()) return {};
    if (segments_.front().base_offset > snapshot_end) {
      return corrupt(directory_->path(), snapshot_end,
                     "the log starts at offset " +
                         std::to_string(segments_.front().base_offset.value) +
                         ", and there is no whole snapshot up to there");
    }
    Offset next = segments_.front().base_offset;
    for (std::size_t i = 0; i < segments_.size() && !torn_; ++i) {
      const bool last = i + 1 == segments_.size();
      if (auto read = load_segment(segments_[i], last, snapshot_end, next); !read) return read;
    }
    if (next < snapshot_end) {
      return corrupt(directory_->path(), next,
                     "the log ends before the newest snapshot, which ends at offset " +
                         std::to_string(snapshot_end.value));
    }
    loaded_.log_end_offset = next;
    return {};
  }

  Result<void> load_segment(const SegmentFile& named, bool last, Offset snapshot_end,
                            Offset& next) {
    auto segment = open(*directory_, named.name);
    if (!segment) return segment.error();
    const auto& path = segment->file->path();
    if (named.base_offset != next) {
      return corrupt(path, next, "a segment that begins at this offset is missing");
    }
    BatchScanner scanner(*segment->file, 0, segment->size, ReadMode::may_sleep, kReadBuffer);
    for (;;) {
      const auto header = scanner.next();
      if (!header) return on_broken_batch(header.error(), *segment, scanner.position(), last, next);
      if (!*header) return {};
      if (auto checked = scanner.verify_crc(**header); !checked) {
        return on_broken_batch(checked.error(), *segment, (*header)->position, last, next);
      }
      const auto batch = scanner.load(**header);
      if (!batch) return batch.error();
      if (batch->base_offset() != next) {
        return corrupt(path, next,
                       "the batch at this place begins with offset " +
                           std::to_string(batch->base_offset().value));
      }
      next = batch->next_offset();
      // A snapshot ends where a batch does.
      if (next <= snapshot_end) continue;
      if (auto applied = replay_.apply(*batch, path); !applied) return applied;
    }
  }

  // A crash leaves the end of the last segment torn; only that may be left out.
  Result<void> on_broken_batch(const Error& error, const OpenSegment& segment,
                               std::uint64_t position, bool last, Offset next) {
    if (error.code() != ErrorCode::corrupt_message) return error;
    if (!last || later_epoch_begins(segment, position)) {
      return corrupt(segment.file->path(), next,
                     "a damaged batch (" + error.message() +
                         ") with whole ones behind it; restore the file from a copy");
    }
    logger_.warn("the metadata log ends in a batch that is not whole, at offset " +
                 std::to_string(next.value) + ": " + error.to_string());
    torn_ = true;
    return {};
  }

  // Whether an epoch opens behind the broken batch: whoever opened it found that batch whole. What
  // was written since the last epoch opened may be torn in any place.
  bool later_epoch_begins(const OpenSegment& segment, std::uint64_t position) {
    char first_bytes[protocol::batch_layout::kLogOverhead];
    const auto got = segment.file->read_at(position, first_bytes);
    if (!got || *got < sizeof first_bytes) return false;
    const auto size = protocol::batch_size(BytesView(first_bytes, sizeof first_bytes));
    if (!size || *size >= segment.size - position) return false;
    BatchScanner scanner(*segment.file, position + *size, segment.size, ReadMode::may_sleep,
                         kReadBuffer);
    for (;;) {
      const auto header = scanner.next();
      if (!header || !*header) return false;
      if (!scanner.verify_crc(**header)) continue;
      const auto batch = scanner.load(**header);
      if (batch && batch->is_control()) return true;
    }
  }

  // --- Bootstrap

  // What Apache Kafka's format tool has left for the first start.
  Result<void> load_bootstrap() {
    if (!root_.exists(kBootstrapFile)) return {};
    MetadataReplay replay;
    replay.keep_values();
    if (auto read = read_snapshot(root_, kBootstrapFile, replay); !read) return read;
    loaded_.bootstrap_records = replay.take_values();
    return {};
  }

  // Set at construction.
  base::Directory& root_;
  const base::Logger& logger_;

  std::unique_ptr<base::Directory> directory_;
  std::vector<SnapshotFile> snapshots_;
  std::vector<SegmentFile> segments_;
  MetadataReplay replay_;
  LoadedMetadata loaded_;
  bool torn_ = false;
};

}  // namespace

Result<LoadedMetadata> load_metadata(base::Directory& log_directory, const base::Logger& logger) {
  return Loader(log_directory, logger).load();
}

}  // namespace ottla::broker
