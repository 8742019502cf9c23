#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/buffer.h"
#include "client/consumer/aborted_transactions.h"
#include "client/consumer/decompression_buffers.h"
#include "ottla/consumer_records.h"
#include "protocol/record/record_batch.h"
#include "protocol/record/record_reader.h"

namespace ottla::client {

struct DecodeOptions {
  bool check_crcs = true;
  bool read_committed = false;
  std::shared_ptr<DecompressionBuffers> buffers = std::make_shared<DecompressionBuffers>();
};

// What one fetch brought of one partition: batches as they came, in the shared memory of the
// response, decoded record by record as poll asks for them. One thread at a time.
class FetchedData {
 public:
  // `bytes` were asked for from `offset` on. The high watermark that comes with them is no bound:
  // Apache Kafka reads it before the batches, and it may have risen in between.
  FetchedData(std::shared_ptr<const std::string> topic, std::int32_t partition, base::Slice bytes,
              protocol::Offset offset, AbortedTransactions aborted, const DecodeOptions& options);

  // Walks the batches' headers once, before anything is decoded: where the next fetch goes on.
  // Batches that do not follow each other, or cannot be parsed, end what is used, and `decode` will
  // say so when it comes there.
  protocol::Offset next_fetch_offset() const { return next_fetch_offset_; }
  // Of the record before it; none if nothing was brought.
  protocol::LeaderEpoch next_fetch_epoch() const { return next_fetch_epoch_; }

  // As the headers say, of all whole batches.
  std::size_t record_count() const { return record_count_; }

  // Not one whole batch at or after the offset that was asked for.
  bool empty() const { return next_fetch_offset_ == asked_offset_ && !problem_; }
  bool truncated() const { return truncated_; }
  // There is an error behind what can be used, so that nothing is to be fetched behind that.
  bool broken() const { return problem_.has_value(); }

  // Appends at most `most` records to `out`, with what keeps them alive. On an error, which names
  // the place, those before it have been appended; the next call says the same again.
  Result<void> decode(std::size_t most, ConsumerRecords::Contents& out);

  // The offset that reading has come to.
  protocol::Offset position() const { return position_; }
  // Of the record before it, handed out or not; none if reading has not begun.
  protocol::LeaderEpoch position_epoch() const { return position_epoch_; }
  // Nothing is left, no error either.
  bool exhausted() const { return exhausted_; }
  std::size_t bytes_left() const;

 private:
  struct Block;

  void walk();
  void move_behind(const protocol::RecordBatchView& batch);
  Result<bool> next_batch();
  void append(const protocol::RecordView& record, ConsumerRecords::Contents& out);
  Error located(const Error& error) const;

  const std::shared_ptr<const std::string> topic_;
  const std::int32_t partition_;
  const base::Slice bytes_;
  const protocol::Offset asked_offset_;
  const DecodeOptions options_;
  AbortedTransactions aborted_;

  // Set by `walk`.
  protocol::Offset next_fetch_offset_;
  protocol::LeaderEpoch next_fetch_epoch_ = protocol::kNoLeaderEpoch;
  std::size_t usable_bytes_ = 0;
  std::size_t record_count_ = 0;
  bool truncated_ = false;
  std::optional<Error> problem_;  // behind the usable bytes

  protocol::Offset position_;
  protocol::LeaderEpoch position_epoch_ = protocol::kNoLeaderEpoch;
  protocol::BatchIterator batches_;
  protocol::RecordBatchView batch_;
  std::optional<protocol::RecordReader> reader_;  // of the batch that decoding is in
  std::shared_ptr<Block> block_;
  bool block_given_ = false;  // `out` of this call holds it already
  std::optional<Error> failed_;
  bool exhausted_ = false;
};

}  // namespace ottla::client
