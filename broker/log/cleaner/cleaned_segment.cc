#include "broker/log/cleaner/cleaned_segment.h"

#include <algorithm>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/log/segment_swap.h"

namespace ottla::broker {

Result<CleanedSegment> CleanedSegment::create(std::shared_ptr<base::Directory> directory,
                                              Offset base_offset, const LogConfig& config) {
  if (auto removed = remove_cleaned_files(*directory, base_offset); !removed) {
    return removed.error();
  }
  LogSegment segment(directory, base_offset, 0, 0, 0, 0, kCleanedSuffix);
  if (auto made = segment.create(); !made) return made.error();
  return CleanedSegment(std::move(directory), std::move(segment), config);
}

// One index entry stands for one chunk: it is as long as entries are apart, and is written at once.
Result<void> CleanedSegment::add(const protocol::RecordBatchView& batch) {
  const auto interval = static_cast<std::size_t>(config_.index_interval_bytes);
  if (chunk_.size() > interval) {
    if (auto written = write_chunk(); !written) return written;
  }
  if (chunk_.empty()) append_.last_offset_of_first = batch.last_offset();
  chunk_.append(batch.bytes());
  append_.last_offset = batch.last_offset();
  if (batch.is_transactional() && !batch.is_control()) {
    transactional_.emplace_back(batch.producer_id(), batch.base_offset());
  }
  if (batch.record_count() > 0 && batch.max_timestamp() > append_.max_timestamp) {
    append_.max_timestamp = batch.max_timestamp();
    append_.offset_of_max_timestamp = batch.last_offset();
  }
  return {};
}

Result<void> CleanedSegment::write_chunk() {
  if (chunk_.empty()) return {};
  append_.bytes = chunk_;
  if (segment_.must_roll(append_)) {
    return Error(ErrorCode::record_list_too_large, "what is left does not fit one segment");
  }
  if (auto written = segment_.append(append_, config_); !written) return written;
  chunk_.clear();
  append_ = {};
  return {};
}

// Whether a reader may still come upon what the transaction has written: that is in a batch of this
// segment, or may be in one before it.
bool CleanedSegment::may_be_read(const AbortedTransaction& transaction) const {
  if (transaction.first_offset < segment_.base_offset()) return true;
  return std::any_of(transactional_.begin(), transactional_.end(), [&](const auto& batch) {
    return batch.first == transaction.producer_id && batch.second >= transaction.first_offset &&
           batch.second < transaction.last_offset;
  });
}

Result<void> CleanedSegment::merge_transaction_indexes(std::span<const LogSegment> originals) {
  for (auto original : originals) {
    auto transactions = original.transaction_index().all();
    if (!transactions) return transactions.error();
    for (const auto& each : *transactions) {
      if (!may_be_read(each)) continue;
      if (auto added = segment_.transaction_index().append(each); !added) return added;
    }
  }
  return {};
}

Result<LogSegment> CleanedSegment::finish(std::span<const LogSegment> originals, bool sync) {
  if (auto written = write_chunk(); !written) return written.error();
  if (auto merged = merge_transaction_indexes(originals); !merged) return merged.error();
  if (auto finished = segment_.finish_indexes(); !finished) return finished.error();
  if (auto opened = segment_.open_files(); !opened) return opened.error();
  if (!sync) return segment_;
  auto log = segment_.file(ReadMode::may_sleep);
  auto index = segment_.offset_index().file().file();
  auto time_index = segment_.time_index().file().file();
  for (const auto* file : {&log, &index, &time_index}) {
    if (!*file) return file->error();
    if (auto synced = (**file)->sync(); !synced) return synced.error();
  }
  if (segment_.transaction_index().empty()) return segment_;
  auto aborted = segment_.transaction_index().file().file();
  if (!aborted) return aborted.error();
  if (auto synced = (*aborted)->sync(); !synced) return synced.error();
  return segment_;
}

}  // namespace ottla::broker
