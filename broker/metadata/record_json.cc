#include "broker/metadata/record_json.h"

#include <string_view>
#include <variant>

#include "base/varint.h"
#include "broker/metadata/metadata_record.h"
#include "protocol/wire/json.h"

namespace ottla::broker {
namespace {

// FeatureLevelRecord -> FEATURE_LEVEL_RECORD.
std::string constant_name(std::string_view name) {
  std::string constant;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !constant.empty()) constant += '_';
    constant += upper ? c : static_cast<char>(c - 'a' + 'A');
  }
  return constant;
}

// Of a value that parse_metadata_record has taken.
std::int16_t version_in(BytesView value) {
  const char* at = value.data();
  const char* const end = at + value.size();
  std::uint32_t number = 0;
  for (int i = 0; i < 3; ++i) at = base::read_uvarint32(at, end, number);
  return static_cast<std::int16_t>(number);
}

}  // namespace

Result<std::string> metadata_record_json(BytesView value) {
  const auto record = parse_metadata_record(value);
  if (!record) return record.error();
  const auto version = version_in(value);
  return std::visit(
      [version](const auto& concrete) {
        return "{\"type\":\"" + constant_name(concrete.api.name) +
               "\",\"version\":" + std::to_string(version) +
               ",\"data\":" + protocol::to_json(concrete, version) + "}";
      },
      *record);
}

std::string control_record_json(const ControlRecord& record) {
  return std::visit(
      [](const auto& concrete) { return protocol::to_json(concrete, concrete.version); }, record);
}

}  // namespace ottla::broker
