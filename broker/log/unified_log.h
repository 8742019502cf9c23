#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/log/flush_scheduler.h"
#include "broker/log/log_config.h"
#include "broker/log/log_loader.h"
#include "broker/log/log_reader.h"
#include "broker/log/log_types.h"
#include "broker/log/log_validator.h"
#include "broker/log/open_logs.h"
#include "broker/log/segment_swap.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

// What a log needs from its surroundings; all outlive it.
struct LogEnvironment {
  base::Loop* loop = nullptr;
  FlushScheduler* flush = nullptr;  // of the log's directory, on the same loop
  OpenLogs* open_logs = nullptr;    // of the same loop
  base::Logger logger;
};

// The log of one partition: an append-only sequence of record batches in segments, in Kafka's own
// files. Below the replica layer, above the files. Owned by one loop: every call, and every
// callback, is on its thread; what can sleep it offloads itself. A log that is not on disk yet is
// created by its first append.
//
// After an I/O error other than a full disk the log is offline: appends and reads answer
// kafka_storage_error, and what was not durable is never acknowledged.
class UnifiedLog final : public Flushable {
 public:
  // `loaded` comes from load_log (on a worker) or new_log. If it was recovered after a crash, the
  // tail that is kept is queued to be synced, and lies above the high watermark until it is.
  UnifiedLog(LoadedLog loaded, LogEnvironment environment);
  ~UnifiedLog() override;
  UnifiedLog(const UnifiedLog&) = delete;
  UnifiedLog& operator=(const UnifiedLog&) = delete;

  const TopicPartition& partition() const { return location_.partition; }
  const protocol::Uuid& topic_id() const { return location_.topic_id; }
  const LogConfig& config() const { return config_; }
  // Holds from the next append on.
  void update_config(const LogConfig& config);

  // --- Appending

  // Appends whole batches: validates them (of a client: exactly one, everything is checked; of the
  // broker's own rooms: only their shape), assigns offsets and `leader_epoch` in place in
  // `batches`, and hands them to the operating system with one write. `batches` is not used after
  // the return. When it is durable is another matter: see flush_soon and high_watermark.
  //
  // A batch of an idempotent producer that was appended before is not appended again: the answer
  // has the first one's offsets.
  //
  // Errors, and nothing has been appended: corrupt_message, unsupported_for_message_format,
  // unsupported_compression_type, invalid_record, message_too_large, record_list_too_large,
  // invalid_timestamp, out_of_order_sequence_number, invalid_producer_epoch, invalid_txn_state,
  // transaction_coordinator_fenced (a marker of an older coordinator);
  // kafka_storage_error if the disk is full (later appends may succeed) or the log is offline.
  // Costs a pass over the bytes for the CRC, and the write.
  Result<AppendInfo> append_as_leader(std::span<char> batches, LeaderEpoch leader_epoch,
                                      AppendOrigin origin = AppendOrigin::client);

  // Somebody waits for what was appended (acks=all): under `fsync` its sync starts after this turn
  // of the loop. Otherwise it does within the scheduler's delay.
  void flush_soon();

  // --- Reading

  // Whole batches beginning with the one that holds `from` (so its first records may lie below
  // `from`), up to the last batch that lies entirely below `bound`, of at most `max_bytes`
  // together. Pieces of one segment. Empty if there is nothing between `from` and `bound`.
  //
  // Never sleeps: would_block if finding the place needs the disk; then `read_on_worker` answers.
  // The bytes themselves may be cold all the same. Other errors: offset_out_of_range (below the
  // log start or above the log end), corrupt_message with file and offset, kafka_storage_error.
  Result<LogRead> read(const ReadRequest& request);

  // The same by a worker; `done` is called later on this loop, once, unless the log is destroyed
  // before. It also brings the bytes into the page cache.
  using OnRead = base::UniqueFunction<void(Result<LogRead>)>;
  void read_on_worker(ReadRequest request, OnRead done);

  // The first record between `log_start_offset` and `bound` whose timestamp is at least
  // `timestamp`; by a worker, `done` as above.
  using OnTimestamp = base::UniqueFunction<void(Result<TimestampedOffset>)>;
  void find_offset_for_timestamp(WallMillis timestamp, OnTimestamp done,
                                 ReadBound bound = ReadBound::high_watermark);

  // The first record with the greatest timestamp of the log; the same way.
  void find_max_timestamp(OnTimestamp done, ReadBound bound = ReadBound::high_watermark);

  // A picture of the log as it is now, from `log_start_offset` to `log_end_offset`, for a worker
  // to read at leisure.
  LogReader reader() const;

  // --- Offsets

