#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "ottla/consumer_group.h"
#include "ottla/consumer_records.h"
#include "ottla/headers.h"

namespace ottla {

// What one poll found, on its way to the application, for interceptors to look at and to change.
// What it hands out lives until the next change of the same record; what it is given it copies.
class MutableRecords {
 public:
  explicit MutableRecords(ConsumerRecords records);
  MutableRecords(const MutableRecords&) = delete;
  MutableRecords& operator=(const MutableRecords&) = delete;

  std::size_t size() const { return contents_.records.size(); }
  bool empty() const { return contents_.records.empty(); }
  const RecordView* begin() const { return contents_.records.data(); }
  const RecordView* end() const { return begin() + size(); }
  const RecordView& operator[](std::size_t i) const { return contents_.records[i]; }

  // Null views (see headers.h) make them null.
  void set_key(std::size_t i, BytesView key);
  void set_value(std::size_t i, BytesView value);
  void set_headers(std::size_t i, Headers headers);
  // Leaves these out: the application does not see them, and reading goes on behind them all the
  // same. `commit()` and commits by themselves go by what was read; `commit(batch)` tells of the
  // partitions of which something is left.
  void remove_if(const std::function<bool(const RecordView&)>& unwanted);

  // For the library: takes back what was changed since `checkpoint`.
  void checkpoint() { safe_.reset(); }
  void restore();
  ConsumerRecords take() { return ConsumerRecords(std::move(contents_)); }

 private:
  struct Safe {
    std::vector<RecordView> records;
    std::vector<ConsumerRecords::Part> parts;
  };
  ConsumerRecords::Contents& changed();
  BytesView keep(BytesView bytes);

  ConsumerRecords::Contents contents_;
  std::optional<Safe> safe_;  // from the first change since the checkpoint on
};

// Sees what every poll of a consumer hands out, and what its group has committed. Methods do
// nothing unless they are overridden. One that throws is logged and skipped, what it changed is
// taken back, and the others go on. Interceptors run in the order of ConsumerConfig::interceptors.
//
//   class Ours final : public ottla::ConsumerInterceptor {
//    public:
//     void on_consume(ottla::MutableRecords& records) override {
//       records.remove_if([](const auto& record) { return record.header("tenant") != "ours"; });
//     }
//   };
class ConsumerInterceptor {
 public:
  virtual ~ConsumerInterceptor() = default;

  // Before records are handed out, on the thread that polls (for `next`: on the callback thread);
  // each sees what the one before it made of them. If none are left, poll goes on waiting. It must
  // not poll.
  virtual void on_consume(MutableRecords&) {}

  // The group has stored these offsets, whoever asked for it; on the callback thread, before the
  // outcome of the commit is told. What a transaction commits is the producer's.
  virtual void on_commit(const CommittedOffsets&) {}

  // Once, when the consumer is closed: nothing of this consumer follows. On the callback thread.
  virtual void on_close() {}
};

}  // namespace ottla
