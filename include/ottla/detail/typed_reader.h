#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/serde.h"
#include "ottla/typed_records.h"

// What lies behind TypedConsumer. Not for users.
namespace ottla::detail {

// Decodes what a consumer hands out. Shared by the handle and by what it waits for, so that an
// answer that comes when the handle is gone finds nobody's consumer. Any thread.
template <class K, class V>
class TypedReader {
 public:
  using Records = TypedRecords<K, V>;

  explicit TypedReader(Consumer& consumer) : consumer_(&consumer) {}

  // The handle goes, and the consumer may. Waits for records that are being decoded.
  void let_go() {
    const std::lock_guard lock(mutex_);
    consumer_ = nullptr;
  }

  std::optional<Error> next_failure() {
    const std::lock_guard lock(mutex_);
    return take_failure();
  }

  const ConsumerRecord* undecodable() const { return undecodable_ ? &*undecodable_ : nullptr; }

  Result<Records> decode(Result<ConsumerRecords> polled) {
    const std::lock_guard lock(mutex_);
    return decode_locked(std::move(polled));
  }

  // Done when there are records that decode, or an error.
  static Future<Records> next(std::shared_ptr<TypedReader> reader) {
    auto polled = reader->consumer_->next();
    auto source = std::make_shared<ValueSource<Records>>(FutureAccess::executor_of(polled));
    wait(std::move(reader), std::move(polled), source);
    return Future<Records>(std::move(source));
  }

 private:
  struct Failure {
    ConsumerRecord record;
    Error error;
  };
  using Source = std::shared_ptr<ValueSource<Records>>;

  static void wait(std::shared_ptr<TypedReader> reader, Future<ConsumerRecords> polled,
                   Source source) {
    polled.then([reader = std::move(reader),
                 source = std::move(source)](Result<ConsumerRecords> came) mutable {
      auto& self = *reader;
      auto again = self.take_next(std::move(came), *source);
      if (again.valid()) wait(std::move(reader), std::move(again), std::move(source));
    });
  }

  // A valid future if nothing is left of what came: a rebalance has taken its partitions away.
  Future<ConsumerRecords> take_next(Result<ConsumerRecords> came, ValueSource<Records>& source) {
    std::unique_lock lock(mutex_);
    if (came && consumer_ == nullptr) {
      came = Error(ErrorCode::closed, "the typed consumer is gone");
    }
    auto decoded = decode_locked(std::move(came));
    if (decoded && decoded->empty()) return consumer_->next();
    lock.unlock();
    source.set(std::move(decoded));
    return {};
  }

  std::optional<Error> take_failure() {
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

  Result<Records> decode_locked(Result<ConsumerRecords> polled) {
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
      if (auto error = take_failure()) return std::move(*error);
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

  std::mutex mutex_;
  Consumer* consumer_;            // null once the handle is gone
  std::deque<Failure> failures_;  // one of a partition at most
  std::optional<ConsumerRecord> undecodable_;
};

}  // namespace ottla::detail
