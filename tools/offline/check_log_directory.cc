#include <algorithm>
#include <array>

#include "broker/log/file_names.h"
#include "broker/log/partition_metadata.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/quorum_state.h"
#include "tools/offline/check_segment.h"
#include "tools/offline/data_file.h"

namespace ottla::tools {
namespace {

using broker::Offset;

constexpr std::string_view kMetadataSnapshot = ".checkpoint";

// Files of one segment, but the .log itself.
constexpr std::array kOfSegments = {broker::kIndexSuffix, broker::kTimeIndexSuffix,
                                    broker::kTxnIndexSuffix};

class LogCheck {
 public:
  LogCheck(base::Directory& directory, const LogFacts& facts, CheckReport& report)
      : directory_(directory), facts_(facts), report_(report), state_{facts, report} {}

  Result<void> run() {
    ++report_.logs;
    auto entries = directory_.list();
    if (!entries) return entries.error();
    for (const auto& entry : *entries) sort_in(entry);
    for (const auto step :
         {&LogCheck::check_topic_id, &LogCheck::read_epochs, &LogCheck::read_snapshots,
          &LogCheck::check_segments, &LogCheck::check_metadata_files}) {
      if (auto done = (this->*step)(); !done) return done;
    }
    check_offsets();
    return {};
  }

 private:
  std::string path(std::string_view name) const {
    return directory_.path() + "/" + std::string(name);
  }

  void defect(std::string_view name, std::int64_t position, std::string what) {
    report_.add(path(name), position, std::move(what));
  }

  void sort_in(const base::DirectoryEntry& entry) {
    const auto& name = entry.name;
    if (entry.is_directory) return defect(name, -1, "a directory within that of a log");
    // What waits to be unlinked does no harm.
    if (name.ends_with(broker::kDeletedSuffix)) return;
    for (const auto suffix : {broker::kCleanedSuffix, broker::kSwapSuffix, broker::kTmpSuffix,
                              std::string_view(".part")}) {
      if (name.ends_with(suffix)) return defect(name, -1, "left by a crash");
    }
    if (const auto base = broker::parse_segment_file_name(name, broker::kLogSuffix)) {
      segments_.push_back(*base);
      return;
    }
    if (const auto offset = broker::parse_segment_file_name(name, broker::kSnapshotSuffix)) {
      snapshots_.push_back(*offset);
      return;
    }
    for (const auto suffix : kOfSegments) {
      const auto base = broker::parse_segment_file_name(name, suffix);
      if (!base) continue;
      if (!directory_.exists(broker::segment_file_name(*base, broker::kLogSuffix))) {
        defect(name, -1, "an index without its segment");
      }
      return;
    }
    if (facts_.metadata && name.ends_with(kMetadataSnapshot)) {
      metadata_snapshots_.push_back(name);
      return;
    }
    const bool known = name == broker::kLeaderEpochCheckpoint ||
                       name == broker::kPartitionMetadata ||
                       (facts_.metadata && name == broker::kQuorumStateFile);
    if (!known) defect(name, -1, "no file of a log has such a name");
  }

  Result<void> check_topic_id() {
    if (!directory_.exists(broker::kPartitionMetadata)) {
      if (facts_.clean) defect(broker::kPartitionMetadata, -1, "the file is missing");
      return {};
    }
    const auto text = directory_.read_file(broker::kPartitionMetadata);
    if (!text) return text.error();
    const auto id = broker::parse_partition_metadata(*text);
    if (!id) {
      report_.add(path(broker::kPartitionMetadata), id.error());
    } else if (facts_.topic_id && *id != *facts_.topic_id) {
      defect(broker::kPartitionMetadata, -1,
             "topic id " + id->to_string() + ", but the metadata has " +
                 facts_.topic_id->to_string() + " for this topic");
    }
    return {};
  }

  Result<void> read_epochs() {
    state_.epochs_file = path(broker::kLeaderEpochCheckpoint);
    if (!facts_.clean) state_.epochs_until = facts_.recovery_point.value_or(Offset(0));
    if (!directory_.exists(broker::kLeaderEpochCheckpoint)) {
      if (facts_.clean && !segments_.empty()) {
        defect(broker::kLeaderEpochCheckpoint, -1, "the file is missing");
      }
      return {};
    }
    const auto text = directory_.read_file(broker::kLeaderEpochCheckpoint);
    if (!text) return text.error();
    auto parsed = broker::LeaderEpochCache::parse(*text);
    if (!parsed) {
      report_.add(state_.epochs_file, parsed.error());
      return {};
    }
    if (!parsed->entries().empty()) last_epoch_start_ = parsed->entries().back().start_offset;
    state_.epochs = std::move(*parsed);
    return {};
  }

  Result<void> read_snapshots() {
    for (const auto offset : snapshots_) {
      const auto name = broker::segment_file_name(offset, broker::kSnapshotSuffix);
      const auto bytes = directory_.read_file(name, kLargestFileRead);
      if (!bytes) return bytes.error();
      const auto entries = broker::parse_producer_snapshot(*bytes);
      if (!entries) {
        report_.add(path(name), entries.error());
        continue;
      }
      for (std::size_t i = 0; i < entries->size(); ++i) claim(name, offset, i, (*entries)[i]);
    }
    return {};
  }

