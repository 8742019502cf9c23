#include "broker/metadata/metadata_replay.h"

#include <algorithm>

#include "broker/metadata/control_records.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

Error in_file(const Error& error, const std::string& file, Offset offset) {
  return {error.code(), error.message(), {.file = file, .offset = offset.value}};
}

}  // namespace

Result<void> MetadataReplay::apply(const protocol::RecordBatchView& batch,
                                   const std::string& file) {
  if (batch.compression() != Compression::none) {
    return Error(ErrorCode::unsupported_version,
                 "a compressed batch, which metadata logs do not have",
                 {.file = file, .offset = batch.base_offset().value});
  }
  last_epoch_ = std::max(last_epoch_, batch.partition_leader_epoch().value);
  protocol::RecordReader records(batch, batch.records());
  for (protocol::RecordView record; records.next(record);) {
    const auto applied = batch.is_control() ? apply_control(record) : apply_data(record);
    if (!applied) return in_file(applied.error(), file, record.offset);
  }
  if (const auto status = records.status(); !status) {
    return in_file(Error(ErrorCode::corrupt_data, status.error().message()), file,
                   batch.base_offset());
  }
  return {};
}

Result<void> MetadataReplay::apply_control(const protocol::RecordView& record) {
  const auto control = parse_control_record(record);
  if (!control) return control.error();
  if (const auto* version = std::get_if<KRaftVersionRecord>(&*control)) {
    if (version->kraft_version > 1 || version->kraft_version < 0) {
      return Error(
          ErrorCode::unsupported_version,
          "kraft.version " + std::to_string(version->kraft_version) + "; known are 0 and 1");
    }
    kraft_version_ = version->kraft_version;
  }
  if (const auto* voters = std::get_if<VotersRecord>(&*control)) {
    if (voters->voters.size() > 1) {
      return Error(ErrorCode::unsupported_version,
                   "a metadata quorum of " + std::to_string(voters->voters.size()) +
                       " voters; this broker's controller is its only voter: remove the others "
                       "with Apache Kafka's kafka-metadata-quorum.sh first");
    }
    voters_ = *record.value;
  }
  saw_snapshot_footer_ = std::holds_alternative<SnapshotFooterRecord>(*control);
  return {};
}

Result<void> MetadataReplay::apply_data(const protocol::RecordView& record) {
  if (!record.value) return Error(ErrorCode::corrupt_data, "a record without a value");
  const auto parsed = parse_metadata_record(*record.value);
  if (!parsed) return parsed.error();
  has_records_ = true;
  if (keep_values_) values_.emplace_back(*record.value);
  return delta_.apply(*parsed);
}

}  // namespace ottla::broker
