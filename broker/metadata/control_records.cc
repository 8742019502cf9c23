#include "broker/metadata/control_records.h"

#include "base/endian.h"
#include "protocol/wire/codec_impl.h"

namespace ottla::broker {
namespace {

constexpr std::int16_t kKeyVersion = 0;
constexpr std::size_t kKeySize = 4;

Error corrupt_control(std::string why) {
  return {ErrorCode::corrupt_data, "control record: " + std::move(why)};
}

template <class Body>
Result<ControlRecord> parse_body(BytesView value) {
  // Every body begins with its version.
  if (value.size() < sizeof(std::int16_t)) return corrupt_control("its value is too short");
  const auto version = base::load_be<std::int16_t>(value.data());
  if (version < 0 || version > Body::api.max) {
    return Error(ErrorCode::unsupported_version, std::string(Body::api.name) + " version " +
                                                     std::to_string(version) + "; known are 0 to " +
                                                     std::to_string(Body::api.max));
  }
  auto body = protocol::Codec<Body>::decode(value, version);
  if (!body) return corrupt_control(body.error().message());
  return ControlRecord(*std::move(body));
}

ControlRecordType type_of(const ControlRecord& record) {
  constexpr ControlRecordType kTypes[] = {
      ControlRecordType::leader_change, ControlRecordType::snapshot_header,
      ControlRecordType::snapshot_footer, ControlRecordType::kraft_version,
      ControlRecordType::kraft_voters};
  return kTypes[record.index()];
}

}  // namespace

Result<ControlRecord> parse_control_record(const protocol::RecordView& record) {
  if (!record.key || record.key->size() < kKeySize) return corrupt_control("its key is too short");
  if (!record.value) return corrupt_control("it has no value");
  const auto type = static_cast<ControlRecordType>(
      base::load_be<std::int16_t>(record.key->data() + sizeof(std::int16_t)));
  switch (type) {
    case ControlRecordType::leader_change:
      return parse_body<LeaderChangeMessage>(*record.value);
    case ControlRecordType::snapshot_header:
      return parse_body<SnapshotHeaderRecord>(*record.value);
    case ControlRecordType::snapshot_footer:
      return parse_body<SnapshotFooterRecord>(*record.value);
    case ControlRecordType::kraft_version:
      return parse_body<KRaftVersionRecord>(*record.value);
    case ControlRecordType::kraft_voters:
      return parse_body<VotersRecord>(*record.value);
    case ControlRecordType::abort:
    case ControlRecordType::commit:
      break;
  }
  return Error(ErrorCode::unsupported_version, "control record of type " +
                                                   std::to_string(static_cast<int>(type)) +
                                                   ", which has no place in the metadata log");
}

std::string control_record_key(ControlRecordType type) {
  std::string key(kKeySize, '\0');
  base::store_be(key.data(), kKeyVersion);
  base::store_be(key.data() + sizeof(std::int16_t), static_cast<std::int16_t>(type));
  return key;
}

Result<EncodedControlRecord> encode_control_record(const ControlRecord& record,
                                                   std::int16_t version) {
  EncodedControlRecord encoded;
  encoded.key = control_record_key(type_of(record));
  return std::visit(
      [&](const auto& body) -> Result<EncodedControlRecord> {
        using Body = std::decay_t<decltype(body)>;
        auto bytes = protocol::Codec<Body>::encode(body, version, {});
        if (!bytes) return bytes.error();
        encoded.value = bytes->bytes.view();
        return std::move(encoded);
      },
      record);
}

}  // namespace ottla::broker
