#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/serde.h"

namespace ottla {

// A record whose key and value were read by their Serdes.
template <class K, class V>
struct TypedRecord {
  K key;
  V value;
  // Topic, partition, offset, time, headers, and the bytes: lives as long as the TypedRecords.
  RecordView raw;
};

// What one poll of a TypedConsumer brought. Move-only.
template <class K, class V>
class TypedRecords {
 public:
  TypedRecords() = default;
  TypedRecords(std::vector<TypedRecord<K, V>> records, CommittedOffsets next_offsets,
               ConsumerRecords raw)
      : records_(std::move(records)),
        next_offsets_(std::move(next_offsets)),
        raw_(std::move(raw)) {}
  TypedRecords(TypedRecords&&) noexcept = default;
  TypedRecords& operator=(TypedRecords&&) noexcept = default;
  TypedRecords(const TypedRecords&) = delete;
  TypedRecords& operator=(const TypedRecords&) = delete;

  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  const TypedRecord<K, V>& operator[](std::size_t i) const { return records_[i]; }

  // For `commit` and for a transaction: where reading goes on behind these records.
  const CommittedOffsets& next_offsets() const { return next_offsets_; }

 private:
  std::vector<TypedRecord<K, V>> records_;
  CommittedOffsets next_offsets_;
  ConsumerRecords raw_;  // what the views point into
};

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

  explicit TypedConsumer(Consumer& consumer) : consumer_(&consumer) {}

  // As Consumer::poll. Errors also those of the Serdes (what they throw is invalid_argument), with
  // topic, partition and offset of the record: first the records before it and those of other
  // partitions are handed out, then its error is, and again whenever reading has come back to it.
  Result<Records> poll(Consumer::Millis timeout) {
    if (auto error = next_failure()) return std::move(*error);
    return decode(consumer_->poll(timeout));
  }
  Result<Records> poll(std::stop_token stop) {
    if (auto error = next_failure()) return std::move(*error);
    return decode(consumer_->poll(std::move(stop)));
  }

  // The record that the error of the last poll is about; null if that went well or failed for
  // another reason.
  const ConsumerRecord* undecodable() const { return undecodable_ ? &*undecodable_ : nullptr; }

  // As Consumer::commit of a batch.
  Future<void> commit(const Records& batch) { return consumer_->commit(batch.next_offsets()); }

  Consumer& consumer() const { return *consumer_; }

 private:
  struct Failure {
    ConsumerRecord record;
    Error error;
  };

  std::optional<Error> next_failure() {
    undecodable_.reset();
    while (!failures_.empty()) {
      auto failure = std::move(failures_.front());
      failures_.pop_front();
      // A rebalance may have taken the partition away since.
      if (!is_assigned({failure.record.topic, failure.record.partition})) continue;
      undecodable_ = std::move(failure.record);
      return std::move(failure.error);
    }
    return std::nullopt;
  }

  bool is_assigned(const TopicPartition& partition) const {
    for (const auto& assigned : consumer_->assignment()) {
      if (assigned == partition) return true;
    }
    return false;
  }

  Result<Records> decode(Result<ConsumerRecords> polled) {
    if (!polled) return std::move(polled).error();
    std::vector<TypedRecord<K, V>> records;
    records.reserve(polled->size());
    CommittedOffsets next_offsets;
    for (const auto& part : polled->parts()) {
      OffsetAndMetadata next{.offset = part.next_offset, .leader_epoch = -1, .metadata = {}};
      const auto before = records.size();
      for (const auto& record : polled->records(part)) {
        auto decoded = read(record);
        if (!decoded) {
          next.offset = record.offset();
          fail(part.partition, record, decoded.error());
          break;
        }
        records.push_back(std::move(*decoded));
        next.leader_epoch = record.leader_epoch();
      }
      if (records.size() > before) next_offsets[part.partition] = std::move(next);
    }
    if (records.empty()) {
      if (auto error = next_failure()) return std::move(*error);
    }
    return Records(std::move(records), std::move(next_offsets), std::move(*polled));
  }

  static Result<TypedRecord<K, V>> read(const RecordView& record) {
    auto key = from<K>(record.key(), "key");
    if (!key) return std::move(key).error();
    auto value = from<V>(record.value(), "value");
    if (!value) return std::move(value).error();
    return TypedRecord<K, V>{std::move(*key), std::move(*value), record};
  }

  template <class T>
  static Result<T> from(BytesView bytes, const char* what) {
    const auto said = [what](const Error& error) {
      return Error(error.code(),
                   "its " + std::string(what) + " does not decode: " + error.message());
    };
    try {
      auto read = from_bytes<T>(bytes);
      if (!read) return said(read.error());
      return read;
    } catch (const std::exception& e) {
      return said(Error(ErrorCode::invalid_argument, e.what()));
    } catch (...) {
      return said(Error(ErrorCode::invalid_argument, "the Serde threw"));
    }
  }

  // Reading comes back to it, until somebody seeks past it.
  void fail(const TopicPartition& partition, const RecordView& record, const Error& error) {
    if (!consumer_->seek(partition, record.offset())) return;  // closed, or not ours any more
    failures_.push_back(
        {record.own(), Error(error.code(),
                             error.message() + "; to go on without it seek to offset " +
                                 std::to_string(record.offset() + 1),
                             {.topic = partition.topic,
                              .partition = partition.partition,
                              .offset = record.offset()})});
  }

  Consumer* consumer_;
  std::deque<Failure> failures_;  // one of a partition at most
  std::optional<ConsumerRecord> undecodable_;
};

}  // namespace ottla
