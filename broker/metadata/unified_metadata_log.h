#pragma once

#include <memory>

#include "base/file.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/log/flush_scheduler.h"
#include "broker/log/log_config.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/metadata_log.h"
#include "ottla/result.h"

namespace ottla::broker {

struct MetadataLogPlace {
  base::Loop* loop = nullptr;
  std::shared_ptr<base::Directory> log_directory;
  FlushScheduler* flush = nullptr;  // of the log directory, on the same loop; outlives the log
  base::Logger logger;
  // Under `memory` nothing is synced; otherwise metadata is, whatever the broker promises for
  // records: Apache Kafka does so too.
  Durability durability = Durability::fsync;
};

// Opens `__cluster_metadata-0`, which the controller has made, as a UnifiedLog; `log_start`
// is that of LoadedMetadata. What a crash has left torn at its end is cut off. The
// answer comes later, on the loop; errors are those of load_log.
using OnMetadataLogOpen = base::UniqueFunction<void(Result<std::unique_ptr<MetadataLog>>)>;
void open_metadata_log(const MetadataLogPlace& place, Offset log_start, OnMetadataLogOpen done);

}  // namespace ottla::broker
