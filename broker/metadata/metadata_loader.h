#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/logger.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"

namespace ottla::broker {

// The directory of the metadata log, and the topic id in its partition.metadata.
inline constexpr std::string_view kMetadataLogDirectory = "__cluster_metadata-0";
inline constexpr Uuid kMetadataTopicId{.high = 0, .low = 1};

// What a data directory says about its cluster.
struct LoadedMetadata {
  // Its cluster id is still empty: that stands in meta.properties.
  std::shared_ptr<const MetadataImage> image = MetadataImage::empty({});
  Offset log_start_offset{0};   // of the log; the snapshot's end if there is no segment
  Offset log_end_offset{0};     // where the log goes on
  std::int32_t last_epoch = 0;  // the greatest raft epoch seen in log, snapshots and quorum-state
  std::int16_t kraft_version = 0;
  std::string voters;             // the value of the last VotersRecord, under kraft.version 1
  bool has_records = false;       // false: the first records (features) are still to be written
  bool open_transaction = false;  // a Begin without End: to be aborted first
  // Values of the records of bootstrap.checkpoint, to be written first if there are no records.
  std::vector<std::string> bootstrap_records;
};

// Reads quorum-state, the newest snapshot and the metadata log below `log_directory` without
// writing anything; a directory without a metadata log is an empty image. Call it before anything
// else opens the directory for writing. (sleeps)
//
// Errors: unsupported_version for a record, a record version or a feature level that this broker
// does not know (naming file, offset and what to do); corrupt_data for contradictory records and
// for damage. A batch that is not whole at the end of the log is what a crash leaves, and no error,
// unless a raft epoch opens behind it: whoever opened that found it whole.
Result<LoadedMetadata> load_metadata(base::Directory& log_directory, const base::Logger& logger);

}  // namespace ottla::broker
