#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"

namespace ottla::protocol {

// The records of `batch`, decompressed if they are compressed: into `buffer`, which then must
// outlive what is returned; otherwise the batch's own bytes, and `buffer` is left alone. Errors are
// those of decompress: corrupt_message, and message_too_large beyond `limit` bytes.
Result<BytesView> uncompressed_records(const RecordBatchView& batch, std::size_t limit,
                                       std::string& buffer);

// Walks the records of one batch without allocating:
//
//   RecordReader reader(batch, *uncompressed_records(batch, limit, buffer));
//   for (RecordView record; reader.next(record);) { ... }
//   if (auto status = reader.status(); !status) return status.error();
//
// Every length, count and delta is checked before it is used. Borrows `records`; views it hands
// out live as long as those do. One thread.
class RecordReader {
 public:
  // `records` are the uncompressed records of `batch`.
  RecordReader(const RecordBatchView& batch, BytesView records);

  // The next record; false at the end and at the first record that is malformed. Some 20 ns.
  bool next(RecordView& record);

  // Success once all records that the batch states were read and nothing is left over, and while
  // the walk goes on; invalid_record, naming the record, where it had to stop. Ask when `next` has
  // said false.
  Result<void> status() const;

  // Bytes that are not read yet.
  std::size_t remaining_bytes() const { return static_cast<std::size_t>(end_ - at_); }

 private:
  bool fail(const char* reason);

  const char* at_;
  const char* end_;
  std::int64_t base_offset_;
  std::int64_t base_timestamp_;
  std::int64_t append_timestamp_;
  std::int32_t last_offset_delta_;
  std::int32_t record_count_;
  std::int32_t records_read_ = 0;
  bool log_append_time_;
  const char* failure_ = nullptr;
};

}  // namespace ottla::protocol
