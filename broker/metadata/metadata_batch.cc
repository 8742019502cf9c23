#include "broker/metadata/metadata_batch.h"

#include <utility>

#include "base/assert.h"
#include "protocol/record/record_batch_builder.h"

namespace ottla::broker {
namespace {

using protocol::RecordBatchBuilder;

// Room for the record that ends a transaction.
constexpr std::size_t kReserve = 64;

void append_value(RecordBatchBuilder& builder, base::WallMillis timestamp, BytesView value) {
  const bool appended = builder.append(timestamp, std::nullopt, value);
  OTTLA_ASSERT(appended, "a growing batch has room");
}

std::string finished(RecordBatchBuilder& builder) {
  return std::string(builder.close_sealed());
}

Result<std::vector<std::string>> encode_values(std::span<const MetadataRecord> records,
                                               std::size_t limit) {
  std::vector<std::string> values;
  values.reserve(records.size());
  for (const auto& record : records) {
    auto value = encode_metadata_record(record, written_version(record));
    if (!value) return value.error();
    const auto size = protocol::kBatchHeaderSize + kReserve +
                      RecordBatchBuilder::max_record_size(std::nullopt, *value);
    if (size > limit) {
      return Error(ErrorCode::message_too_large, std::string(record_name(record)) + " of " +
                                                     std::to_string(value->size()) +
                                                     " bytes is larger than a metadata batch");
    }
    values.push_back(*std::move(value));
  }
  return values;
}

std::string value_of(const MetadataRecord& record) {
  auto value = encode_metadata_record(record, written_version(record));
  OTTLA_ASSERT(value, "a record without fields can be encoded");
  return *std::move(value);
}

bool fits_one_batch(const std::vector<std::string>& values, std::size_t limit) {
  std::size_t size = protocol::kBatchHeaderSize;
  for (const auto& value : values) {
    size += RecordBatchBuilder::max_record_size(std::nullopt, value);
  }
  return size <= limit;
}

std::vector<std::string> in_a_transaction(const std::vector<std::string>& values,
                                          base::WallMillis timestamp, std::size_t limit) {
  std::vector<std::string> batches;
  auto builder = RecordBatchBuilder::growing();
  append_value(builder, timestamp, value_of(BeginTransactionRecord()));
  for (const auto& value : values) {
    if (builder.size_if_appended(std::nullopt, value) + kReserve > limit) {
      batches.push_back(finished(builder));
      builder = RecordBatchBuilder::growing();
    }
    append_value(builder, timestamp, value);
  }
  append_value(builder, timestamp, value_of(EndTransactionRecord()));
  batches.push_back(finished(builder));
  return batches;
}

}  // namespace

Result<std::vector<std::string>> encode_metadata_batches(std::span<const MetadataRecord> records,
                                                         base::WallMillis timestamp,
                                                         std::size_t limit) {
  const auto values = encode_values(records, limit);
  if (!values) return values.error();
  if (!fits_one_batch(*values, limit)) return in_a_transaction(*values, timestamp, limit);
  return std::vector<std::string>{metadata_batch_of_values(*values, timestamp)};
}

std::string metadata_batch_of_values(std::span<const std::string> values,
                                     base::WallMillis timestamp) {
  auto builder = RecordBatchBuilder::growing();
  for (const auto& value : values) append_value(builder, timestamp, value);
  return finished(builder);
}

std::string control_batch(std::span<const EncodedControlRecord> records,
                          base::WallMillis timestamp) {
  auto builder = RecordBatchBuilder::growing();
  builder.set_control();
  for (const auto& record : records) {
    const bool appended = builder.append(timestamp, record.key, record.value);
    OTTLA_ASSERT(appended, "a growing batch has room");
  }
  return finished(builder);
}

}  // namespace ottla::broker
