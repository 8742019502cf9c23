#include "broker/open_data.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/metadata/own_directories.h"

namespace ottla::broker {
namespace {

// Kafka's first hundred ids name no directory: they say that one is unassigned, lost, ...
bool names_a_directory(const Uuid& id) {
  return id.high != 0 || id.low >= 100;
}

// The directories that the metadata know this broker by.
std::set<Uuid> known_directories(const MetadataImage& image, BrokerId node) {
  std::set<Uuid> known;
  const auto add = [&known](const Uuid& id) {
    if (names_a_directory(id)) known.insert(id);
  };
  if (const auto* broker = image.find_broker(node)) {
    for (const auto& id : broker->directories) add(id);
  }
  // One that has failed is in no registration any more, but its partitions are still in it.
  for (const auto* topic : image.topics()) {
    for (const auto& [number, partition] : topic->partitions) add(directory_of(partition, node));
  }
  return known;
}

// A disk that is not mounted looks like a new, empty directory; its partitions would begin anew.
Result<void> check_none_is_missing(std::span<const DataDirectory> directories,
                                   const DirectorySurvey& survey, const MetadataImage& image,
                                   BrokerId node) {
  auto missing = known_directories(image, node);
  std::size_t failed = 0;
  const std::string* begun = nullptr;
  for (std::size_t i = 0; i < directories.size(); ++i) {
    const auto& each = survey.of_each[i];
    missing.erase(each.id);
    if (each.failed) ++failed;
    if (each.is_new && directories[i].for_logs) begun = &directories[i].path;
  }
  // Each of those that failed may be one of the missing.
  if (begun == nullptr || missing.size() <= failed) return {};
  return Error(ErrorCode::invalid_config,
               "the log directory " + *begun + " is new, but the one with the directory.id " +
                   missing.begin()->to_string() +
                   ", in which the metadata know partitions of this broker, is missing: mount its "
                   "disk, or start once without " +
                   *begun + " in log.dirs if what was there is to be given up");
}

// Others of the name, of a topic that was deleted while they could not be, are taken for strays.
Result<void> check_no_log_is_twice(const DirectorySurvey& survey, const MetadataImage& image) {
  for (const auto& log : survey.in_several) {
    const auto* topic = image.find_topic(log.partition.topic);
    if (topic == nullptr) continue;
    const LogInSeveral::Copy* first = nullptr;
    for (const auto& copy : log.copies) {
      if (copy.topic_id != topic->id && !copy.topic_id.is_zero()) continue;
      if (first == nullptr) {
        first = &copy;
        continue;
      }
      return Error(ErrorCode::invalid_config,
                   "the log " + log_directory_name(log.partition) + " is in " + first->path +
                       " and in " + copy.path + "; take the one away that is not the partition's",
                   {.topic = log.partition.topic, .partition = log.partition.partition});
    }
  }
  return {};
}

}  // namespace

Result<OpenedData> open_data(std::span<const DataDirectory> directories, BrokerId node,
                             base::Random random, const base::Logger& logger) {
  const auto survey = survey_directories(directories, node);
  if (!survey) return survey.error();
  OpenedData opened;
  for (const auto& directory : directories) {
    if (!directory.for_metadata) continue;
    auto metadata = load_metadata(**directory.handle, logger);
    if (!metadata) return metadata.error();
    opened.metadata = std::move(*metadata);
  }
  const auto& image = *opened.metadata.image;
  if (auto done = check_none_is_missing(directories, *survey, image, node); !done) {
    return done.error();
  }
  if (auto done = check_no_log_is_twice(*survey, image); !done) return done.error();
  auto taken = open_directories(directories, *survey, node, random);
  if (!taken) return taken.error();
  opened.directories = std::move(*taken);
  return opened;
}

}  // namespace ottla::broker
