#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_records.h"
#include "broker/metadata/own_directories.h"
#include "ottla/result.h"

namespace ottla::broker {

// As many as Apache Kafka's controller creates for one request.
inline constexpr std::int64_t kMaxPartitionsPerRequest = 10'000;

using Replicas = std::vector<BrokerId>;

// Which brokers, and which of their directories, get new partitions. Borrows both arguments; for
// the time of one request.
class PartitionPlacement {
 public:
  PartitionPlacement(const MetadataImage& image, base::Random& random);

  std::size_t alive_brokers() const { return alive_.size(); }

  // Round robin over the brokers that are alive, from a random start, the later replicas of a
  // partition behind the first. `factor` is at most `alive_brokers`.
  std::vector<Replicas> place(std::size_t partitions, std::size_t factor) const;

  // What was assigned by hand to one partition: brokers that are registered, each once. Error:
  // invalid_replica_assignment, which names the partition.
  Result<void> check_replicas(std::int32_t partition, const Replicas& replicas) const;

  // The same error if none of the brokers is alive; `first` is the number of the first partition.
  Result<void> check_alive(std::int32_t first, const std::vector<Replicas>& assignments) const;

  // The record of a new partition; one of its replicas is alive. Each replica on a broker that is
  // alive is put into the directory there that has the fewest.
  PartitionRecord record(const Uuid& topic_id, std::int32_t partition, const Replicas& replicas);

 private:
  Replicas in_sync(const Replicas& replicas) const;
  Uuid choose_directory(BrokerId id);

  const MetadataImage& image_;
  base::Random& random_;
  Replicas alive_;
  std::map<BrokerId, DirectoryChoice> choices_;
};

Error bad_assignment(std::int32_t partition, std::string_view why);

}  // namespace ottla::broker
