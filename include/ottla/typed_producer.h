#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ottla/producer.h"
#include "ottla/serde.h"

namespace ottla {

// What a record may have besides key and value.
struct RecordExtras {
  Headers headers{};
  std::optional<std::int32_t> partition{};
  std::optional<Timestamp> timestamp{};
};

namespace detail {

// Memory to write a key or a value into, used again by the next record of this thread; whoever
// sends from within a Serde gets other memory.
template <int kWhich>
class Scratch {
 public:
  Scratch() : bytes_(std::exchange(kept(), {})) {}
  ~Scratch() {
    if (bytes_.capacity() <= kMostKept) kept() = std::move(bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Bytes& bytes() { return bytes_; }

 private:
  static constexpr std::size_t kMostKept = 65536;
  static Bytes& kept() {
    thread_local Bytes bytes;
    return bytes;
  }
  Bytes bytes_;
};

}  // namespace detail

// Sends keys of type K and values of type V to one topic. A thin handle: it borrows the producer,
// which may serve many of them, and which must outlive it.
//
//   ottla::TypedProducer<std::string, Order> orders(producer, "orders");
//   orders.send("customer-7", {.id = 1, .cents = 999}).forget();
//
// With std::optional<V> a nullopt is a tombstone; with std::optional<K> a record may have no key.
// Any thread may call anything at any time.
template <Serializable K, Serializable V>
class TypedProducer {
 public:
  TypedProducer(Producer& producer, std::string topic)
      : producer_(&producer), topic_(std::move(topic)) {}

  // As Producer::send; what the Serdes throw passes through, and nothing is sent.
  Future<RecordMetadata> send(const K& key, const V& value, RecordExtras extras = {}) {
    Written written(key, value);
    return producer_->send(record(written, std::move(extras)));
  }
  void send(const K& key, const V& value, DeliveryCallback callback) {
    Written written(key, value);
    producer_->send(record(written, {}), std::move(callback));
  }

  // As Producer::try_send.
  Result<Future<RecordMetadata>> try_send(const K& key, const V& value, RecordExtras extras = {}) {
    Written written(key, value);
    return producer_->try_send(record(written, std::move(extras)));
  }

  const std::string& topic() const { return topic_; }
  Producer& producer() const { return *producer_; }

 private:
  // The bytes of both, for one call.
  struct Written {
    Written(const K& k, const V& v)
        : key(to_bytes(k, key_memory.bytes())), value(to_bytes(v, value_memory.bytes())) {}
    detail::Scratch<0> key_memory;
    detail::Scratch<1> value_memory;
    BytesView key;
    BytesView value;
  };

  ProducerRecord record(const Written& written, RecordExtras extras) const {
    return {.topic = topic_,
            .key = written.key,
            .value = written.value,
            .headers = std::move(extras.headers),
            .partition = extras.partition,
            .timestamp = extras.timestamp};
  }

  Producer* producer_;
  std::string topic_;
};

}  // namespace ottla
