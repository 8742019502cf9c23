#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/file.h"
#include "broker/log/batch_scan.h"
#include "broker/log/log_config.h"
#include "broker/log/log_segment.h"
#include "broker/log/transaction_index.h"
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

  // Makes everything durable (with `sync`) and gives the segment with its files open. Of the
  // transaction indexes of `originals` it takes over what readers may still need.
  Result<LogSegment> finish(std::span<const LogSegment> originals, bool sync);

  std::uint64_t bytes() const { return segment_.size() + chunk_.size(); }

 private:
  CleanedSegment(std::shared_ptr<base::Directory> directory, LogSegment segment,
                 const LogConfig& config)
      : directory_(std::move(directory)), segment_(std::move(segment)), config_(config) {}

  Result<void> write_chunk();
  bool may_be_read(const AbortedTransaction& transaction) const;
  Result<void> merge_transaction_indexes(std::span<const LogSegment> originals);

  std::shared_ptr<base::Directory> directory_;
  LogSegment segment_;
  LogConfig config_;
  std::string chunk_;  // batches that are not written yet
  SegmentAppend append_;
  std::vector<std::pair<ProducerId, Offset>> transactional_;  // batches with records of such
};

}  // namespace ottla::broker
