#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "broker/metadata/metadata_image.h"
#include "ottla/types.h"

namespace ottla::broker {

// The log directories of one broker, as a controller must know them (KIP-858).
struct OwnDirectories {
  std::vector<Uuid> online;
  bool all_online = true;  // false: what is not found may lie in one that is offline
  // Where a log was found on disk; may be empty. Only the start asks.
  std::function<std::optional<Uuid>(const TopicPartition&)> found;
};

// Which of a broker's directories gets its next replica: the one that has the fewest, as Apache
// Kafka's brokers choose. For the time of one decision.
class DirectoryChoice {
 public:
  DirectoryChoice(const MetadataImage& image, BrokerId broker, std::vector<Uuid> online);

  // Counts it. Unassigned if there is none.
  Uuid next();

 private:
  std::vector<Uuid> online_;
  std::vector<std::size_t> replicas_;  // in each
};

// The directory in which `partition` has the broker's replica; unassigned if it does not say so.
Uuid directory_of(const PartitionImage& partition, BrokerId broker);

// `directory`, if it is one of `online`, which are all that its broker has.
std::optional<Uuid> if_online(const Uuid& directory, std::span<const Uuid> online);

// Where the broker's replica is; none: in a directory that is offline, or in one that is not said,
// which may be. What a leader must have.
std::optional<Uuid> online_directory_of(const PartitionImage& partition, BrokerId broker,
                                        std::span<const Uuid> online);

// What Kafka tells clients: the replicas whose broker is not there or fenced, and those in a
// directory that their broker does not have online. One that is not assigned yet counts as online,
// and so does every one but a lost one of a broker that has not said which it has.
std::vector<BrokerId> offline_replicas(const MetadataImage& image, const PartitionImage& partition);

}  // namespace ottla::broker
