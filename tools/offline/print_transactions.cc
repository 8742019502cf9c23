#include <string>

#include "base/endian.h"
#include "protocol/transaction/transaction_records.h"
#include "protocol/wire/json.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

using protocol::TransactionLogValue;

std::string prefix_of(BytesView bytes) {
  return std::to_string(bytes.size() < 2 ? -1 : base::load_be<std::int16_t>(bytes.data()));
}

std::string partitions_json(const TransactionLogValue& value) {
  if (!value.transaction_partitions) return "null";
  std::string json = "[";
  for (const auto& topic : *value.transaction_partitions) {
    if (json.size() > 1) json += ',';
    json += "{\"topic\":";
    protocol::append_json_string(json, topic.topic);
    json += ",\"partitionIds\":[";
    for (std::size_t i = 0; i < topic.partition_ids.size(); ++i) {
      json += (i == 0 ? "" : ",") + std::to_string(topic.partition_ids[i]);
    }
    json += "]}";
  }
  return json + "]";
}

}  // namespace

// Kafka's order of the fields, in which those that are tagged stand between the others.
std::string transaction_json(const TransactionLogValue& value) {
  std::string json;
  const auto add = [&json](std::string_view name, std::int64_t number) {
    json += json.empty() ? "{\"" : ",\"";
    json.append(name).append("\":").append(std::to_string(number));
  };
  const auto add_unless = [&add](std::int64_t left_out, std::string_view name,
                                 std::int64_t number) {
    if (number != left_out) add(name, number);
  };
  add("producerId", value.producer_id.value);
  add_unless(-1, "previousProducerId", value.previous_producer_id.value);
  add_unless(-1, "nextProducerId", value.next_producer_id.value);
  add("producerEpoch", value.producer_epoch.value);
  add_unless(-1, "nextProducerEpoch", value.next_producer_epoch.value);
  add("transactionTimeoutMs", value.transaction_timeout_ms);
  add("transactionStatus", static_cast<std::int64_t>(value.transaction_status));
  json += ",\"transactionPartitions\":" + partitions_json(value);
  add("transactionLastUpdateTimestampMs", value.transaction_last_update_timestamp_ms);
  add("transactionStartTimestampMs", value.transaction_start_timestamp_ms);
  add_unless(0, "clientTransactionVersion", value.client_transaction_version);
  return json + "}";
}

PrintedRecord print_as_transactions(const protocol::RecordView& record) {
  const auto key_bytes = record.key.value_or(BytesView());
  const auto at = std::to_string(record.offset.value);
  const auto error = [&at](const Error& why) -> PrintedRecord {
    return {"Error at offset " + at + ", skipping. " + why.message(), std::nullopt};
  };
  const auto key = protocol::parse_transaction_log_key(key_bytes);
  if (!key && key.error().code() == ErrorCode::unsupported_version) {
    return {"Unknown record type " + prefix_of(key_bytes) + " at offset " + at + ", skipping.",
            std::nullopt};
  }
  if (!key) return error(key.error());
  PrintedRecord printed;
  printed.key =
      "{\"type\":\"" + prefix_of(key_bytes) + "\",\"data\":" + protocol::to_json(*key, 0) + "}";
  printed.payload = "<DELETE>";
  if (!record.value) return printed;
  const auto value = protocol::parse_transaction_log_value(*record.value);
  if (!value) return error(value.error());
  printed.payload = "{\"version\":\"" + prefix_of(*record.value) +
                    "\",\"data\":" + transaction_json(*value) + "}";
  return printed;
}

}  // namespace ottla::tools
