#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "ottla/bytes.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"

namespace ottla::protocol {

// Builds one record batch by encoding each record straight into its final place:
//
//   auto builder = RecordBatchBuilder::over(memory);
//   while (builder.append(timestamp, key, value, headers)) { ... }
//   char* batch = builder.close();
//   seal(batch, producer_state, transactional);
//
// No allocation per record; some 25 ns each beyond copying its bytes. One thread at a time.
class RecordBatchBuilder {
 public:
  // Writes into `memory`, which the caller owns and keeps until it is done with the batch; the
  // builder is full when the memory is. At least kBatchHeaderSize and less than 2 GiB.
  static RecordBatchBuilder over(std::span<char> memory);

  // Writes into memory of its own, which doubles when it is full, up to `limit` bytes.
  static RecordBatchBuilder growing(std::size_t first_capacity = 1024,
                                    std::size_t limit = kMaxBatchSize);

  // The batch length is a signed 32-bit number.
  static constexpr std::size_t kMaxBatchSize = 0x7fffffff;

  RecordBatchBuilder(RecordBatchBuilder&&) noexcept = default;
  RecordBatchBuilder& operator=(RecordBatchBuilder&&) noexcept = default;

  // Copies the record to the end of the batch, with the next offset. `timestamp` is milliseconds
  // since the Unix epoch, -1 for none. False, and nothing has changed, if there is no room.
  [[nodiscard]] bool append(std::int64_t timestamp, const std::optional<BytesView>& key,
                            const std::optional<BytesView>& value,
                            std::span<const RecordHeader> headers = {});

  // Bytes the batch can have at most once this record is appended, header included.
  std::size_t size_if_appended(std::optional<BytesView> key, std::optional<BytesView> value,
                               std::span<const RecordHeader> headers = {}) const {
    return size_in_bytes() + max_record_size(key, value, headers);
  }

  // Bytes that a record can take beside its key, its value and its headers, their lengths included.
  static constexpr std::size_t kMaxRecordOverhead = 21 + 3 * 5;

  // Bytes that a record can take at most, whatever its place in the batch.
  static std::size_t max_record_size(std::optional<BytesView> key, std::optional<BytesView> value,
                                     std::span<const RecordHeader> headers = {});

  // Takes the checksum of large records while they are still in the processor's cache: for a batch
  // that is to be sent as it is filled, not compressed.
  void sum_while_filling() { sums_ = true; }

  // Of the records in their final form; for `seal`.
  const RecordsSum& sum() const { return sum_; }

  // Marks the batch as one of control records.
  void set_control() { control_ = true; }

  bool empty() const { return record_count_ == 0; }
  std::int32_t record_count() const { return record_count_; }
  std::size_t size_in_bytes() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t capacity() const { return static_cast<std::size_t>(end_ - begin_); }
  // -1 while the batch is empty.
  std::int64_t base_timestamp() const { return base_timestamp_; }
  std::int64_t max_timestamp() const { return max_timestamp_; }

  // Writes the header: base offset 0, no leader epoch, no producer. The batch is complete but for
  // its checksum, which `seal` adds; returns where it starts, its length is size_in_bytes(). At
  // least one record has been appended; nothing may be appended afterwards.
  char* close();

  // The same with the records compressed, in the same memory; if that would not make them smaller
  // they stay as they are, and the batch says so. Allocates once. Error: invalid_argument, if the
  // codec does not know the level; the batch can then be closed otherwise.
  Result<char*> close(Compression codec, int level);

  // The same, sealed: a batch ready to be sent or, after stamp_offsets, to be stored.
  BytesView close_sealed(const ProducerState& producer = {}, bool transactional = false);

  // Back to an empty batch in the same memory.
  void reset();

 private:
  RecordBatchBuilder() = default;

  bool grow(std::size_t needed);
  void add_to_sum();
  char* write_header(Compression codec);

  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::int64_t base_timestamp_ = -1;
  std::int64_t max_timestamp_ = -1;
  std::int32_t record_count_ = 0;
  bool control_ = false;
  bool sums_ = false;
  RecordsSum sum_;
  std::size_t limit_ = 0;
  std::unique_ptr<char[]> owned_;  // Empty if the memory is the caller's.
};

}  // namespace ottla::protocol
