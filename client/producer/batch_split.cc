#include "client/producer/batch_split.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"
#include "protocol/record/record_reader.h"

namespace ottla::client {
namespace {

using protocol::RecordBatchBuilder;

std::size_t max_size(const protocol::RecordView& record) {
  constexpr std::size_t count_of_headers = 5;
  return RecordBatchBuilder::kMaxRecordOverhead + record.key.value_or("").size() +
         record.value.value_or("").size() + record.headers.bytes().size() + count_of_headers;
}

class Splitter {
 public:
  Splitter(ProducerBatch& whole, std::size_t most,
           const std::shared_ptr<CallbackExecutor>& executor)
      : whole_(whole),
        most_(std::min(most, whole.uncompressed_size() / 2)),
        executor_(executor),
        deliveries_(whole.take_deliveries()) {}

  void add(const protocol::RecordView& record) {
    const auto size = max_size(record);
    if (parts_.empty() || parts_.back()->size_in_bytes() + size > most_) open(size);
    const bool appended = parts_.back()->append(record);
    OTTLA_ASSERT(appended, "there is room for the record");
    ++records_;
  }

  std::vector<std::unique_ptr<ProducerBatch>> finish() {
    hand_over_deliveries();
    return std::move(parts_);
  }

 private:
  void open(std::size_t first_record) {
    hand_over_deliveries();
    const auto size = std::max(most_, protocol::kBatchHeaderSize + first_record);
    auto memory =
        std::make_shared<BatchMemory>(nullptr, std::unique_ptr<char[]>(new char[size]), size);
    auto result = BatchResult::split_off(whole_.result(), executor_, records_);
    parts_.push_back(std::make_unique<ProducerBatch>(std::move(memory), std::move(result),
                                                     whole_.created(), whole_.flush_round(), 0));
    parts_.back()->sending = whole_.sending;
    parts_.back()->sending.order.record += records_;
    first_of_part_ = records_;
  }

  // To the last part those of its records.
  void hand_over_deliveries() {
    if (parts_.empty()) return;
    DeliveryQueue own;
    while (!deliveries_.empty() && deliveries_.front_key().index < records_) {
      auto key = deliveries_.front_key();
      key.index -= first_of_part_;
      own.push(key, deliveries_.take_front());
    }
    parts_.back()->set_deliveries(std::move(own));
  }

  ProducerBatch& whole_;
  const std::size_t most_;
  const std::shared_ptr<CallbackExecutor>& executor_;
  DeliveryQueue deliveries_;
  std::vector<std::unique_ptr<ProducerBatch>> parts_;
  std::uint32_t records_ = 0;
  std::uint32_t first_of_part_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<ProducerBatch>> split_batch(
    ProducerBatch& batch, std::size_t most, const std::shared_ptr<CallbackExecutor>& executor) {
  if (batch.record_count() < 2) return {};
  const auto view = protocol::RecordBatchView::parse(batch.slice().bytes);
  std::string buffer;
  const auto records =
      view ? protocol::uncompressed_records(*view, batch.uncompressed_size(), buffer)
           : Result<BytesView>(view.error());
  OTTLA_ASSERT(records.has_value(), "a batch of our own can be read");
  Splitter splitter(batch, most, executor);
  protocol::RecordReader reader(*view, *records);
  for (protocol::RecordView record; reader.next(record);) splitter.add(record);
  OTTLA_ASSERT(reader.status().has_value(), "a batch of our own can be read");
  return splitter.finish();
}

}  // namespace ottla::client
