#include "broker/log/log_reader.h"

#include <algorithm>
#include <string>

#include "broker/log/batch_reading.h"

namespace ottla::broker {
namespace {

constexpr std::size_t kScanBuffer = 256 << 10;

// Brings the bytes into the page cache.
Result<void> touch(const base::FileRange& range) {
  std::string buffer(std::min(range.length, kScanBuffer), '\0');
  for (std::size_t done = 0; done < range.length;) {
    const auto piece = std::min(buffer.size(), range.length - done);
    auto count = range.file->read_at(range.position + done, {buffer.data(), piece});
    if (!count) return count.error();
    if (*count == 0) break;
    done += *count;
  }
  return {};
}

}  // namespace

Result<void> LogReader::for_each_batch(Offset from, const OnBatch& on_batch, bool verify) {
  if (from < start_ || from > end_) {
    return Error(ErrorCode::offset_out_of_range,
                 "offset " + std::to_string(from.value) + " is not between " +
                     std::to_string(start_.value) + " and " + std::to_string(end_.value));
  }
  for (std::size_t i = segments_.empty() ? 0 : segment_of(segments_, from); i < segments_.size();
       ++i) {
    auto& segment = segments_[i];
    auto first = segment.find_batch(from, ReadMode::may_sleep);
    if (!first) return first.error();
    if (!*first) continue;
    auto file = segment.file(ReadMode::may_sleep);
    if (!file) return file.error();
    BatchScanner batches(**file, (*first)->position, segment.size(), ReadMode::may_sleep,
                         kScanBuffer);
    for (;;) {
      auto header = batches.next();
      if (!header) return header.error();
      if (!*header || (*header)->last_offset >= end_) break;
      if (verify) {
        if (auto good = batches.verify_crc(**header); !good) return good;
      }
      auto batch = batches.load(**header);
      if (!batch) return batch.error();
      if (auto done = on_batch(*batch); !done) return done;
    }
  }
  return {};
}

Result<LogRead> LogReader::read(const ReadRequest& request) {
  auto read = read_batches(segments_, request, ReadMode::may_sleep);
  if (!read) return read;
  for (const auto& range : read->ranges) {
    if (auto touched = touch(range); !touched) return touched.error();
  }
  return read;
}

Result<TimestampedOffset> LogReader::find_timestamp(WallMillis timestamp) {
  for (auto& segment : segments_) {
    auto newest = segment.max_timestamp(ReadMode::may_sleep);
    if (!newest) return newest.error();
    if (newest->timestamp < timestamp) continue;
    auto found = segment.find_timestamp(timestamp, start_);
    if (!found) return found;
    if (found->offset == kNoOffset) continue;
    return found->offset < end_ ? *found : TimestampedOffset{};
  }
  return TimestampedOffset{};
}

Result<TimestampedOffset> LogReader::find_max_timestamp() {
  WallMillis greatest = kNoTimestamp;
  for (auto& segment : segments_) {
    auto newest = segment.max_timestamp(ReadMode::may_sleep);
    if (!newest) return newest.error();
    greatest = std::max(greatest, newest->timestamp);
  }
  if (greatest == kNoTimestamp) return TimestampedOffset{};
  return find_timestamp(greatest);
}

}  // namespace ottla::broker
