#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/decision.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"
#include "protocol/messages/elect_leaders.h"

namespace ottla::broker {

using protocol::ElectionType;

// What becomes of one partition that a request names.
struct PartitionResult {
  std::string topic;
  std::int32_t partition = 0;
  Result<void> result;
};

struct PartitionToElect {
  std::string topic;
  std::int32_t partition = 0;
};

// Where a partition's replicas are to be; none: what is under way is called off.
struct PartitionToReassign {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::vector<BrokerId>> replicas;
};

// Decide on requests by the image alone, for a cluster in which `node` is the only broker that can
// be alive; write nothing. The error codes are documented at Controller's functions of the same
// names. Without `partitions` all there are are meant, and those that need no election are left
// out.
Decision<PartitionResult> decide_elect_leaders(
    ElectionType type, const std::optional<std::vector<PartitionToElect>>& partitions,
    const MetadataImage& image, BrokerId node);
Decision<PartitionResult> decide_reassign_partitions(
    const std::vector<PartitionToReassign>& partitions, bool may_change_factor,
    const MetadataImage& image, BrokerId node);

}  // namespace ottla::broker
