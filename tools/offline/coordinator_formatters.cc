#include <string>
#include <variant>

#include "base/endian.h"
#include "protocol/group/group_records.h"
#include "protocol/wire/json.h"
#include "tools/offline/dump.h"
#include "tools/record_formatter.h"

namespace ottla::tools {
namespace {

std::int16_t prefix_of(BytesView bytes) {
  return bytes.size() < 2 ? std::int16_t{-1} : base::load_be<std::int16_t>(bytes.data());
}

Error unreadable(const RecordView& record, const Error& why) {
  return Error(ErrorCode::corrupt_data, "Could not read record at offset " +
                                            std::to_string(record.offset()) +
                                            " due to: " + why.message());
}

void append(std::string& out, const RecordView& record, const std::string& key,
            const std::string& value) {
  out += "{\"key\":{\"type\":" + std::to_string(prefix_of(record.key())) + ",\"data\":" + key +
         "},\"value\":";
  if (is_null(record.value())) {
    out += "null}";
    return;
  }
  out += "{\"version\":" + std::to_string(prefix_of(record.value())) + ",\"data\":" + value + "}}";
}

// Of the keys of __consumer_offsets only those of one type.
template <class Key, class Parse>
Result<void> format_group_record(const RecordView& record, std::string& out, Parse parse) {
  if (is_null(record.key())) return {};
  const auto key = protocol::parse_group_record_key(record.key());
  if (!key && key.error().code() == ErrorCode::unsupported_version) return {};
  if (!key) return unreadable(record, key.error());
  const auto* wanted = std::get_if<Key>(&*key);
  if (wanted == nullptr) return {};
  std::string text;
  if (!is_null(record.value())) {
    const auto value = parse(record.value());
    if (!value) return unreadable(record, value.error());
    text = protocol::to_json(*value, prefix_of(record.value()));
  }
  append(out, record, protocol::to_json(*wanted, 0), text);
  return {};
}

Result<void> format_offset(const RecordView& record, std::string& out) {
  return format_group_record<protocol::OffsetCommitKey>(record, out,
                                                        protocol::parse_offset_commit_value);
}

Result<void> format_group(const RecordView& record, std::string& out) {
  return format_group_record<protocol::GroupMetadataKey>(record, out,
                                                         protocol::parse_group_metadata_value);
}

Result<void> format_transaction(const RecordView& record, std::string& out) {
  if (is_null(record.key())) return {};
  const auto key = protocol::parse_transaction_log_key(record.key());
  if (!key && key.error().code() == ErrorCode::unsupported_version) return {};
  if (!key) return unreadable(record, key.error());
  std::string text;
  if (!is_null(record.value())) {
    const auto value = protocol::parse_transaction_log_value(record.value());
    if (!value) return unreadable(record, value.error());
    text = transaction_json(*value);
  }
  append(out, record, protocol::to_json(*key, 0), text);
  return {};
}

}  // namespace

RecordFormatter find_coordinator_formatter(std::string_view name) {
  const auto behind_packages = name.find_last_of(".$");
  if (behind_packages != std::string_view::npos) name.remove_prefix(behind_packages + 1);
  if (name == "OffsetsMessageFormatter") return format_offset;
  if (name == "GroupMetadataMessageFormatter") return format_group;
  if (name == "TransactionLogMessageFormatter") return format_transaction;
  return nullptr;
}

}  // namespace ottla::tools
