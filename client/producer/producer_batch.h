#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/time.h"
#include "client/producer/batch_result.h"
#include "client/producer/buffer_pool.h"
#include "client/producer/delivery_queue.h"
#include "ottla/compression.h"
#include "ottla/producer.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/types.h"

namespace ottla::client {

// Where a record was put: its future is this.
struct PlacedRecord {
  std::shared_ptr<BatchResult> batch;
  detail::FutureKey key;
};

// A record on its way into a batch. The pointers may be null.
struct RecordToAppend {
  BytesView key;
  BytesView value;
  HeadersView headers;
  std::int64_t timestamp = -1;
  DeliveryCallback* callback = nullptr;  // taken when the record is
  PlacedRecord* placed = nullptr;        // told where it was put

  std::size_t max_size() const;
};

// Where a batch stands among those of its partition that were sent. The parts of one that was split
// have its number, and differ by the place that their first record had in it.
struct BatchOrder {
  std::uint64_t number = 0;  // from 1; 0: not sent yet
  std::uint32_t record = 0;

  auto operator<=>(const BatchOrder&) const = default;
};

// The records of one partition that travel together, encoded in their final form as they come.
// Belongs to one owner at a time: its queue, where the queue's lock guards it while it is open, and
// then the Sender.
class ProducerBatch {
 public:
  enum class State : std::uint8_t {
    open,     // takes records
    sealing,  // is being compressed by whoever found it full
    sealed,   // is ready to be stamped and sent
  };

  ProducerBatch(std::shared_ptr<BatchMemory> memory, std::shared_ptr<BatchResult> result,
                base::TimePoint created, std::uint64_t flush_round, std::size_t callback_bytes);

  // False if there is no room.
  bool append(RecordToAppend& record);

  // What another batch already had.
  bool append(const protocol::RecordView& record);

  // For a batch that will not be compressed: what is appended is summed at once.
  void sum_while_filling() { builder_.sum_while_filling(); }

  // No record of the size that its records have would fit.
  bool full() const;

  // Ends the encoding; costs a compression unless `codec` is none.
  void seal(Compression codec, int level);

  // Sets who wrote it and computes the checksum. If the network still holds the bytes as they were
  // sent before, they stay untouched and the batch goes on with a copy.
  void stamp(const protocol::ProducerState& producer, bool transactional = false);
  // For a batch that is certainly not stored: it may get another place.
  void clear_stamp() {
    stamp_.reset();
    sending.maybe_written = false;
  }
  const std::optional<protocol::ProducerState>& stamped() const { return stamp_; }
  bool transactional() const { return transactional_; }

  // The bytes to send, kept alive by the slice.
  base::Slice slice() const;

  State state = State::open;
  base::TimePoint created() const { return created_; }
  std::uint64_t flush_round() const { return flush_round_; }
  std::int32_t record_count() const { return builder_.record_count(); }
  std::size_t size_in_bytes() const { return builder_.size_in_bytes(); }
  std::size_t uncompressed_size() const { return uncompressed_size_; }
  // In bytes, uncompressed.
  std::size_t largest_record() const { return largest_record_; }
  const std::shared_ptr<BatchResult>& result() const { return result_; }

  // What the callbacks of its records take, from their first to their last.
  std::size_t callback_bytes() const { return deliveries_.bytes(); }
  DeliveryQueue take_deliveries() { return std::move(deliveries_); }
  void set_deliveries(DeliveryQueue deliveries) { deliveries_ = std::move(deliveries); }
  void release_memory() { memory_.reset(); }

  // What the Sender keeps of it; loop thread.
  struct Sending {
    BatchOrder order;
    std::uint32_t attempts = 0;
    std::uint32_t splits = 0;  // attempts that ended in a split, which no limit counts
    protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;  // of the last attempt
    bool maybe_written = false;  // an attempt ended without an answer that settles it
    bool reported = false;       // its outcome was told though the network still has it
    std::optional<Error> last_error;
  } sending;

 private:
  std::shared_ptr<BatchMemory> memory_;
  protocol::RecordBatchBuilder builder_;
  const std::shared_ptr<BatchResult> result_;
  const base::TimePoint created_;
  const std::uint64_t flush_round_;
  std::size_t uncompressed_size_ = 0;
  std::size_t largest_record_ = 0;
  std::optional<protocol::ProducerState> stamp_;
  bool transactional_ = false;
  DeliveryQueue deliveries_;
};

}  // namespace ottla::client
