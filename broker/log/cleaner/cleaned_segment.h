#pragma once

#include <memory>
#include <span>

#include "base/file.h"
#include "broker/log/batch_scan.h"
#include "broker/log/log_config.h"
#include "broker/log/log_segment.h"
#include "ottla/result.h"

namespace ottla::broker {

// Writes what is left of some segments into new files whose names end in `.cleaned`. Every call
// sleeps; one thread. Errors: no_space, io_error.
class CleanedSegment {
 public:
  // Files of that name that an earlier attempt left are removed.
  static Result<CleanedSegment> create(std::shared_ptr<base::Directory> directory,
                                       Offset base_offset, const LogConfig& config);

  // Adds a whole batch, of which `header` is the header. Error also: record_list_too_large, if the
  // segment cannot hold it.
  Result<void> add(const protocol::RecordBatchView& batch);

  // Makes everything durable (with `sync`) and gives the segment with its files open. The
  // transaction indexes of `originals`, one after the other, become its own.
  Result<LogSegment> finish(std::span<const LogSegment> originals, bool sync);

  std::uint64_t bytes() const { return segment_.size() + chunk_.size(); }

 private:
  CleanedSegment(std::shared_ptr<base::Directory> directory, LogSegment segment,
                 const LogConfig& config)
      : directory_(std::move(directory)), segment_(std::move(segment)), config_(config) {}

  Result<void> write_chunk();
  Result<void> merge_transaction_indexes(std::span<const LogSegment> originals, bool sync);

  std::shared_ptr<base::Directory> directory_;
  LogSegment segment_;
  LogConfig config_;
  std::string chunk_;  // batches that are not written yet
  SegmentAppend append_;
};

}  // namespace ottla::broker