  Offset log_start_offset() const { return log_start_offset_; }
  Offset log_end_offset() const { return log_end_offset_; }
  // Under `fsync` the durable offset, else the log end (one replica).
  Offset high_watermark() const { return high_watermark_; }
  // The first offset of the earliest transaction that is open, or whose end is not below the high
  // watermark; else the high watermark.
  Offset last_stable_offset() const;
  // Everything below it survives a power cut.
  Offset durable_offset() const { return durable_offset_; }
  // Everything below it need not be read again after a crash.
  Offset recovery_point() const { return recovery_point_; }
  Offset offset_of(ReadBound bound) const;

  TimestampedOffset earliest() const;
  // The end as readers bound by `bound` see it.
  TimestampedOffset latest(ReadBound bound) const;

  std::optional<LeaderEpoch> latest_epoch() const { return epochs_.latest_epoch(); }
  EpochEndOffset end_offset_for_epoch(LeaderEpoch epoch) const;

  std::uint64_t size_in_bytes() const;
  // The first offset that a segment still holds, readable or not.
  Offset first_segment_offset() const {
    return segments_.empty() ? log_end_offset_ : segments_.front().base_offset();
  }
  std::size_t segment_count() const { return segments_.size(); }
  std::size_t producer_count() const { return producers_.size(); }
  const std::vector<LogSegment>& segments() const { return segments_; }
  const ProducerStateManager& producers() const { return producers_; }
  const std::shared_ptr<base::Directory>& directory() const { return directory_; }

  // --- Callbacks; at most one of each, set by the replica layer

  // After the high watermark rose, whether by an append (os, memory) or by a sync (fsync). An
  // append calls it before it returns.
  void set_on_high_watermark(base::UniqueFunction<void()> on_high_watermark);
  // Once, when the log goes offline.
  void set_on_offline(base::UniqueFunction<void(const Error&)> on_offline);
  bool offline() const { return offline_.has_value(); }

  // --- Retention, recovery point

  // Hides what lies below `offset` (DeleteRecords): at most the high watermark, else
  // offset_out_of_range; never goes back. The LogManager's checkpoint makes it last.
  Result<void> advance_log_start_offset(Offset offset);

  // Removes segments by log start offset, retention.bytes and retention.ms; a worker renames their
  // files `.deleted`, and after file.delete.delay.ms unlinks them. Returns how many segments.
  // Segments that hold anything not below the high watermark are kept.
  std::size_t delete_old_segments();

  // What takes the place of some full segments, in files and in reads: see SegmentSwap. A worker
  // renames the files when no picture of the log may still open one of them by its name; readers
  // that have the originals go on reading them. `done` is called later, once, unless the log is
  // destroyed before: not_found (nothing has changed) if an original has been deleted meanwhile or
  // the log is offline or closed; io_error, and the directory goes offline. One at a time.
  using OnReplaced = base::UniqueFunction<void(Result<void>)>;
  void replace_segments(SegmentSwap swap, OnReplaced done);
  // If it still waits, `done` is called with `closed`.
  void give_up_replacement();

  // Forgets producers that have been idle for longer than `most`.
  void expire_producers(base::Duration most);

  // Brings the recovery point up to the log end on a worker: syncs segments, indexes, a producer
  // snapshot and the epoch checkpoint. Fine to call at any time; does nothing while one is under
  // way, or if less than `least_bytes` were appended since the last.
  void advance_recovery_point(std::uint64_t least_bytes = 0);

  // --- The end

  // From here on appends and reads answer `closed`. A worker finishes the files as a clean shutdown
  // must: final index entries, producer snapshot, epoch checkpoint; with `sync` (and but under
  // `memory`) all of it is on stable storage before `done` is called, with the recovery point at
  // the log end. Without, whoever asked syncs the file system. Once; the log must live until then.
  using OnClosed = base::UniqueFunction<void(Result<void>)>;
  void close(OnClosed done, bool sync = true);

  // Until it is released nothing of the log counts as durable, and the high watermark stays where
  // it is: what is on disk of a log that had its name must not be taken for its own first.
  void hold() { held_ = true; }
  void release();

  // Whether files of deleted segments are there that the next start would take for segments.
  bool deleting() const { return deleting_ || !doomed_.empty(); }

  // Whether closing has anything to do.
  bool touched() const { return touched_; }

  // Closes the files of all segments, which the next use opens again. False if that cannot be now:
  // an error of a later sync is told to those who had the file open, so what is not synced stays
  // open; where no flush is on its way it is asked for.
  bool try_close_files();

  // Lets go of the files without finishing them, before the directory is deleted.
  void abandon();
  bool exists_on_disk() const { return directory_ != nullptr; }

  // --- For the FlushScheduler

