#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/bytes.h"
#include "ottla/headers.h"

namespace ottla {

// What Kafka counts time in: milliseconds since the Unix epoch, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

enum class TimestampType : std::uint8_t {
  create_time = 0,      // the producer's
  log_append_time = 1,  // the broker's, when it stored the record
};

// A record to be sent. Borrows everything but the headers: it is made for the call
// (`producer.send({.topic = "greetings", .key = "en", .value = "hello"})`), which copies what it
// needs before it returns.
struct ProducerRecord {
  std::string_view topic{};
  BytesView key{};    // left out: null
  BytesView value{};  // left out: null, a tombstone
  Headers headers{};
  std::optional<std::int32_t> partition{};  // left out: chosen by the key, or spread evenly
  std::optional<Timestamp> timestamp{};     // left out: now
};

namespace client {
class BatchResult;
}

// Where a record was stored. Prints as "greetings-0@42".
class RecordMetadata {
 public:
  RecordMetadata() = default;
  RecordMetadata(std::shared_ptr<const std::string> topic, std::int32_t partition,
                 std::int64_t offset, std::int64_t timestamp_ms)
      : topic_(std::move(topic)),
        partition_(partition),
        offset_(offset),
        timestamp_(std::chrono::milliseconds(timestamp_ms)) {}

  const std::string& topic() const;
  std::int32_t partition() const { return partition_; }

  // -1 if the broker did not say: acks = none, or a duplicate that it had stored long before.
  std::int64_t offset() const { return offset_; }
  bool has_offset() const { return offset_ >= 0; }

  // The record's own, or the broker's if the topic stamps records on append.
  Timestamp timestamp() const { return timestamp_; }

 private:
  friend class client::BatchResult;  // tells the records of a batch in one object, one by one

  std::shared_ptr<const std::string> topic_;
  std::int32_t partition_ = -1;
  std::int64_t offset_ = -1;
  Timestamp timestamp_{};
};

std::ostream& operator<<(std::ostream& out, const RecordMetadata& metadata);
std::string to_string(const RecordMetadata& metadata);

// A consumed record that owns its bytes.
struct ConsumerRecord {
  std::string topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  Timestamp timestamp{};
  TimestampType timestamp_type = TimestampType::create_time;
  std::optional<Bytes> key{};
  std::optional<Bytes> value{};
  Headers headers{};

  bool operator==(const ConsumerRecord&) const = default;
};

// What the records of one batch share. `RecordView` points to it.
struct BatchView {
  std::string_view topic;
  std::int32_t partition = -1;
  std::int32_t leader_epoch = -1;  // of the leader that stored it; -1: not known
  TimestampType timestamp_type = TimestampType::create_time;
};

// A consumed record, borrowed from the ConsumerRecords that it was found in: everything it hands
// out lives as long as that does. `own()` makes a copy for longer. Cheap to copy.
class RecordView {
 public:
  RecordView() = default;
  RecordView(const BatchView& batch, std::int64_t offset, std::int64_t timestamp_ms, BytesView key,
             BytesView value, HeadersView headers)
      : batch_(&batch),
        offset_(offset),
        timestamp_ms_(timestamp_ms),
        key_(key),
        value_(value),
        headers_(headers) {}

  std::string_view topic() const { return batch_->topic; }
  std::int32_t partition() const { return batch_->partition; }
  std::int64_t offset() const { return offset_; }
  std::int32_t leader_epoch() const { return batch_->leader_epoch; }
  Timestamp timestamp() const { return Timestamp(std::chrono::milliseconds(timestamp_ms_)); }
  TimestampType timestamp_type() const { return batch_->timestamp_type; }

  // Null views (see headers.h) if the record has none; they print and compare as empty.
  BytesView key() const { return key_; }
  BytesView value() const { return value_; }
  bool has_key() const { return !is_null(key_); }
  bool has_value() const { return !is_null(value_); }

  const HeadersView& headers() const { return headers_; }
  // The value of the last header of this key.
  std::optional<BytesView> header(std::string_view key) const { return headers_.find(key); }

  ConsumerRecord own() const;

  // The same record with these, which whoever makes it keeps alive.
  RecordView with(BytesView key, BytesView value, HeadersView headers) const {
    return {*batch_, offset_, timestamp_ms_, key, value, headers};
  }

 private:
  const BatchView* batch_ = nullptr;
  std::int64_t offset_ = -1;
  std::int64_t timestamp_ms_ = -1;
  BytesView key_;
  BytesView value_;
  HeadersView headers_;
};

}  // namespace ottla
