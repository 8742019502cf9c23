#include <algorithm>
#include <string>

#include "broker/log/log_segment.h"
#include "protocol/compression/compression.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

// The first record of the batch at or after both; nothing if there is none.
Result<TimestampedOffset> find_in_batch(const protocol::RecordBatchView& batch,
                                        WallMillis timestamp, Offset from) {
  std::string inflated;
  BytesView records = batch.records();
  if (batch.compression() != Compression::none) {
    auto done = protocol::decompress(batch.compression(), records, kMaxInflatedBatch, inflated);
    if (!done) return done.error();
    records = inflated;
  }
  protocol::RecordReader reader(batch, records);
  for (protocol::RecordView record; reader.next(record);) {
    if (record.offset >= from && record.timestamp >= timestamp) {
      return TimestampedOffset{record.offset, record.timestamp, batch.partition_leader_epoch()};
    }
  }
  if (auto status = reader.status(); !status) return status.error();
  return TimestampedOffset{};
}

}  // namespace

// What lies below it is older. Entries have no checksum: one is believed if the batch it names
// agrees.
Result<Offset> LogSegment::offset_to_search_from(WallMillis timestamp) {
  auto known = time_index_.lookup(timestamp, ReadMode::may_sleep);
  if (!known && known.error().code() != ErrorCode::corrupt_data) return known.error();
  if (!known || known->timestamp < 0 || known->timestamp > timestamp) return base_offset_;
  auto batch = find_batch(known->offset, ReadMode::may_sleep);
  if (!batch) return batch.error();
  const bool agrees = *batch && (*batch)->base_offset <= known->offset &&
                      (*batch)->max_timestamp == known->timestamp;
  return agrees ? known->offset : base_offset_;
}

Result<TimestampedOffset> LogSegment::find_timestamp(WallMillis timestamp, Offset from) {
  if (size_ == 0) return TimestampedOffset{};
  auto known = offset_to_search_from(timestamp);
  if (!known) return known.error();
  auto first = find_batch(std::max(*known, from), ReadMode::may_sleep);
  if (!first) return first.error();
  if (!*first) return TimestampedOffset{};
  auto log = file(ReadMode::may_sleep);
  if (!log) return log.error();
  BatchScanner batches(**log, (*first)->position, size_, ReadMode::may_sleep);
  for (;;) {
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) return TimestampedOffset{};
    // Nothing that its header says holds if the checksum is wrong.
    if (auto good = batches.verify_crc(**batch); !good) return good.error();
    if ((*batch)->max_timestamp < timestamp || (*batch)->last_offset < from) continue;
    auto loaded = batches.load(**batch);
    if (!loaded) return loaded.error();
    auto found = find_in_batch(*loaded, timestamp, from);
    if (!found || found->offset != kNoOffset) return found;
  }
}

}  // namespace ottla::broker
