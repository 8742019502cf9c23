#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "tools/consumer_group_flags.h"

// What the actions of `ottla consumer-groups` share.
namespace ottla::tools {

// The groups that the flags mean, each once and sorted: all consumer groups of the cluster, or
// those that are named.
Result<std::vector<std::string>> groups_of(Admin& admin, const ConsumerGroupFlags& flags);

// The partitions that --topic means: those that are named, or all of a topic. A topic that is not
// there has an entry with partition -1 if `missing` is given; else it is an error.
Result<std::vector<TopicPartition>> partitions_of(Admin& admin, const ConsumerGroupFlags& flags,
                                                  PartitionOutcomes* missing = nullptr);

// What brokers list of their groups, of every kind: DescribeGroups knows classic ones only, and
// answers of others (KIP-848) as if they were not there. Error: also of a single broker.
Result<std::map<std::string, GroupListing>> list_all_groups(Admin& admin,
                                                            const ConsumerGroupFlags& flags);

// Why a group cannot be described that DescribeGroups does not know; `listed`: none if it is in no
// list either.
Error not_described(const Error& told, const std::optional<GroupListing>& listed);

// Why a group in this state is not to be reset; none if it may be.
std::optional<Error> fault_in_reset(const std::string& group, GroupState state);

// One action each, to an exit code.
int describe_groups(Admin& admin, const ConsumerGroupFlags& flags);
int reset_offsets(Admin& admin, const ConsumerGroupFlags& flags);

}  // namespace ottla::tools
