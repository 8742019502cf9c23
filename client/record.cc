#include "ottla/record.h"

#include <ostream>
#include <utility>

#include "ottla/consumer_records.h"

namespace ottla {
namespace {

std::optional<Bytes> copy(BytesView bytes) {
  if (is_null(bytes)) return std::nullopt;
  return Bytes(bytes);
}

}  // namespace

const std::string& RecordMetadata::topic() const {
  static const std::string none;
  return topic_ ? *topic_ : none;
}

std::string to_string(const RecordMetadata& metadata) {
  std::string text = metadata.topic() + '-' + std::to_string(metadata.partition()) + '@';
  return text + (metadata.has_offset() ? std::to_string(metadata.offset()) : "?");
}

std::ostream& operator<<(std::ostream& out, const RecordMetadata& metadata) {
  return out << to_string(metadata);
}

ConsumerRecord RecordView::own() const {
  return {.topic = std::string(topic()),
          .partition = partition(),
          .offset = offset_,
          .leader_epoch = leader_epoch(),
          .timestamp = timestamp(),
          .timestamp_type = timestamp_type(),
          .key = copy(key_),
          .value = copy(value_),
          .headers = headers_};
}

std::span<const RecordView> ConsumerRecords::records(const TopicPartition& partition) const {
  for (const auto& part : contents_.parts) {
    if (part.partition == partition) return records(part);
  }
  return {};
}

}  // namespace ottla
