#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "ottla/consumer_interceptor.h"
#include "ottla/interceptor.h"

namespace ottla::interceptors {

// What a producer's interceptors made of a record, on its way to those of a consumer.
class Received {
 public:
  // Sends the record through the interceptor, and takes what comes of it.
  void send(ProducerInterceptor& interceptor, const ProducerRecord& record) {
    MutableRecord changing(record);
    interceptor.on_send(changing);
    add(changing.record());
  }
  void add(const ProducerRecord& record) {
    const auto own = [](BytesView bytes) {
      return is_null(bytes) ? std::nullopt : std::optional<Bytes>(bytes);
    };
    records_.push_back(
        {std::string(record.topic), own(record.key), own(record.value), record.headers});
  }

  struct Record {
    std::string topic;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    Headers headers;
  };
  Record& at(std::size_t i) { return records_[i]; }

  // As one poll would hand them out; borrows from this.
  ConsumerRecords poll() {
    ConsumerRecords::Contents contents;
    batches_.clear();
    for (const auto& record : records_) {
      const auto view = [](const std::optional<Bytes>& bytes) {
        return bytes ? BytesView(*bytes) : kNull;
      };
      auto& batch = batches_.emplace_back(BatchView{.topic = record.topic, .partition = 0});
      const auto offset = static_cast<std::int64_t>(contents.records.size());
      contents.records.emplace_back(batch, offset, 1000, view(record.key), view(record.value),
                                    record.headers.view());
      contents.parts.push_back({.partition = {record.topic, 0},
                                .first = contents.records.size() - 1,
                                .count = 1,
                                .next_offset = offset + 1});
    }
    return ConsumerRecords(std::move(contents));
  }

 private:
  std::deque<Record> records_;
  std::deque<BatchView> batches_;
};

}  // namespace ottla::interceptors
