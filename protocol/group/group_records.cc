#include "protocol/group/group_records.h"

#include <utility>

#include "protocol/wire/versioned.h"

namespace ottla::protocol {

template struct Codec<OffsetCommitKey>;
template struct Codec<OffsetCommitValue>;
template struct Codec<GroupMetadataKey>;
template struct Codec<GroupMetadataValue>;

namespace {

template <class Key>
Result<GroupRecordKey> parse_key(BytesView body) {
  auto key = Codec<Key>::decode(body, 0);
  if (!key) return key.error();
  return GroupRecordKey(*std::move(key));
}

template <class Value>
Result<Value> parse_value(BytesView value) {
  const auto split = split_prefix(value, Value::api.name);
  if (!split) return split.error();
  return Codec<Value>::decode(split->body, split->prefix);
}

}  // namespace

Result<GroupRecordKey> parse_group_record_key(BytesView key) {
  const auto split = split_prefix(key, "key of __consumer_offsets");
  if (!split) return split.error();
  switch (static_cast<GroupRecordType>(split->prefix)) {
    case GroupRecordType::legacy_offset_commit:
    case GroupRecordType::offset_commit:
      return parse_key<OffsetCommitKey>(split->body);
    case GroupRecordType::group_metadata:
      return parse_key<GroupMetadataKey>(split->body);
  }
  return Error(ErrorCode::unsupported_version,
               "key of __consumer_offsets: type " + std::to_string(split->prefix));
}

Result<OffsetCommitValue> parse_offset_commit_value(BytesView value) {
  return parse_value<OffsetCommitValue>(value);
}

Result<GroupMetadataValue> parse_group_metadata_value(BytesView value) {
  return parse_value<GroupMetadataValue>(value);
}

Result<std::string> encode(const OffsetCommitKey& key) {
  return encode_prefixed(key, 0, static_cast<std::int16_t>(GroupRecordType::offset_commit));
}

Result<std::string> encode(const GroupMetadataKey& key) {
  return encode_prefixed(key, 0, static_cast<std::int16_t>(GroupRecordType::group_metadata));
}

Result<std::string> encode(const OffsetCommitValue& value, std::int16_t version) {
  return encode_prefixed(value, version, version);
}

Result<std::string> encode(const GroupMetadataValue& value, std::int16_t version) {
  return encode_prefixed(value, version, version);
}

}  // namespace ottla::protocol
