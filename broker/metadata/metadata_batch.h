#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "broker/metadata/control_records.h"
#include "broker/metadata/metadata_record.h"
#include "ottla/result.h"

namespace ottla::broker {

// The largest batch that Apache Kafka's raft client reads.
inline constexpr std::size_t kMaxMetadataBatch = 8 << 20;

// Sealed batches that together hold the records: one, or, where `limit` bytes do not suffice,
// several within a metadata transaction (KIP-868), so that all of them count or none. Offsets and
// epoch are the log's to stamp. Errors: those of encode_metadata_record, message_too_large for a
// record that no batch can hold.
Result<std::vector<std::string>> encode_metadata_batches(std::span<const MetadataRecord> records,
                                                         base::WallMillis timestamp,
                                                         std::size_t limit = kMaxMetadataBatch);

// One batch of record values as they were read elsewhere.
std::string metadata_batch_of_values(std::span<const std::string> values,
                                     base::WallMillis timestamp);

// One batch of control records.
std::string control_batch(std::span<const EncodedControlRecord> records,
                          base::WallMillis timestamp);

}  // namespace ottla::broker
