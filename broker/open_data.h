#pragma once

#include <span>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "broker/log/data_directories.h"
#include "broker/metadata/metadata_loader.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

// What the first step of a broker's start finds in its data directories.
struct OpenedData {
  std::vector<OpenDirectory> directories;
  LoadedMetadata metadata;
};

// Reads what the directories say before anything in them is written: those that this broker cannot
// serve stay as they are (sleeps). Errors: as survey_directories, load_metadata and
// open_directories; invalid_config if a directory is new where one is missing that the metadata
// know (a disk that was not mounted), or if a partition's log is in more than one.
Result<OpenedData> open_data(std::span<const DataDirectory> directories, BrokerId node,
                             base::Random random, const base::Logger& logger);

}  // namespace ottla::broker
