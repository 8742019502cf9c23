#pragma once

#include <memory>
#include <stop_token>
#include <utility>

#include "ottla/consumer.h"
#include "ottla/detail/typed_reader.h"
#include "ottla/serde.h"
#include "ottla/typed_records.h"

namespace ottla {

// Polls a consumer for keys of type K and values of type V. A thin handle: it borrows the consumer,
// which must outlive it, and does everything but polling: subscribe, seek, commit.
//
//   ottla::TypedConsumer<std::string, Order> orders(consumer);
//   auto batch = orders.poll(stop);
//   if (batch) {
//     for (const auto& [customer, order, raw] : *batch) ship(customer, order);
//   } else if (const auto* bad = orders.undecodable()) {   // batch.error() says where and why
//     set_aside(*bad);
//     consumer.seek({bad->topic, bad->partition}, bad->offset + 1).value();
//   }
//
// A record that does not decode is never passed over: reading of its partition goes on behind it
// once somebody seeks. With std::optional<V> a tombstone is nullopt; with std::optional<K> a record
// may have no key. One thread at a time, and nobody else polls the consumer meanwhile.
template <Serializable K, Serializable V>
class TypedConsumer {
 public:
  using Records = TypedRecords<K, V>;

  explicit TypedConsumer(Consumer& consumer)
      : consumer_(&consumer), reader_(std::make_shared<Reader>(consumer)) {}
  TypedConsumer(TypedConsumer&&) noexcept = default;
  TypedConsumer& operator=(TypedConsumer&& other) noexcept {
    TypedConsumer old(std::move(*this));
    consumer_ = other.consumer_;
    reader_ = std::move(other.reader_);
    return *this;
  }
  ~TypedConsumer() {
    if (reader_) reader_->let_go();
  }

  // As Consumer::poll. Errors also those of the Serdes (what they throw is invalid_argument), with
  // topic, partition and offset of the record: first the records before it and those of other
  // partitions are handed out, then its error is, and again whenever reading has come back to it.
  Result<Records> poll(Consumer::Millis timeout) {
    if (auto error = reader_->next_failure()) return std::move(*error);
    return reader_->decode(consumer_->poll(timeout));
  }
  Result<Records> poll(std::stop_token stop) {
    if (auto error = reader_->next_failure()) return std::move(*error);
    return reader_->decode(consumer_->poll(std::move(stop)));
  }

  // As Consumer::next, with the errors of poll. Serdes run on the callback thread. An unanswered
  // one is `closed` when the consumer is, or this handle is gone and there are records.
  Future<Records> next() {
    if (auto error = reader_->next_failure()) return Future<Records>::ready_with(std::move(*error));
    return Reader::next(reader_);
  }

  // The record that the error of the last poll or `next` is about; null if that went well or failed
  // for another reason.
  const ConsumerRecord* undecodable() const { return reader_->undecodable(); }

  // As Consumer::commit of a batch.
  Future<void> commit(const Records& batch) { return consumer_->commit(batch.next_offsets()); }

  Consumer& consumer() const { return *consumer_; }

 private:
  using Reader = detail::TypedReader<K, V>;

  Consumer* consumer_;
  std::shared_ptr<Reader> reader_;
};

}  // namespace ottla
