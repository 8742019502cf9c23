#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "broker/log/log_segment.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// A picture of a log as it was at one moment, for a worker to read while the log goes on. A value;
// one thread at a time. Every call sleeps. A segment that was deleted meanwhile answers not_found.
class LogReader {
 public:
  // The names of the segments' files stay what they are while `names` is held.
  LogReader(std::vector<LogSegment> segments, Offset start, Offset end,
            std::shared_ptr<const void> names = {})
      : segments_(std::move(segments)), start_(start), end_(end), names_(std::move(names)) {}

  Offset start_offset() const { return start_; }
  Offset end_offset() const { return end_; }

  // Hands every batch from the one that holds `from` on to `on_batch`, in order; the view is valid
  // during the call. Ends early with the error that `on_batch` answers. With `verify` a batch with
  // a wrong CRC is corrupt_message instead. Other errors: offset_out_of_range, io_error.
  using OnBatch = std::function<Result<void>(const protocol::RecordBatchView&)>;
  Result<void> for_each_batch(Offset from, const OnBatch& on_batch, bool verify = true);

  // As UnifiedLog::read, and the bytes are in the page cache afterwards.
  Result<LogRead> read(const ReadRequest& request);

  // As UnifiedLog::find_offset_for_timestamp and find_max_timestamp.
  Result<TimestampedOffset> find_timestamp(WallMillis timestamp);
  Result<TimestampedOffset> find_max_timestamp();

  const std::vector<LogSegment>& segments() const { return segments_; }

 private:
  std::vector<LogSegment> segments_;
  Offset start_;
  Offset end_;
  std::shared_ptr<const void> names_;
};

}  // namespace ottla::broker
