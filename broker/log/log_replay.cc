#include "broker/log/log_replay.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// More than a log of ours can know of producers, and than one of Kafka's is likely to: those are
// told by the batches again.
constexpr std::size_t kLargestSnapshot = std::size_t{1} << 30;
constexpr std::size_t kMostIndexBytes = std::size_t{1} << 30;

// Answers the offset from which the batches must tell about epochs.
Result<Offset> load_epochs(LoadedLog& log, const base::Logger& logger) {
  const std::string name(kLeaderEpochCheckpoint);
  if (log.directory->exists(name)) {
    auto text = log.directory->read_file(name);
    if (!text) return text.error();
    auto parsed = LeaderEpochCache::parse(*text);
    if (parsed) {
      log.epochs = std::move(*parsed);
      log.epochs.truncate_from_end(log.recovery_point);
      log.epochs.truncate_from_start(log.log_start_offset);
      return log.recovery_point;
    }
    logger.warn(log.directory->path() + "/" + name + " is made anew: " + parsed.error().message());
  }
  return log.segments.front().base_offset();
}

Result<std::vector<Offset>> list_snapshots(base::Directory& directory) {
  auto entries = directory.list();
  if (!entries) return entries.error();
  std::vector<Offset> snapshots;
  for (const auto& entry : *entries) {
    const auto offset = parse_segment_file_name(entry.name, kSnapshotSuffix);
    if (offset && !entry.is_directory) snapshots.push_back(*offset);
  }
  return snapshots;
}

// Makes the transaction indexes anew as far as they are not known to be whole: what lies above the
// recovery point, and what is damaged. A file that is there stays until the new one takes its
// place, so that a crash in between leaves what was.
class AbortedReplay {
 public:
  AbortedReplay(LoadedLog& log, const base::Logger& logger) : log_(log), logger_(logger) {}

  // What indexes say of batches below `trusted` is known to have been synced.
  Result<void> prepare(Offset trusted) {
    trusted_ = trusted;
    made_.clear();
    for (std::size_t i = 0; i < log_.segments.size(); ++i) {
      if (auto looked = look_at(i); !looked) return looked;
    }
    return {};
  }

  // The batches from here on must be told of; the log's end if nothing is to be made.
  Offset from() const {
    Offset first = log_.log_end_offset;
    for (const auto& [segment, made] : made_) first = std::min(first, made.from);
    return first;
  }

  void on_aborted(std::size_t segment, const AbortedTransaction& transaction) {
    const auto made = made_.find(segment);
    if (made == made_.end() || transaction.last_offset < made->second.from) return;
    made->second.transactions.push_back(transaction);
  }

  Result<void> finish() {
    for (const auto& [segment, made] : made_) {
      if (auto written = write(log_.segments[segment], made.transactions); !written) return written;
    }
    return {};
  }

 private:
  struct Made {
    Offset from{0};
    std::vector<AbortedTransaction> transactions;
  };

  Result<void> look_at(std::size_t at) {
    auto& segment = log_.segments[at];
    const bool last = at + 1 == log_.segments.size();
    const Offset end = last ? log_.log_end_offset : log_.segments[at + 1].base_offset();
    const auto& name = segment.transaction_index().file().name();
    std::vector<AbortedTransaction> known;
    if (log_.directory->exists(name)) {
      auto bytes = log_.directory->read_file(name, kMostIndexBytes);
      if (!bytes) return bytes.error();
      auto parsed = parse_transaction_index(*bytes);
      if (!parsed || !fit(*parsed, segment.base_offset(), end)) {
        logger_.warn(log_.directory->path() + "/" + name +
                     " is made anew, since it does not fit its segment");
        made_[at] = {segment.base_offset(), {}};
        return {};
      }
      known = std::move(*parsed);
    }
    if (end <= trusted_) return {};
    std::erase_if(known, [&](const auto& each) { return each.last_offset >= trusted_; });
    made_[at] = {std::max(trusted_, segment.base_offset()), std::move(known)};
    return {};
  }

  // Above what is trusted an index may tell of batches that were lost.
  bool fit(const std::vector<AbortedTransaction>& known, Offset base, Offset end) const {
    if (known.empty()) return true;
    return known.front().last_offset >= base && (known.back().last_offset < end || end > trusted_);
  }

  Result<void> write(LogSegment& segment, const std::vector<AbortedTransaction>& transactions) {
    const auto name = segment.transaction_index().file().name();
    const auto bytes = transaction_index_bytes(transactions);
    segment.set_aborted_entries(transactions.size());
    if (!bytes.empty()) return log_.directory->replace_file(name, bytes);
    if (!log_.directory->exists(name)) return {};
    if (auto removed = log_.directory->remove(name); !removed) return removed;
    return log_.directory->sync();
  }

  LoadedLog& log_;
  const base::Logger& logger_;
  Offset trusted_{0};
  std::map<std::size_t, Made> made_;  // by the place of the segment
};

