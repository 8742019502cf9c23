#include "client/producer/producer_batch.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/assert.h"

namespace ottla::client {
namespace {

using protocol::RecordBatchBuilder;
using protocol::RecordHeader;

std::optional<BytesView> nullable(BytesView bytes) {
  return is_null(bytes) ? std::nullopt : std::optional(bytes);
}

std::vector<RecordHeader> to_headers(const HeadersView& headers) {
  std::vector<RecordHeader> list;
  list.reserve(headers.size());
  for (const auto& header : headers) list.push_back({header.key, nullable(header.value)});
  return list;
}

}  // namespace

std::size_t RecordToAppend::max_size() const {
  return RecordBatchBuilder::kMaxRecordOverhead + key.size() + value.size() +
         headers.encoded().size();
}

ProducerBatch::ProducerBatch(std::shared_ptr<BatchMemory> memory,
                             std::shared_ptr<BatchResult> result, base::TimePoint created,
                             std::uint64_t flush_round, std::size_t callback_bytes)
    : memory_(std::move(memory)),
      builder_(RecordBatchBuilder::over({memory_->data(), memory_->size()})),
      result_(std::move(result)),
      created_(created),
      flush_round_(flush_round) {
  deliveries_.reserve(callback_bytes);
}

bool ProducerBatch::append(RecordToAppend& record) {
  const auto index = static_cast<std::uint32_t>(builder_.record_count());
  const auto before = builder_.size_in_bytes();
  if (record.headers.empty()) {
    if (!builder_.append(record.timestamp, nullable(record.key), nullable(record.value)))
      return false;
  } else {
    const auto headers = to_headers(record.headers);
    if (!builder_.append(record.timestamp, nullable(record.key), nullable(record.value), headers))
      return false;
  }
  largest_record_ = std::max(largest_record_, builder_.size_in_bytes() - before);
  const detail::FutureKey key{index, record.timestamp};
  if (record.callback != nullptr && *record.callback) {
    deliveries_.push(key, std::move(*record.callback));
  }
  if (record.placed != nullptr) *record.placed = {result_, key};
  return true;
}

bool ProducerBatch::append(const protocol::RecordView& record) {
  const std::vector<RecordHeader> headers(record.headers.begin(), record.headers.end());
  const auto before = builder_.size_in_bytes();
  if (!builder_.append(record.timestamp, record.key, record.value, headers)) return false;
  largest_record_ = std::max(largest_record_, builder_.size_in_bytes() - before);
  return true;
}

bool ProducerBatch::full() const {
  // Asked for each record, so without a division.
  const auto records = static_cast<std::size_t>(builder_.record_count());
  const auto used = builder_.size_in_bytes();
  return used - protocol::kBatchHeaderSize > (builder_.capacity() - used) * records;
}

void ProducerBatch::seal(Compression codec, int level) {
  uncompressed_size_ = builder_.size_in_bytes();
  if (codec == Compression::none) {
    builder_.close();
    return;
  }
  const auto closed = builder_.close(codec, level);
  OTTLA_ASSERT(closed.has_value(), "the level was checked when the producer was opened");
}

void ProducerBatch::stamp(const protocol::ProducerState& producer, bool transactional) {
  if (memory_.use_count() > 1) {
    auto copy = std::make_shared<BatchMemory>(nullptr, std::make_unique<char[]>(size_in_bytes()),
                                              size_in_bytes());
    std::memcpy(copy->data(), memory_->data(), size_in_bytes());
    memory_ = std::move(copy);
  }
  protocol::seal(memory_->data(), producer, transactional, builder_.sum());
  stamp_ = producer;
  transactional_ = transactional;
}

base::Slice ProducerBatch::slice() const {
  return {memory_, BytesView(memory_->data(), size_in_bytes())};
}

}  // namespace ottla::client
