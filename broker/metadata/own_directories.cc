#include "broker/metadata/own_directories.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/partition_change.h"

namespace ottla::broker {
namespace {

bool is_offline(const MetadataImage& image, const PartitionImage& partition, BrokerId replica) {
  const auto* broker = image.find_broker(replica);
  if (broker == nullptr || broker->fenced) return true;
  const auto directory = directory_of(partition, replica);
  if (directory == kUnassignedDirectory || directory == kMigratingDirectory) return false;
  if (directory == kLostDirectory) return true;
  return !broker->directories.empty() && !if_online(directory, broker->directories);
}

}  // namespace

Uuid directory_of(const PartitionImage& partition, BrokerId broker) {
  for (std::size_t i = 0; i < partition.directories.size(); ++i) {
    if (partition.replicas[i] == broker) return partition.directories[i];
  }
  return kUnassignedDirectory;
}

std::optional<Uuid> if_online(const Uuid& directory, std::span<const Uuid> online) {
  const bool is = std::find(online.begin(), online.end(), directory) != online.end();
  return is ? std::optional(directory) : std::nullopt;
}

std::optional<Uuid> online_directory_of(const PartitionImage& partition, BrokerId broker,
                                        std::span<const Uuid> online) {
  return if_online(directory_of(partition, broker), online);
}

std::vector<BrokerId> offline_replicas(const MetadataImage& image,
                                       const PartitionImage& partition) {
  std::vector<BrokerId> offline;
  for (const auto replica : partition.replicas) {
    if (is_offline(image, partition, replica)) offline.push_back(replica);
  }
  return offline;
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
