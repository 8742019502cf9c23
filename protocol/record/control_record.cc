#include "protocol/record/control_record.h"

#include <array>

#include "base/assert.h"
#include "base/endian.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {
namespace {

constexpr std::int16_t kKeyVersion = 0;
constexpr std::int16_t kMarkerVersion = 0;
constexpr std::size_t kKeySize = 4;
constexpr std::size_t kMarkerSize = 6;

using Key = std::array<char, kKeySize>;

Key key_of(ControlRecordType type) {
  Key key;
  base::store_be(key.data(), kKeyVersion);
  base::store_be(key.data() + 2, static_cast<std::int16_t>(type));
  return key;
}

Error invalid_control_record(const char* message) {
  return Error(ErrorCode::invalid_record, message);
}

std::string one_record(ControlRecordType type, BytesView body, std::int64_t timestamp,
                       const ProducerState& producer, bool transactional) {
  const auto key = key_of(type);
  const BytesView key_bytes(key.data(), key.size());
  auto builder = RecordBatchBuilder::growing(kBatchHeaderSize +
                                             RecordBatchBuilder::max_record_size(key_bytes, body));
  builder.set_control();
  const bool appended = builder.append(timestamp, key_bytes, body);
  OTTLA_ASSERT(appended, "a control record is far below 2 GiB");
  return std::string(builder.close_sealed(producer, transactional));
}

}  // namespace

template struct Codec<LeaderChangeMessage>;
template struct Codec<SnapshotHeaderRecord>;
template struct Codec<SnapshotFooterRecord>;
template struct Codec<KRaftVersionRecord>;

// Later versions may add to what is read here, never change it.
Result<ControlRecordType> control_record_type(const RecordView& record) {
  if (!record.key || record.key->size() < kKeySize) {
    return invalid_control_record("the key of a control record has at least 4 bytes");
  }
  if (base::load_be<std::int16_t>(record.key->data()) < 0) {
    return invalid_control_record("the key of a control record has a negative version");
  }
  return static_cast<ControlRecordType>(base::load_be<std::int16_t>(record.key->data() + 2));
}

Result<EndTransactionMarker> parse_end_transaction_marker(const RecordView& record) {
  const auto type = control_record_type(record);
  if (!type) return type.error();
  if (*type != ControlRecordType::abort && *type != ControlRecordType::commit) {
    return invalid_control_record("the control record does not end a transaction");
  }
  if (!record.value || record.value->size() < kMarkerSize) {
    return invalid_control_record("the marker of a transaction's end has at least 6 bytes");
  }
  if (base::load_be<std::int16_t>(record.value->data()) < 0) {
    return invalid_control_record("the marker of a transaction's end has a negative version");
  }
  return EndTransactionMarker{*type == ControlRecordType::commit,
                              base::load_be<std::int32_t>(record.value->data() + 2)};
}

std::string end_transaction_batch(const EndTransactionMarker& marker, ProducerId producer_id,
                                  ProducerEpoch producer_epoch, std::int64_t timestamp) {
  std::array<char, kMarkerSize> body;
  base::store_be(body.data(), kMarkerVersion);
  base::store_be(body.data() + 2, marker.coordinator_epoch);
  const auto type = marker.committed ? ControlRecordType::commit : ControlRecordType::abort;
  return one_record(type, {body.data(), body.size()}, timestamp,
                    {producer_id, producer_epoch, kNoSequence}, true);
}

std::int16_t control_body_version(const RecordView& record) {
  if (!record.value || record.value->size() < 2) return -1;
  return base::load_be<std::int16_t>(record.value->data());
}

std::string control_batch(ControlRecordType type, BytesView body, std::int64_t timestamp) {
  return one_record(type, body, timestamp, {}, false);
}

}  // namespace ottla::protocol
