#include "broker/metadata/metadata_record.h"

#include <algorithm>
#include <utility>

#include "base/varint.h"
#include "protocol/wire/codec_impl.h"

namespace ottla::broker {
namespace {

constexpr std::uint32_t kFrameVersion = 1;

struct Frame {
  std::uint32_t type = 0;
  std::uint32_t version = 0;
  BytesView body;
};

Error corrupt_metadata(std::string why) {
  return {ErrorCode::corrupt_data, "metadata record: " + std::move(why)};
}

Result<Frame> parse_frame(BytesView value) {
  const char* at = value.data();
  const char* const end = at + value.size();
  std::uint32_t frame_version = 0;
  Frame frame;
  for (auto* number : {&frame_version, &frame.type, &frame.version}) {
    at = base::read_uvarint32(at, end, *number);
    if (at == nullptr) return corrupt_metadata("it ends within its frame");
  }
  if (frame_version != kFrameVersion) {
    return Error(ErrorCode::unsupported_version, "metadata record with frame version " +
                                                     std::to_string(frame_version) +
                                                     "; only 1 is known");
  }
  frame.body = {at, static_cast<std::size_t>(end - at)};
  return frame;
}

// Kafka's decoders answer corrupt_message for what a peer sent; in a file it is corrupt_data.
Error as_file_error(Error error) {
  if (error.code() == ErrorCode::unsupported_version) return error;
  return {ErrorCode::corrupt_data, error.message()};
}

template <class Record>
bool try_parse(const Frame& frame, Result<MetadataRecord>& out) {
  if (static_cast<std::uint32_t>(Record::api.key) != frame.type) return false;
  if (frame.version > static_cast<std::uint32_t>(Record::api.max)) {
    out = Error(ErrorCode::unsupported_version,
                std::string(Record::api.name) + " version " + std::to_string(frame.version) +
                    "; known are 0 to " + std::to_string(Record::api.max));
    return true;
  }
  auto record =
      protocol::Codec<Record>::decode(frame.body, static_cast<std::int16_t>(frame.version));
  if (record) {
    out = MetadataRecord(*std::move(record));
  } else {
    out = as_file_error(record.error());
  }
  return true;
}

template <class... Records>
Result<MetadataRecord> parse_any(const Frame& frame, const std::variant<Records...>*) {
  Result<MetadataRecord> out =
      Error(ErrorCode::unsupported_version,
            "metadata record of type " + std::to_string(frame.type) + ", which is not known");
  (try_parse<Records>(frame, out) || ...);
  return out;
}

}  // namespace

Result<MetadataRecord> parse_metadata_record(BytesView value) {
  auto frame = parse_frame(value);
  if (!frame) return frame.error();
  return parse_any(*frame, static_cast<const MetadataRecord*>(nullptr));
}

Result<std::string> encode_metadata_record(const MetadataRecord& record, std::int16_t version) {
  return std::visit(
      [version](const auto& concrete) -> Result<std::string> {
        using Record = std::decay_t<decltype(concrete)>;
        char frame[3 * base::kMaxVarint32Size];
        char* at = base::write_uvarint(frame, kFrameVersion);
        at = base::write_uvarint(at, static_cast<std::uint64_t>(Record::api.key));
        at = base::write_uvarint(at, static_cast<std::uint64_t>(version));
        const BytesView prefix(frame, static_cast<std::size_t>(at - frame));
        auto encoded = protocol::Codec<Record>::encode(concrete, version, prefix);
        if (!encoded) return encoded.error();
        return std::string(encoded->bytes.view());
      },
      record);
}

std::int16_t written_version(const MetadataRecord& record) {
  if (std::holds_alternative<RegisterBrokerRecord>(record)) return 3;
  if (std::holds_alternative<PartitionRecord>(record)) return 1;
  if (const auto* change = std::get_if<PartitionChangeRecord>(&record)) {
    const bool elr = change->eligible_leader_replicas || change->last_known_elr;
    return elr ? 2 : 1;
  }
  if (std::holds_alternative<BrokerRegistrationChangeRecord>(record)) return 2;
  return 0;
}

std::string_view record_name(const MetadataRecord& record) {
  return std::visit([](const auto& concrete) { return concrete.api.name; }, record);
}

}  // namespace ottla::broker
