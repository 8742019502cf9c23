#include "client/consumer/fetched_data.h"

#include <algorithm>
#include <utility>

namespace ottla::client {
namespace {

// A batch whose records take more memory than this is not decompressed.
constexpr std::size_t kMostDecompressed = std::size_t{256} << 20;

// Null has no address, and empty has one.
BytesView to_view(const std::optional<BytesView>& bytes) {
  if (!bytes) return kNull;
  return bytes->data() == nullptr ? BytesView("") : *bytes;
}

}  // namespace

// What the records of one batch point into; kept by the ConsumerRecords that hold some of them.
struct FetchedData::Block {
  explicit Block(std::shared_ptr<DecompressionBuffers> lender) : buffers(std::move(lender)) {}
  ~Block() {
    if (decompressed.capacity() > std::string().capacity())
      buffers->give_back(std::move(decompressed));
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // The memory is one that a much larger batch had, which this one might keep for long.
  bool wasteful() const {
    return decompressed.capacity() > std::max<std::size_t>(4 * decompressed.size(), 64 << 10);
  }
  const std::string& fit() {
    std::string exact(decompressed);
    std::swap(decompressed, exact);
    buffers->give_back(std::move(exact));
    return decompressed;
  }

  const std::shared_ptr<DecompressionBuffers> buffers;
  BatchView view;
  std::shared_ptr<const std::string> topic;
  std::shared_ptr<const void> frame;
  std::string decompressed;
};

FetchedData::FetchedData(std::shared_ptr<const std::string> topic, std::int32_t partition,
                         base::Slice bytes, protocol::Offset offset, AbortedTransactions aborted,
                         const DecodeOptions& options)
    : topic_(std::move(topic)),
      partition_(partition),
      bytes_(std::move(bytes)),
      asked_offset_(offset),
      options_(options),
      aborted_(std::move(aborted)),
      next_fetch_offset_(offset),
      position_(offset),
      batches_({}) {
  walk();
  batches_ = protocol::BatchIterator(bytes_.bytes.substr(0, usable_bytes_));
}

// A batch's base offset lies outside its checksum: that it can be is all there is to check.
void FetchedData::walk() {
  protocol::BatchIterator batches(bytes_.bytes);
  std::optional<protocol::Offset> last;
  for (protocol::RecordBatchView batch; batches.next(batch);) {
    if (last && batch.base_offset() <= *last) {
      problem_ = Error(ErrorCode::corrupt_message,
                       "a batch begins at offset " + std::to_string(batch.base_offset().value) +
                           ", but the one before it ends at " + std::to_string(last->value));
      return;
    }
    last = batch.last_offset();
    usable_bytes_ = batches.position();
    record_count_ += static_cast<std::size_t>(std::max(batch.record_count(), 0));
    if (batch.next_offset() <= next_fetch_offset_) continue;
    next_fetch_offset_ = batch.next_offset();
    next_fetch_epoch_ = batch.partition_leader_epoch();
  }
  truncated_ = batches.truncated();
  if (const auto status = batches.status(); !status) problem_ = status.error();
}

std::size_t FetchedData::bytes_left() const {
  return exhausted_ ? 0 : usable_bytes_ - batches_.position();
}

Result<void> FetchedData::decode(std::size_t most, ConsumerRecords::Contents& out) {
  block_given_ = false;
  for (std::size_t given = 0; given < most && !failed_ && !exhausted_;) {
    protocol::RecordView record;
    if (reader_ && reader_->next(record)) {
      if (record.offset < position_) continue;
      append(record, out);
      position_ = record.offset + 1;
      position_epoch_ = batch_.partition_leader_epoch();
      ++given;
      continue;
    }
    if (reader_) {
      if (const auto status = reader_->status(); !status) {
        failed_ = located(status.error());
        break;
      }
      move_behind(batch_);
      reader_.reset();
    }
    if (auto next = next_batch(); !next) failed_ = located(next.error());
  }
  if (failed_) return *failed_;
  return {};
}

void FetchedData::move_behind(const protocol::RecordBatchView& batch) {
  if (batch.next_offset() <= position_) return;
  position_ = batch.next_offset();
  position_epoch_ = batch.partition_leader_epoch();
}

// Finds the next batch with records to give; none left is `exhausted_`.
Result<bool> FetchedData::next_batch() {
  while (batches_.next(batch_)) {
    if (batch_.next_offset() <= position_) continue;
    if (options_.check_crcs) {
      if (const auto checked = batch_.verify_crc(); !checked) return checked.error();
    }
    const bool hidden = options_.read_committed ? aborted_.skips(batch_) : batch_.is_control();
    if (hidden) {
      move_behind(batch_);
      continue;
    }
    block_ = std::make_shared<Block>(options_.buffers);
    block_given_ = false;
    if (batch_.compression() != Compression::none) block_->decompressed = options_.buffers->take();
    auto records = protocol::uncompressed_records(batch_, kMostDecompressed, block_->decompressed);
    if (!records) return records.error();
    if (!records->empty() && block_->wasteful()) *records = block_->fit();
    block_->topic = topic_;
    block_->frame = bytes_.owner;
    block_->view = {.topic = *topic_,
                    .partition = partition_,
                    .leader_epoch = batch_.partition_leader_epoch().value,
                    .timestamp_type = static_cast<TimestampType>(batch_.timestamp_type())};
    reader_.emplace(batch_, *records);
    return true;
  }
  if (problem_) return *problem_;
  exhausted_ = true;
  if (next_fetch_offset_ > position_) {
    position_ = next_fetch_offset_;
    position_epoch_ = next_fetch_epoch_;
  }
  return false;
}

void FetchedData::append(const protocol::RecordView& record, ConsumerRecords::Contents& out) {
  if (!std::exchange(block_given_, true)) out.memory.push_back(block_);
  const HeadersView headers(record.headers.bytes(),
                            static_cast<std::uint32_t>(record.headers.size()));
  out.records.emplace_back(block_->view, record.offset.value, record.timestamp, to_view(record.key),
                           to_view(record.value), headers);
}

Error FetchedData::located(const Error& error) const {
  auto offset = position_;
  std::string text = error.message();
  if (!problem_ || batches_.position() < usable_bytes_ || reader_) {
    offset = std::max(offset, batch_.base_offset());
    text += "; reading can go on behind the batch, at offset " +
            std::to_string(batch_.next_offset().value);
  }
  return Error(error.code(), std::move(text),
               {.topic = *topic_, .partition = partition_, .offset = offset.value});
}

}  // namespace ottla::client