// Prepares what is made of transaction indexes, and answers up to where a snapshot of producers may
// be used: from there on batches must be told of. A snapshot that is newer than what the indexes
// are trusted for says that they were synced up to it, since it was written after them; it is taken
// at its word if there is none before it that goes on where the log begins. That comes to be if the
// log's beginning was deleted on the strength of that snapshot.
Result<Offset> find_latest_snapshot(const LoadedLog& log, AbortedReplay& aborted) {
  if (auto prepared = aborted.prepare(log.recovery_point); !prepared) return prepared.error();
  const Offset latest = aborted.from();
  auto snapshots = list_snapshots(*log.directory);
  if (!snapshots) return snapshots.error();
  const auto first =
      std::lower_bound(snapshots->begin(), snapshots->end(), log.segments.front().base_offset());
  if (first == snapshots->end() || *first <= latest || *first > log.log_end_offset) return latest;
  if (log.segments.front().base_offset() == Offset(0)) return latest;
  if (auto prepared = aborted.prepare(*first); !prepared) return prepared.error();
  return aborted.from();
}

// Answers the offset from which the batches must tell about producers: not above `latest`.
Result<Offset> load_producers(LoadedLog& log, Offset latest, base::TimePoint now,
                              const base::Logger& logger) {
  auto snapshots = list_snapshots(*log.directory);
  if (!snapshots) return snapshots.error();
  std::optional<Offset> used;
  for (auto at = snapshots->rbegin(); at != snapshots->rend(); ++at) {
    const auto name = segment_file_name(*at, kSnapshotSuffix);
    const bool of_a_segment =
        std::any_of(log.segments.begin(), log.segments.end(),
                    [&](const LogSegment& segment) { return segment.base_offset() == *at; });
    const bool usable = *at <= latest && !used;
    bool keep = *at <= log.log_end_offset && (usable || of_a_segment);
    if (keep && usable) {
      auto bytes = log.directory->read_file(name, kLargestSnapshot);
      if (!bytes && bytes.error().code() != ErrorCode::corrupt_data) return bytes.error();
      auto producers = bytes ? ProducerStateManager::from_snapshot(*bytes, now) : bytes.error();
      if (producers) {
        log.producers = std::move(*producers);
        used = *at;
      } else {
        logger.warn(log.directory->path() + "/" + name +
                    " is not used: " + producers.error().message());
        keep = false;
      }
    }
    if (keep) continue;
    if (auto removed = log.directory->remove(name); !removed) return removed.error();
  }
  log.newest_snapshot = used.value_or(kNoOffset);
  return used.value_or(log.segments.front().base_offset());
}

// Shows the batches of a log to whatever is derived from them.
class BatchReplay {
 public:
  BatchReplay(LoadedLog& log, AbortedReplay& aborted, Offset epochs_from, Offset producers_from,
              base::TimePoint now)
      : log_(log),
        aborted_(aborted),
        epochs_from_(epochs_from),
        producers_from_(producers_from),
        now_(now),
        from_(std::min(epochs_from, producers_from)) {}

  Result<void> run() {
    if (from_ >= log_.log_end_offset) return {};
    for (std::size_t i = 0; i < log_.segments.size(); ++i) {
      const bool last = i + 1 == log_.segments.size();
      if (!last && log_.segments[i + 1].base_offset() <= from_) continue;
      if (auto done = replay_segment(i); !done) return done;
    }
    return {};
  }

 private:
  Result<void> replay_segment(std::size_t at) {
    auto& segment = log_.segments[at];
    auto first = segment.find_batch(from_, ReadMode::may_sleep);
    if (!first) return first.error();
    if (!*first) return {};
    auto file = segment.file(ReadMode::may_sleep);
    if (!file) return file.error();
    BatchScanner batches(**file, (*first)->position, segment.size(), ReadMode::may_sleep);
    for (;;) {
      auto batch = batches.next();
      if (!batch) return batch.error();
      if (!*batch) return {};
      if (auto done = replay_batch(at, **batch, batches); !done) return done;
    }
  }

  Result<void> replay_batch(std::size_t segment, const BatchHeader& batch, BatchScanner& batches) {
    if (batch.base_offset >= epochs_from_)
      log_.epochs.assign(batch.leader_epoch, batch.base_offset);
    if (batch.base_offset < producers_from_ || batch.producer_id.value < 0) return {};
    if (!batch.control) {
      log_.producers.update(batch, {}, now_);
      return {};
    }
    auto loaded = batches.load(batch);
    if (!loaded) return loaded.error();
    const auto aborted = log_.producers.update(batch, read_marker(*loaded), now_);
    if (aborted) aborted_.on_aborted(segment, *aborted);
    return {};
  }

  LoadedLog& log_;
  AbortedReplay& aborted_;
  const Offset epochs_from_;
  const Offset producers_from_;
  const base::TimePoint now_;
  const Offset from_;
};

}  // namespace

Result<void> replay_state(LoadedLog& log, base::TimePoint now, const base::Logger& logger) {
  auto epochs_from = load_epochs(log, logger);
  if (!epochs_from) return epochs_from.error();
  AbortedReplay aborted(log, logger);
  const auto latest = find_latest_snapshot(log, aborted);
  if (!latest) return latest.error();
  auto producers_from = load_producers(log, *latest, now, logger);
  if (!producers_from) return producers_from.error();
  if (auto done = BatchReplay(log, aborted, *epochs_from, *producers_from, now).run(); !done) {
    return done;
  }
  if (auto finished = aborted.finish(); !finished) return finished;
  log.epochs.truncate_from_start(log.log_start_offset);
  return {};
}

}  // namespace ottla::broker
