#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "broker/log/batch_scan.h"
#include "broker/log/log_config.h"
#include "broker/log/log_types.h"
#include "broker/log/offset_index.h"
#include "broker/log/time_index.h"
#include "broker/log/transaction_index.h"
#include "ottla/result.h"

namespace ottla::broker {

// What one append adds to a segment.
struct SegmentAppend {
  BytesView bytes;  // whole batches, stamped
  Offset last_offset;
  WallMillis max_timestamp = kNoTimestamp;
  Offset offset_of_max_timestamp;  // last offset of the batch that has it
  Offset last_offset_of_first;     // of the first batch: what an index entry for all of it names
};

// One segment: `<base offset>.log` with its indexes. Files are opened when they are needed. A copy
// is a frozen picture that a worker may read while the original is appended to. Calls with a
// ReadMode answer would_block rather than sleep if told so.
class LogSegment {
 public:
  // A segment that is on disk: `size` bytes of .log that are whole batches, and so many entries in
  // its indexes. With all 0 the files need not exist. Their names end in `name_suffix`, which lives
  // for ever.
  LogSegment(std::shared_ptr<base::Directory> directory, Offset base_offset, std::uint64_t size,
             std::size_t index_entries, std::size_t time_entries, WallMillis created,
             std::string_view name_suffix = {}, std::size_t aborted_entries = 0);

  Offset base_offset() const { return base_offset_; }
  std::uint64_t size() const { return size_; }
  // When it was made, or opened by this run.
  WallMillis created() const { return created_; }
  OffsetIndex& offset_index() { return offset_index_; }
  TimeIndex& time_index() { return time_index_; }
  TransactionIndex& transaction_index() { return transaction_index_; }

  // Makes the .log file, which must not exist.
  Result<void> create();
  Result<std::shared_ptr<base::File>> file(ReadMode mode);

  // Whether this append cannot be held: positions and relative offsets have 31 bits.
  bool must_roll(const SegmentAppend& append) const;
  // The same, and whether it belongs into a new segment by segment.bytes, segment.ms, or full
  // indexes.
  bool should_roll(const SegmentAppend& append, const LogConfig& config, WallMillis now) const;

  // Writes at the end and updates the indexes. On an error nothing has been appended: what was
  // written in part is cut off again. Errors: no_space, io_error (also if the cutting failed: the
  // segment must not be used any more).
  Result<void> append(const SegmentAppend& append, const LogConfig& config);

  // The batch that holds `target`, or the first one above it; none if there is no such.
  Result<std::optional<BatchHeader>> find_batch(Offset target, ReadMode mode);

  // Where whole batches from `first` on end, if they lie below `bound` and take `max_bytes` at
  // most; at least `first` itself if it does not. All their offsets are below `bound` in the
  // answer, which is as low as it can be said without reading more.
  struct End {
    std::uint64_t position = 0;
    Offset bound;
  };
  Result<End> end_of_batches(const BatchHeader& first, Offset bound, std::size_t max_bytes,
                             ReadMode mode);

  // The greatest timestamp and the last offset of the batch that has it; {-1, base} if none.
  Result<TimeIndex::Entry> max_timestamp(ReadMode mode);

  // The first record with a timestamp of at least `timestamp` and an offset of at least `from`.
  // (sleeps)
  Result<TimestampedOffset> find_timestamp(WallMillis timestamp, Offset from);

  // Reads the .log from the batch that holds `trusted` on (what lies below was synced, with its
  // indexes), and makes the indexes of that part anew. The first batch that is not whole or whose
  // checksum is wrong ends it: there the file is cut, or, without `may_cut`, that is the error.
  // Offsets that are missing before a batch at or above `gaps_below` are a reason, too. What is cut
  // below `kept_below`, and so was on stable storage, is kept in a file of its own. A batch that
  // reaches `ends_at`, where another segment begins, is one too many; then nothing but what lies
  // behind that offset is cut, else it is an error. Batches of magic 0 and 1 are no damage:
  // unsupported_for_message_format. (sleeps)
  struct RecoveryOptions {
    Offset trusted{0};
    Offset gaps_below = kNoBound;
    bool may_cut = false;
    Offset kept_below{0};
    Offset ends_at = kNoBound;
  };
  struct Recovery {
    Offset next_offset;           // after the last batch that is kept
    std::uint64_t cut_bytes = 0;  // 0: everything was right
    std::string why;              // of the cut
    std::string kept_as;          // the name of the file that has what was cut, if there is one
  };
  Result<Recovery> recover(const RecoveryOptions& options, const LogConfig& config);

  // The offset after the last batch; a look at the part behind the last index entry. An error if
  // that is not whole batches. (sleeps)
  Result<Offset> read_next_offset();

  // Finds out what an append must know (greatest timestamp, first timestamp), so that it need not
  // look later. (sleeps)
  Result<void> prepare_to_append();

  // Adds the final time-index entry and writes out all indexes: when the segment is full, and at
  // the end.
  Result<void> finish_indexes();

  // Reads the timestamp of the first batch, if it is not known. (sleeps)
  Result<void> read_first_timestamp();
  // As far as they are known without looking: the timestamp of the first batch, and the greatest.
  std::optional<WallMillis> known_first_timestamp() const { return first_batch_timestamp_; }
  std::optional<WallMillis> known_max_timestamp() const {
    if (!max_timestamp_) return {};
    return max_timestamp_->timestamp;
  }

  // The file of the transaction index has so many entries now.
  void set_aborted_entries(std::size_t entries);

  // Opens all files. (sleeps)
  Result<void> open_files();

  // Takes over files that a copy has opened, and what it knows of its batches.
  void adopt(const LogSegment& opened);
  void release_files();
  bool has_open_files() const { return file_ != nullptr; }
  std::string file_name() const;

 private:
  Result<bool> begins_between(std::uint64_t position, const BatchHeader& first, Offset bound,
                              ReadMode mode);
  Result<Offset> offset_to_search_from(WallMillis timestamp);
  Result<void> update_indexes(std::uint64_t position, const SegmentAppend& append,
                              const LogConfig& config);
  Result<std::uint64_t> drop_indexes_from(Offset trusted);
  Result<void> check_recovered(const BatchHeader& batch) const;
  Result<void> cut_at(std::uint64_t position, const Error& why, Recovery& result,
                      Offset kept_below);
  Result<std::string> keep_from(std::uint64_t position);

  std::shared_ptr<base::Directory> directory_;
  std::string_view name_suffix_;
  Offset base_offset_;
  std::uint64_t size_;
  WallMillis created_;
  OffsetIndex offset_index_;
  TimeIndex time_index_;
  TransactionIndex transaction_index_;
  std::shared_ptr<base::File> file_;
  std::uint64_t bytes_since_index_entry_ = 0;
  std::optional<TimeIndex::Entry> max_timestamp_;    // once known
  std::optional<WallMillis> first_batch_timestamp_;  // once known
};

}  // namespace ottla::broker
