#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <utility>

#include "ottla/record.h"
#include "ottla/result.h"

namespace ottla {

// A record on its way into `send`, for interceptors to look at and to change. What it hands out
// lives until the next change of the same field; what it is given it copies.
class MutableRecord {
 public:
  explicit MutableRecord(const ProducerRecord& record) : record_(&record) {}
  MutableRecord(const MutableRecord&) = delete;
  MutableRecord& operator=(const MutableRecord&) = delete;

  std::string_view topic() const { return record_->topic; }
  BytesView key() const { return record_->key; }      // may be null
  BytesView value() const { return record_->value; }  // may be null
  const Headers& headers() const { return record_->headers; }
  std::optional<std::int32_t> partition() const { return record_->partition; }
  std::optional<Timestamp> timestamp() const { return record_->timestamp; }

  void set_topic(std::string_view topic) { changed().topic = keep(topic); }
  // Null views (see headers.h) make them null.
  void set_key(BytesView key) { changed().key = keep(key); }
  void set_value(BytesView value) { changed().value = keep(value); }
  void set_headers(Headers headers) { changed().headers = std::move(headers); }
  // Behind those that are there.
  void add_header(std::string_view key, BytesView value) { changed().headers.add(key, value); }
  void set_partition(std::optional<std::int32_t> partition) { changed().partition = partition; }
  void set_timestamp(std::optional<Timestamp> timestamp) { changed().timestamp = timestamp; }

  // The record is not to be sent: `send` answers this error, as for any record that fails. The
  // first one counts, and holds though the interceptor throws behind it; those that follow see the
  // record all the same.
  void reject(Error why) {
    if (!rejection_) rejection_ = std::move(why);
  }
  const std::optional<Error>& rejection() const { return rejection_; }

  // The record as it is now, for the library: the one it began as while nothing was changed.
  const ProducerRecord& record() const { return *record_; }
  // Takes back what was changed since `checkpoint`.
  void checkpoint();
  void restore();

 private:
  ProducerRecord& changed();
  BytesView keep(BytesView bytes);

  const ProducerRecord* record_;
  const ProducerRecord* safe_ = nullptr;
  std::list<ProducerRecord> versions_;  // each a change of the one before
  std::list<Bytes> kept_;
  std::optional<Error> rejection_;
};

// What became of a record; borrowed for the call.
struct SendOutcome {
  const Result<RecordMetadata>& result;
  std::string_view topic;              // as it was sent: an error need not name it
  const Headers& headers;              // those it was sent with
  std::chrono::nanoseconds elapsed{};  // since `on_send`, by a clock that never goes back
};

// Sees every record of a producer and what became of it. Methods do nothing unless they are
// overridden. One that throws is logged and skipped, what it changed is taken back, and the others
// go on. Interceptors run in the order of ProducerConfig::interceptors; many threads may call one
// at the same time.
//
//   class Tag final : public ottla::ProducerInterceptor {
//    public:
//     void on_send(ottla::MutableRecord& record) override { record.add_header("origin", "shop"); }
//   };
class ProducerInterceptor {
 public:
  virtual ~ProducerInterceptor() = default;

  // Before the record's topic is looked up and its partition chosen, on the thread that sends; each
  // sees what the one before it made of the record.
  virtual void on_send(MutableRecord&) {}

  // The outcome of a record, once for each `on_send`, on the callback thread and before the user's
  // own callback; `headers` are those the record was sent with. A try_send that would have to wait
  // counts as a record of its own, which failed.
  virtual void on_acknowledgement(const Result<RecordMetadata>&, const Headers&) {}

  // The same with all that is known, and what is called: whoever overrides it hears nothing of
  // `on_acknowledgement`, which it calls by itself otherwise.
  virtual void on_outcome(const SendOutcome& outcome) {
    on_acknowledgement(outcome.result, outcome.headers);
  }
};

}  // namespace ottla
