#include "broker/log/log_replay.h"

#include <algorithm>
#include <string>
#include <vector>

#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// More than a log of ours can know of producers, and than one of Kafka's is likely to: those are
// told by the batches again.
constexpr std::size_t kLargestSnapshot = std::size_t{1} << 30;

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

// Answers the offset from which the batches must tell about producers.
Result<Offset> load_producers(LoadedLog& log, WallMillis now, const base::Logger& logger) {
  auto snapshots = list_snapshots(*log.directory);
  if (!snapshots) return snapshots.error();
  std::optional<Offset> used;
  for (auto at = snapshots->rbegin(); at != snapshots->rend(); ++at) {
    const auto name = segment_file_name(*at, kSnapshotSuffix);
    const bool of_a_segment =
        std::any_of(log.segments.begin(), log.segments.end(),
                    [&](const LogSegment& segment) { return segment.base_offset() == *at; });
    bool keep = *at <= log.log_end_offset && (!used || of_a_segment);
    if (keep && !used) {
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

// From where the batches must tell what.
struct From {
  Offset epochs;
  Offset producers;
  WallMillis now;
};

Result<void> replay_batch(LoadedLog& log, const BatchHeader& batch, BatchScanner& batches,
                          const From& from) {
  if (batch.base_offset >= from.epochs) log.epochs.assign(batch.leader_epoch, batch.base_offset);
  if (batch.base_offset < from.producers || batch.producer_id.value < 0) return {};
  if (!batch.control) {
    log.producers.update(batch, {}, from.now);
    return {};
  }
  auto loaded = batches.load(batch);
  if (!loaded) return loaded.error();
  log.producers.update(batch, read_marker(*loaded), from.now);
  return {};
}

Result<void> replay_segment(LoadedLog& log, LogSegment& segment, const From& from) {
  auto first = segment.find_batch(std::min(from.epochs, from.producers), ReadMode::may_sleep);
  if (!first) return first.error();
  if (!*first) return {};
  auto file = segment.file(ReadMode::may_sleep);
  if (!file) return file.error();
  BatchScanner batches(**file, (*first)->position, segment.size(), ReadMode::may_sleep);
  for (;;) {
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) return {};
    auto done = replay_batch(log, **batch, batches, from);
    if (!done) return done;
  }
}

}  // namespace

Result<void> replay_state(LoadedLog& log, WallMillis now, const base::Logger& logger) {
  auto epochs_from = load_epochs(log, logger);
  if (!epochs_from) return epochs_from.error();
  auto producers_from = load_producers(log, now, logger);
  if (!producers_from) return producers_from.error();
  const Offset from = std::min(*epochs_from, *producers_from);
  if (from >= log.log_end_offset) return {};
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    const bool last = i + 1 == log.segments.size();
    if (!last && log.segments[i + 1].base_offset() <= from) continue;
    auto done = replay_segment(log, log.segments[i], {*epochs_from, *producers_from, now});
    if (!done) return done;
  }
  log.epochs.truncate_from_start(log.log_start_offset);
  return {};
}

}  // namespace ottla::broker
