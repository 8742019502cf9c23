#pragma once

#include <optional>
#include <vector>

#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_record.h"
#include "broker/metadata/own_directories.h"

namespace ottla::broker {

// Elections as a controller does them whose own broker is the only one that can be alive.

// What makes `node` the leader of a partition, under a raised leader epoch, with itself as the only
// in-sync replica and its replica in `directory`. None if the node has no replica of it. If its
// replica is not in sync, only an unclean election could make it leader, and if its directory is
// offline (none), nothing can: the change then takes the leadership off whoever has it, and there
// is none if nobody does.
std::optional<PartitionChangeRecord> elect(const Uuid& topic_id, std::int32_t number,
                                           const PartitionImage& partition, BrokerId node,
                                           const std::optional<Uuid>& directory);

// The same where an administrator would rather lose records than have no leader: the node need not
// be in sync.
std::optional<PartitionChangeRecord> elect_unclean(const Uuid& topic_id, std::int32_t number,
                                                   const PartitionImage& partition, BrokerId node,
                                                   const std::optional<Uuid>& directory);

// For every partition of the image; for every other broker that is not fenced, its fencing. A
// replica is where its log was found, else where the metadata have it. If that is none of the
// broker's directories it is offline as long as one of them is (it may lie there), and else begins
// anew in one of them.
std::vector<MetadataRecord> records_to_lead(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch,
                                            const OwnDirectories& directories);

// What follows when a directory of the node fails while it runs: it is registered with those that
// are left, and nobody leads the partitions of which its replica was there.
std::vector<MetadataRecord> records_without_directory(const MetadataImage& image, BrokerId node,
                                                      std::int64_t broker_epoch,
                                                      const Uuid& directory);

// What a clean stop leaves behind: no partition that `node` leads, and the broker fenced.
std::vector<MetadataRecord> records_to_stop(const MetadataImage& image, BrokerId node,
                                            std::int64_t broker_epoch);

}  // namespace ottla::broker
