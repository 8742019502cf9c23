#include "client/consumer/consumer_interceptors.h"

#include <string>

#include "client/intercept.h"

namespace ottla {

MutableRecords::MutableRecords(ConsumerRecords records) : contents_(std::move(records).release()) {}

ConsumerRecords::Contents& MutableRecords::changed() {
  if (!safe_) safe_ = Safe{contents_.records, contents_.parts};
  return contents_;
}

void MutableRecords::restore() {
  if (!safe_) return;
  contents_.records = std::move(safe_->records);
  contents_.parts = std::move(safe_->parts);
  safe_.reset();
}

BytesView MutableRecords::keep(BytesView bytes) {
  if (is_null(bytes)) return kNull;
  auto kept = std::make_shared<const Bytes>(bytes);
  const BytesView view = *kept;
  contents_.memory.push_back(std::move(kept));
  return view;
}

void MutableRecords::set_key(std::size_t i, BytesView key) {
  auto& record = changed().records[i];
  record = record.with(keep(key), record.value(), record.headers());
}

void MutableRecords::set_value(std::size_t i, BytesView value) {
  auto& record = changed().records[i];
  record = record.with(record.key(), keep(value), record.headers());
}

void MutableRecords::set_headers(std::size_t i, Headers headers) {
  auto& record = changed().records[i];
  const auto kept = std::make_shared<const Headers>(std::move(headers));
  record = record.with(record.key(), record.value(), *kept);
  contents_.memory.push_back(kept);
}

void MutableRecords::remove_if(const std::function<bool(const RecordView&)>& unwanted) {
  auto& contents = changed();
  std::size_t kept = 0;
  for (auto& part : contents.parts) {
    const auto first = std::exchange(part.first, kept);
    const auto end = first + std::exchange(part.count, 0);
    for (auto i = first; i < end; ++i) {
      if (unwanted(contents.records[i])) continue;
      contents.records[kept++] = contents.records[i];
      ++part.count;
    }
  }
  contents.records.resize(kept);
  std::erase_if(contents.parts, [](const auto& part) { return part.count == 0; });
}

}  // namespace ottla

namespace ottla::client {

ConsumerRecords ConsumerInterceptors::on_consume(ConsumerRecords records) const {
  MutableRecords changing(std::move(records));
  for (const auto& interceptor : interceptors_) {
    changing.checkpoint();
    if (!intercept(log_, "on_consume", [&] { interceptor->on_consume(changing); })) {
      changing.restore();
    }
  }
  return changing.take();
}

void ConsumerInterceptors::on_commit(const CommittedOffsets& offsets) const {
  for (const auto& interceptor : interceptors_) {
    intercept(log_, "on_commit", [&] { interceptor->on_commit(offsets); });
  }
}

void ConsumerInterceptors::on_close() const {
  for (const auto& interceptor : interceptors_) {
    intercept(log_, "on_close", [&] { interceptor->on_close(); });
  }
}

}  // namespace ottla::client
