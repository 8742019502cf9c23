#include "c/records.h"

#include <algorithm>
#include <string>

#include "c/call.h"
#include "c/structs.h"

namespace ottla::c {
namespace {

// A string that ends with a zero byte, which a record's own view of its topic need not.
const char* topic_of(const ConsumerRecords& records, std::size_t index) {
  const auto parts = records.parts();
  const auto after =
      std::upper_bound(parts.begin(), parts.end(), index,
                       [](std::size_t at, const auto& part) { return at < part.first; });
  return std::prev(after)->partition.topic.c_str();
}

ottla_consumed of_polled(const ConsumerRecords& records, std::size_t index) {
  const auto& record = records[index];
  ottla_consumed out = OTTLA_CONSUMED;
  out.topic = topic_of(records, index);
  out.partition = record.partition();
  out.leader_epoch = record.leader_epoch();
  out.offset = record.offset();
  out.timestamp_ms = record.timestamp().time_since_epoch().count();
  out.timestamp_type = static_cast<int32_t>(record.timestamp_type());
  out.header_count = static_cast<int32_t>(record.headers().size());
  out.key = data_of(record.key());
  out.key_size = record.key().size();
  out.value = data_of(record.value());
  out.value_size = record.value().size();
  return out;
}

ottla_consumed of_copy(const ConsumerRecord& record) {
  ottla_consumed out = OTTLA_CONSUMED;
  out.topic = record.topic.c_str();
  out.partition = record.partition;
  out.leader_epoch = record.leader_epoch;
  out.offset = record.offset;
  out.timestamp_ms = record.timestamp.time_since_epoch().count();
  out.timestamp_type = static_cast<int32_t>(record.timestamp_type);
  out.header_count = static_cast<int32_t>(record.headers.size());
  if (record.key) {
    out.key = record.key->data();
    out.key_size = record.key->size();
  }
  if (record.value) {
    out.value = record.value->data();
    out.value_size = record.value->size();
  }
  return out;
}

HeadersView headers_of(const ottla_records& records, std::size_t index) {
  return records.copies.empty() ? records.polled[index].headers()
                                : records.copies[index].headers.view();
}

}  // namespace
}  // namespace ottla::c

using ottla::Result;
namespace c = ottla::c;

size_t ottla_records_count(const ottla_records* records) {
  return records == nullptr ? 0 : records->size();
}

ottla_error* ottla_records_get(const ottla_records* records, size_t index, ottla_consumed* record) {
  return c::call([&]() -> Result<void> {
    if (records == nullptr) return c::null_error("records");
    if (index >= records->size()) {
      return ottla::Error(ottla::ErrorCode::invalid_argument,
                          "index is " + std::to_string(index) + "; there are " +
                              std::to_string(records->size()) + " records");
    }
    const auto full = records->copies.empty() ? c::of_polled(records->polled, index)
                                              : c::of_copy(records->copies[index]);
    return c::write_sized(full, record, "record", sizeof(ottla_consumed));
  });
}

size_t ottla_records_headers(const ottla_records* records, size_t index, ottla_header* headers,
                             size_t capacity) {
  if (records == nullptr || headers == nullptr || index >= records->size()) return 0;
  size_t count = 0;
  for (const auto& header : c::headers_of(*records, index)) {
    if (count == capacity) break;
    headers[count++] = {header.key.data(), header.key.size(), c::data_of(header.value),
                        header.value.size()};
  }
  return count;
}

void ottla_records_free(ottla_records* records) {
  delete records;
}
