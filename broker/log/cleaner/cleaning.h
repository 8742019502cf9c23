#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/siphash.h"
#include "broker/log/cleaner/aborted_transactions.h"
#include "broker/log/cleaner/batch_filter.h"
#include "broker/log/cleaner/cleaned_segment.h"
#include "broker/log/cleaner/key_offset_map.h"
#include "broker/log/log_config.h"
#include "broker/log/log_segment.h"
#include "broker/log/producer_state_manager.h"
#include "broker/log/segment_swap.h"
#include "ottla/result.h"

namespace ottla::broker {

// What one cleaning of one log starts from: a frozen picture of it.
struct CleaningRequest {
  std::shared_ptr<base::Directory> directory;
  std::vector<LogSegment> segments;  // the whole log, by base offset
  Offset first_dirty{0};             // below it the log has been cleaned before
  Offset end{0};                     // what lies from here on stays; where a segment begins
  Offset log_end{0};
  ProducerStateManager producers;
  LogConfig config;
  WallMillis now = 0;
  KeyOffsetMap::Limits map_limits;
  base::Hash128 secret;
  std::size_t buffer_bytes = 512 << 10;
};

// One cleaning of one log, in steps that a worker takes one after the other; in between it belongs
// to the loop. First the headers of the dirty part are read: which transactions were aborted, how
// many keys there may be. Then the newest offset of each key is noted, as far as memory allows.
// Then the log is written anew, some neighbouring segments into one at a time, which are swapped in
// before the next are begun.
class Cleaning {
 public:
  explicit Cleaning(CleaningRequest request);

  enum class State : std::uint8_t { working, wants_swap, done };

  // Goes on for about `budget` bytes of reading and writing. (sleeps) Errors: not_found (a segment
  // was deleted meanwhile), no_space, io_error; corrupt_message, invalid_record,
  // message_too_large, record_list_too_large, which will not pass by themselves.
  Result<State> step(std::uint64_t budget);

  // After wants_swap.
  SegmentSwap take_swap();

  // Removes what was written and not swapped in. (sleeps)
  void discard();

  // When done: below it the log is clean.
  Offset cleaned_until() const { return known_until_; }
  // Bytes read and written by all steps.
  std::uint64_t bytes_moved() const { return bytes_moved_; }
  std::uint64_t bytes_before() const { return bytes_before_; }
  std::uint64_t bytes_after() const { return bytes_after_; }

 private:
  enum class Phase : std::uint8_t { scan, map, write };

  Result<bool> open_scanner(Offset from);
  Result<void> scan_some(std::uint64_t until);
  Result<void> map_some(std::uint64_t until);
  Result<State> write_some(std::uint64_t until);
  Result<void> note_keys(const protocol::RecordBatchView& batch);
  Result<protocol::RecordBatchView> load(const BatchHeader& batch);
  void begin_map();
  void begin_write();
  std::size_t end_of_group(std::size_t first) const;
  Result<void> begin_group();
  Result<void> write_batch(const BatchHeader& header);
  Result<State> end_group();
  std::size_t segment_holding(Offset offset) const;

  CleaningRequest request_;
  Phase phase_ = Phase::scan;
  std::size_t at_ = 0;  // the segment that is being read
  std::optional<BatchScanner> scanner_;
  AbortedTransactions aborted_;
  std::uint64_t most_keys_ = 0;
  std::unique_ptr<KeyOffsetMap> map_;
  bool map_full_ = false;
  Offset known_until_{0};
  std::optional<BatchFilter> filter_;
  std::string inflated_;
  std::size_t group_begin_ = 0;
  std::size_t group_end_ = 0;
  bool group_changed_ = false;
  std::optional<CleanedSegment> output_;
  std::optional<SegmentSwap> swap_;
  std::uint64_t bytes_moved_ = 0;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t bytes_after_ = 0;
};

}  // namespace ottla::broker
