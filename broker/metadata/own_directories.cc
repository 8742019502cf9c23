#include "broker/metadata/own_directories.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/partition_change.h"

namespace ottla::broker {

Uuid directory_of(const PartitionImage& partition, BrokerId broker) {
  for (std::size_t i = 0; i < partition.directories.size(); ++i) {
    if (partition.replicas[i] == broker) return partition.directories[i];
  }
  return kUnassignedDirectory;
}

DirectoryChoice::DirectoryChoice(const MetadataImage& image, BrokerId broker,
                                 std::vector<Uuid> online)
    : online_(std::move(online)), replicas_(online_.size()) {
  if (online_.size() < 2) return;  // there is nothing to choose
  for (const auto* topic : image.topics()) {
    for (const auto& [number, partition] : topic->partitions) {
      const auto in = std::find(online_.begin(), online_.end(), directory_of(partition, broker));
      if (in != online_.end()) ++replicas_[static_cast<std::size_t>(in - online_.begin())];
    }
  }
}

Uuid DirectoryChoice::next() {
  if (online_.empty()) return kUnassignedDirectory;
  const auto least = std::min_element(replicas_.begin(), replicas_.end());
  ++*least;
  return online_[static_cast<std::size_t>(least - replicas_.begin())];
}

}  // namespace ottla::broker