  void claim(const std::string& name, Offset snapshot, std::size_t i,
             const broker::ProducerSnapshotEntry& entry) {
    const auto position =
        static_cast<std::int64_t>(broker::kSnapshotHeaderSize + broker::kSnapshotEntrySize * i);
    if (entry.last_offset >= snapshot) {
      defect(name, position,
             "offset " + std::to_string(entry.last_offset.value) +
                 " does not lie below the snapshot's");
    } else if (entry.last_offset.value >= 0) {
      state_.claims.insert({entry.last_offset, {path(name), position, entry}});
    }
  }

  Result<void> check_segments() {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const bool last = i + 1 == segments_.size();
      const SegmentFacts segment{segments_[i], last ? broker::kNoBound : segments_[i + 1], last};
      if (i == 0) state_.next_offset = segment.base_offset;
      if (auto checked = check_segment(directory_, segment, state_); !checked) return checked;
      if (last || state_.next_offset >= segment.end) continue;
      if (!facts_.may_have_gaps && segment.end > facts_.cleaned_until.value_or(Offset(0)) &&
          segment.end > facts_.log_start.value_or(Offset(0))) {
        defect(broker::segment_file_name(segment.base_offset, broker::kLogSuffix), -1,
               "it ends at offset " + std::to_string(state_.next_offset.value) +
                   ", and the next segment begins at " + std::to_string(segment.end.value));
      }
      state_.next_offset = segment.end;
    }
    return {};
  }

  // What the files of the directory and its root say of the end that was found.
  void check_offsets() {
    if (segments_.empty()) {
      if (!facts_.metadata) report_.add(directory_.path(), -1, "there is no segment");
      return;
    }
    const auto end = state_.next_offset;
    const auto ends = ", but the log ends at offset " + std::to_string(end.value);
    if (last_epoch_start_ > end) {
      defect(broker::kLeaderEpochCheckpoint, -1,
             "an epoch begins at offset " + std::to_string(last_epoch_start_.value) + ends);
    }
    const std::pair<const char*, std::optional<Offset>> said[] = {
        {"recovery point", facts_.recovery_point},
        {"log start offset", facts_.log_start},
        {"high watermark", facts_.high_watermark},
        {"end of what is compacted", facts_.cleaned_until}};
    for (const auto& [what, offset] : said) {
      if (!offset || *offset <= end) continue;
      report_.add(directory_.path(), -1,
                  std::string("the ") + what + " by its checkpoint is " +
                      std::to_string(offset->value) + ends);
    }
    for (const auto snapshot : snapshots_) {
      if (snapshot <= end) continue;
      defect(broker::segment_file_name(snapshot, broker::kSnapshotSuffix), -1,
             "a snapshot of offset " + std::to_string(snapshot.value) + ends);
    }
    const bool has_snapshot =
        std::find(snapshots_.begin(), snapshots_.end(), end) != snapshots_.end();
    if (facts_.clean && end > segments_.front() && !has_snapshot) {
      defect(broker::segment_file_name(end, broker::kSnapshotSuffix), -1,
             "the log was closed without a snapshot of its producers");
    }
  }

  Result<void> check_metadata_files() {
    if (!facts_.metadata) return {};
    for (const auto& name : metadata_snapshots_) {
      if (auto checked = check_metadata_snapshot(name); !checked) return checked;
    }
    if (!directory_.exists(broker::kQuorumStateFile)) {
      defect(broker::kQuorumStateFile, -1, "the file is missing");
      return {};
    }
    const auto text = directory_.read_file(broker::kQuorumStateFile);
    if (!text) return text.error();
    const auto quorum = broker::QuorumState::parse(*text);
    if (!quorum) {
      report_.add(path(broker::kQuorumStateFile), quorum.error());
    } else if (quorum->leader_epoch < state_.epoch.value) {
      defect(broker::kQuorumStateFile, -1,
             "leader epoch " + std::to_string(quorum->leader_epoch) + ", but the log has epoch " +
                 std::to_string(state_.epoch.value));
    }
    return {};
  }

  // Whether the batches are whole; what they say is read by load_metadata.
  Result<void> check_metadata_snapshot(const std::string& name) {
    auto file = directory_.open(name, base::OpenMode::read);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    broker::BatchScanner scanner(**file, 0, *size, broker::ReadMode::may_sleep);
    for (;;) {
      const auto position = static_cast<std::int64_t>(scanner.position());
      const auto batch = scanner.next();
      if (batch && !*batch) return {};
      const auto valid = batch ? scanner.verify_crc(**batch) : Result<void>(batch.error());
      if (!valid && valid.error().code() == ErrorCode::io_error) return valid;
      if (!valid) defect(name, position, valid.error().message());
      if (!batch) return {};
    }
  }

  // Set at construction.
  base::Directory& directory_;
  const LogFacts& facts_;
  CheckReport& report_;

  LogState state_;
  std::vector<Offset> segments_;  // the directory lists by name, and so by offset
  std::vector<Offset> snapshots_;
  std::vector<std::string> metadata_snapshots_;
  Offset last_epoch_start_{0};
};

}  // namespace

Result<void> check_log_directory(base::Directory& directory, const LogFacts& facts,
                                 CheckReport& report) {
  return LogCheck(directory, facts, report).run();
}

}  // namespace ottla::tools
