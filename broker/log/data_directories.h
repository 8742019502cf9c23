#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/logger.h"
#include "base/random.h"
#include "broker/log/log_directory.h"
#include "ottla/result.h"

namespace ottla::broker {

// One directory of a broker as its settings name it.
struct DataDirectory {
  std::string path;
  // Or why it could not be opened: then the broker does without, unless its metadata are there.
  Result<std::shared_ptr<base::Directory>> handle;
  bool for_logs = true;      // one of log.dirs
  bool for_metadata = true;  // metadata.log.dir, by default the first of log.dirs; of one only
};

// What the directories say before anything is written to any of them.
struct DirectorySurvey {
  std::string cluster_id;                    // empty: they are all new
  std::vector<std::optional<Error>> failed;  // of each, why it cannot be used
};

// Whether the directories can be those of one broker (sleeps). Errors: already_in_use (by another
// broker); invalid_config (of another node, or two that are copies of each other, or a log that
// lies in two of them, or metadata in another one than the settings say); inconsistent_cluster_id;
// corrupt_data; and whatever is wrong with the directory of the metadata, or with all others.
Result<DirectorySurvey> survey_directories(std::span<const DataDirectory> directories,
                                           protocol::BrokerId node_id);

// The same once it is taken; offline from the start if that failed.
struct OpenDirectory {
  std::string path;
  Result<std::unique_ptr<LogDirectory>> taken;
  bool for_logs = true;
  bool for_metadata = true;
};

// Takes them all, see LogDirectory::open (sleeps). Errors: as above.
Result<std::vector<OpenDirectory>> open_directories(std::span<const DataDirectory> directories,
                                                    const DirectorySurvey& survey,
                                                    protocol::BrokerId node_id,
                                                    base::Random& random);

}  // namespace ottla::broker
