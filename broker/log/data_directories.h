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

// What one directory says before anything is written to it.
struct SurveyedDirectory {
  std::optional<Error> failed;  // why it cannot be used
  bool is_new = false;          // nobody's yet
  protocol::Uuid id;            // zero if it is new, or has none yet, or cannot be used
};

// A log that was found in more than one directory: of one topic, or of several of that name.
struct LogInSeveral {
  struct Copy {
    std::string path;         // of the directory that it is in
    protocol::Uuid topic_id;  // zero if partition.metadata is missing or torn
  };
  TopicPartition partition;
  std::vector<Copy> copies;
};

struct DirectorySurvey {
  std::string cluster_id;                  // empty: they are all new
  std::vector<SurveyedDirectory> of_each;  // in the order of what was surveyed
  std::vector<LogInSeveral> in_several;
};

// Whether the directories can be those of one broker (sleeps). Errors: already_in_use (by another
// broker); invalid_config (of another node, or two that are copies of each other, or metadata in
// another one than the settings say); inconsistent_cluster_id; corrupt_data; and whatever is wrong
// with the directory of the metadata, or with all others.
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
