#include <string>
#include <variant>

#include "base/endian.h"
#include "protocol/group/consumer_protocol.h"
#include "protocol/group/group_records.h"
#include "protocol/wire/json.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

// The two bytes that a key begins with as its type, and everything else as its version.
std::int16_t prefix_of(BytesView bytes) {
  return bytes.size() < 2 ? std::int16_t{-1} : base::load_be<std::int16_t>(bytes.data());
}

// Replaces what stands for `bytes` behind `at` by the message in them, if it can be read.
template <class Parse>
void spell_out(std::string& json, std::size_t& at, const std::string& field, BytesView bytes,
               Parse parse) {
  std::string quoted = "\"" + field + "\":\"";
  const auto before = quoted.size() - 1;
  protocol::append_base64(quoted, bytes);
  quoted += '"';
  const auto found = json.find(quoted, at);
  if (found == std::string::npos) return;
  at = found + quoted.size();
  const auto version = prefix_of(bytes);
  if (version < 0 || version > protocol::kConsumerProtocolVersion) return;
  const auto message = parse(bytes);
  if (!message) return;
  const auto text = protocol::to_json(*message, version);
  json.replace(found + before, quoted.size() - before, text);
  at = found + before + text.size();
}

std::string group_json(const protocol::GroupMetadataValue& value, std::int16_t version) {
  auto json = protocol::to_json(value, version);
  if (value.protocol_type != protocol::kConsumerProtocolType) return json;
  std::size_t at = 0;
  for (const auto& member : value.members) {
    spell_out(json, at, "subscription", member.subscription.view, protocol::parse_subscription);
    spell_out(json, at, "assignment", member.assignment.view, protocol::parse_assignment);
  }
  return json;
}

Result<std::string> value_json(const protocol::GroupRecordKey& key, BytesView bytes) {
  const auto version = prefix_of(bytes);
  if (std::holds_alternative<protocol::OffsetCommitKey>(key)) {
    const auto value = protocol::parse_offset_commit_value(bytes);
    if (!value) return value.error();
    return protocol::to_json(*value, version);
  }
  const auto value = protocol::parse_group_metadata_value(bytes);
  if (!value) return value.error();
  return group_json(*value, version);
}

}  // namespace

PrintedRecord print_as_offsets(const protocol::RecordView& record) {
  const auto key_bytes = record.key.value_or(BytesView());
  const auto type = std::to_string(prefix_of(key_bytes));
  const auto at = std::to_string(record.offset.value);
  const auto key = protocol::parse_group_record_key(key_bytes);
  if (!key && key.error().code() == ErrorCode::unsupported_version) {
    return {"Unknown record type " + type + " at offset " + at + ", skipping.", std::nullopt};
  }
  if (!key) return {"Error at offset " + at + ", skipping. " + key.error().message(), std::nullopt};
  PrintedRecord printed;
  printed.key = std::visit(
      [&](const auto& concrete) {
        return "{\"type\":\"" + type + "\",\"data\":" + protocol::to_json(concrete, 0) + "}";
      },
      *key);
  if (!record.value) {
    printed.payload = "<DELETE>";
    return printed;
  }
  const auto value = value_json(*key, *record.value);
  if (!value) {
    return {"Error at offset " + at + ", skipping. " + value.error().message(), std::nullopt};
  }
  printed.payload =
      "{\"version\":\"" + std::to_string(prefix_of(*record.value)) + "\",\"data\":" + *value + "}";
  return printed;
}

}  // namespace ottla::tools
