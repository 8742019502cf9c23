#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/metadata/control_records.h"
#include "broker/metadata/metadata_batch.h"
#include "protocol/record/record_batch.h"

// The files of a metadata log, made by hand.
namespace ottla::broker {

inline std::string stamped_batch(std::string batch, std::int64_t offset, std::int32_t epoch) {
  protocol::stamp_offsets(batch.data(), protocol::Offset(offset), protocol::LeaderEpoch(epoch));
  return batch;
}

inline std::string batch_of_control(const ControlRecord& record) {
  const auto encoded = encode_control_record(record, 0).value();
  return control_batch({&encoded, 1}, 0);
}

inline std::string batch_of_records(const std::vector<MetadataRecord>& all) {
  return encode_metadata_batches(all, 0).value().front();
}

// Batches one after the other from `offset` on, all in one epoch.
inline std::string segment_bytes(std::int64_t offset, std::int32_t epoch,
                                 const std::vector<std::string>& batches) {
  std::string bytes;
  for (const auto& batch : batches) {
    const auto made = stamped_batch(batch, offset, epoch);
    offset = protocol::RecordBatchView::parse(made).value().next_offset().value;
    bytes += made;
  }
  return bytes;
}

inline std::string snapshot_bytes(const std::vector<MetadataRecord>& all, bool with_footer = true) {
  auto bytes = stamped_batch(batch_of_control(SnapshotHeaderRecord()), 0, 1);
  bytes += stamped_batch(batch_of_records(all), 1, 1);
  if (!with_footer) return bytes;
  const auto end = static_cast<std::int64_t>(all.size()) + 1;
  return bytes + stamped_batch(batch_of_control(SnapshotFooterRecord()), end, 1);
}

}  // namespace ottla::broker