  std::optional<FlushTarget> begin_flush(bool as_closed_files) override;
  void end_flush(const FlushTarget& target) override;
  void go_offline(const Error& error) override;

 private:
  struct Advance;      // of the recovery point, on its way through a worker
  struct Replacement;  // of segments

  Error located(ErrorCode code, std::string message, std::string file = {}) const;
  Error located(const Error& error) const;
  Result<void> check_usable() const;

  // Appending.
  std::optional<AppendInfo> find_duplicate() const;
  Result<void> check_sequences() const;
  Result<void> check_coordinated() const;
  Result<void> recompress_batch(Bytes& made, std::span<char>& batches);
  SegmentAppend stamp(std::span<char> batches, LeaderEpoch leader_epoch, WallMillis now);
  Result<void> make_room(const SegmentAppend& append, WallMillis now);
  bool wants_roll(const SegmentAppend& append, WallMillis now);
  Result<void> create_on_disk(WallMillis now);
  Result<void> roll(WallMillis now);
  Result<void> write(const SegmentAppend& append);
  void note_batches(LeaderEpoch leader_epoch);
  void note_aborted(const AbortedTransaction& transaction);
  void want_flush();
  Result<void> collect_files(bool as_closed_files, FlushTarget& target);
  Result<std::shared_ptr<base::File>> metadata_file();
  void raise_high_watermark();

  // Reading.
  Result<void> check_range(Offset from) const;
  template <class T, class Work>
  void on_worker(LogReader reader, Work work, base::UniqueFunction<void(Result<T>)> done);
  void adopt_files(const LogReader& reader);

  // Replacement of segments.
  std::optional<std::size_t> first_original() const;
  void try_replacement();
  void rename_for_replacement(const std::shared_ptr<SwapProgress>& progress);
  void end_replacement(Result<void> result);
  void put_in_place(const SegmentSwap& swap);
  bool renaming_segments() const;

  // Files.
  void remove_segments(std::size_t count);
  void rename_doomed_when_safe();
  void rename_doomed();
  void unlink_later(std::vector<std::string> names);
  std::shared_ptr<Advance> begin_advance(bool sync);
  void end_advance(const Advance& advance, const Result<void>& result);
  void finish();
  void close_surplus_files(Offset keep);
  void close_files();
  void note_use();

  // Set at construction.
  LogLocation location_;
  base::Loop& loop_;
  FlushScheduler& flush_;
  OpenLogs& open_logs_;
  base::Logger logger_;

  // Loop's thread only.
  LogConfig config_;
  std::shared_ptr<base::Directory> directory_;  // null: not on disk yet
  std::vector<LogSegment> segments_;            // by base offset; the last is appended to
  OpenLogs::Place open_place_;
  LeaderEpochCache epochs_;
  ProducerStateManager producers_;
  Offset log_start_offset_{0};
  Offset log_end_offset_{0};
  Offset high_watermark_{0};
  Offset durable_offset_{0};
  Offset recovery_point_{0};
  std::uint64_t bytes_since_recovery_point_ = 0;
  bool dirty_ = false;  // the FlushScheduler knows
  // The segment of which a refused append was cut off, and no sync knows of that: what was cut off
  // could come back between it and the next one. None: kNoOffset.
  Offset cut_segment_ = kNoOffset;
  std::uint64_t cuts_ = 0;
  bool entries_dirty_ = false;   // files were made or removed since the last flush began
  bool parent_dirty_ = false;    // the directory itself was
  bool metadata_dirty_ = false;  // partition.metadata is not synced
  std::shared_ptr<base::File> new_metadata_;  // that, if it is open
  bool touched_ = false;                      // the files are not as a clean shutdown leaves them
  bool creating_ = false;
  bool held_ = false;
  bool closed_ = false;
  bool sync_at_close_ = true;
  OnClosed on_closed_;
  std::shared_ptr<Replacement> replacement_;  // while one is under way
  // Held by every picture of the log; a replacement waits for those that are older than it.
  std::shared_ptr<const char> pictures_ = std::make_shared<const char>('\0');
  bool deleting_ = false;
  std::vector<Offset> doomed_;  // base offsets of deleted segments whose files are still there
  bool advancing_ = false;
  bool advance_again_ = false;
  // Producer snapshots that the next advance writes, and the one that no segment begins with.
  std::vector<std::pair<Offset, Bytes>> snapshots_to_write_;
  Offset newest_snapshot_ = kNoOffset;  // on disk
  Offset loose_snapshot_ = kNoOffset;
  std::vector<ValidatedBatch> batches_;  // of the append that is under way
  base::UniqueFunction<void()> on_high_watermark_;
  base::UniqueFunction<void(const Error&)> on_offline_;
  std::optional<Error> offline_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
