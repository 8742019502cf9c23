#include "protocol/record/record_validation.h"

#include <algorithm>
#include <string>

#include "protocol/record/record_reader.h"

namespace ottla::protocol {
namespace {

Error invalid(std::string message) {
  return Error(ErrorCode::invalid_record, std::move(message));
}

}  // namespace

Result<void> validate_produced_header(const RecordBatchView& batch) {
  if (batch.base_offset() != Offset(0)) {
    return invalid("a produced batch has base offset 0, not " +
                   std::to_string(batch.base_offset().value));
  }
  if (batch.record_count() < 1 || batch.record_count() - 1 != batch.last_offset_delta()) {
    return invalid("the batch states " + std::to_string(batch.record_count()) +
                   " records and last offset delta " + std::to_string(batch.last_offset_delta()));
  }
  if (batch.is_control()) return invalid("producers cannot write control batches");
  if (batch.has_producer_id() &&
      (batch.base_sequence().value < 0 || batch.producer_epoch().value < 0)) {
    return invalid("the batch has producer id " + std::to_string(batch.producer_id().value) +
                   " but epoch " + std::to_string(batch.producer_epoch().value) +
                   " and base sequence " + std::to_string(batch.base_sequence().value));
  }
  if (batch.is_transactional() && !batch.has_producer_id()) {
    return invalid("a transactional batch needs a producer id");
  }
  if (batch.timestamp_type() == TimestampType::log_append_time) {
    return Error(ErrorCode::invalid_timestamp,
                 "producers cannot set the timestamp type to LogAppendTime");
  }
  return {};
}

Result<RecordsSummary> validate_records(const RecordBatchView& batch, BytesView records) {
  RecordsSummary summary;
  RecordReader reader(batch, records);
  std::int32_t index = 0;
  const auto first = batch.base_offset().value;
  for (RecordView record; reader.next(record); ++index) {
    if (record.offset.value - first != index) {
      return invalid("record " + std::to_string(index) + " of the batch has offset delta " +
                     std::to_string(record.offset.value - first));
    }
    if (index == 0) {
      summary.min_timestamp = summary.max_timestamp = record.timestamp;
    } else if (record.timestamp > summary.max_timestamp) {
      summary.max_timestamp = record.timestamp;
      summary.max_timestamp_delta = index;
    } else {
      summary.min_timestamp = std::min(summary.min_timestamp, record.timestamp);
    }
    if (!record.key && summary.first_without_key < 0) summary.first_without_key = index;
  }
  if (auto status = reader.status(); !status) return std::move(status).error();
  return summary;
}

}  // namespace ottla::protocol
