#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "broker/log/log_types.h"
#include "ottla/result.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// Whether a read may wait for the disk: on a loop it may not.
enum class ReadMode : std::uint8_t { no_wait, may_sleep };

// Fills `into` from `position` and answers how much there was. Errors: would_block, io_error.
Result<std::size_t> read_file_at(const base::File& file, std::uint64_t position,
                                 std::span<char> into, ReadMode mode);

// The bytes are not what was written; as against a file that cannot be read.
bool is_damage(const Error& error);

// Reads a file forwards through a buffer.
class FileWindow {
 public:
  // Nothing at or beyond `end` is read.
  FileWindow(const base::File& file, std::uint64_t end, std::size_t buffer_size, ReadMode mode);

  // The `size` bytes at `position`, valid until the next call. `size` may exceed the buffer, which
  // then grows; position + size <= end. Errors: would_block, io_error, corrupt_data (the file is
  // shorter than `end`).
  Result<BytesView> at(std::uint64_t position, std::size_t size);

  std::uint64_t end() const { return end_; }
  std::size_t buffer_size() const { return buffer_size_; }
  const base::File& file() const { return file_; }

 private:
  const base::File& file_;
  std::uint64_t end_;
  std::size_t buffer_size_;
  ReadMode mode_;
  std::string buffer_;
  std::uint64_t buffer_position_ = 0;
  std::size_t buffered_ = 0;
};

// A batch in a file, as its header tells it.
struct BatchHeader {
  std::uint64_t position = 0;  // in the file
  std::size_t size = 0;        // bytes, header included
  Offset base_offset;
  Offset last_offset;
  LeaderEpoch leader_epoch;
  WallMillis max_timestamp = kNoTimestamp;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  Sequence base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  bool empty = false;  // compaction has left nothing but its place

  std::uint64_t end() const { return position + size; }
};

// The header of a batch in memory that lies, or will lie, at `position`.
BatchHeader header_of(const protocol::RecordBatchView& batch, std::uint64_t position);

// Walks the headers of the batches of a segment file.
class BatchScanner {
 public:
  static constexpr std::size_t kDefaultBuffer = 8 << 10;

  // From `position`, where a batch must start, to `end`.
  BatchScanner(const base::File& file, std::uint64_t position, std::uint64_t end, ReadMode mode,
               std::size_t buffer_size = kDefaultBuffer);

  // The next batch; none at the end. Errors: would_block, io_error; with file and position
  // unsupported_for_message_format at a message of magic 0 or 1 whose checksum is right, and
  // corrupt_message at all other bytes that are no whole batch of magic 2. After an error the
  // scanner stays where it is.
  Result<std::optional<BatchHeader>> next();

  // Where the next batch starts.
  std::uint64_t position() const { return position_; }

  // The whole batch that `next` gave, valid until the next call of either.
  Result<protocol::RecordBatchView> load(const BatchHeader& batch);

  // Whether the checksum of the batch that `next` gave is right: corrupt_message if not. Reads
  // piece by piece, so a lying length costs no memory.
  Result<void> verify_crc(const BatchHeader& batch);

 private:
  Error corrupt(const std::string& why) const;
  Error error_at(std::uint64_t left, const std::string& flaw);
  Result<std::int8_t> magic_of_old_message(std::uint64_t left);

  FileWindow window_;
  std::uint64_t position_;
};

}  // namespace ottla::broker
