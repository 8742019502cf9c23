#pragma once

#include <string>
#include <vector>

#include "client/admin/coordinators.h"
#include "ottla/admin.h"
#include "protocol/messages/offset_fetch.h"

namespace ottla::client {

class ListGroupOffsetsCall final : public CoordinatorsCall<Result<CommittedOffsets>> {
 public:
  ListGroupOffsetsCall(Promise<ListedGroupOffsets> promise, GroupsToList groups,
                       bool require_stable);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;
  protocol::OffsetFetchRequest make(std::int16_t version);
  void take(const protocol::OffsetFetchResponse& response, std::int16_t version);

  const GroupsToList groups_;
  const bool require_stable_;
  Keys asked_;
  std::string last_;  // of those that are asked for one after the other
};

// Of one group.
class AlterGroupOffsetsCall final : public CoordinatorsCall<Result<PartitionOutcomes>> {
 public:
  AlterGroupOffsetsCall(const Promise<PartitionOutcomes>& promise, std::string group,
                        CommittedOffsets offsets);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const std::string group_;
  const CommittedOffsets offsets_;
};

// Of one group.
class DeleteGroupOffsetsCall final : public CoordinatorsCall<Result<PartitionOutcomes>> {
 public:
  DeleteGroupOffsetsCall(const Promise<PartitionOutcomes>& promise, std::string group,
                         const std::vector<TopicPartition>& partitions);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const std::string group_;
  const std::set<TopicPartition> partitions_;
};

}  // namespace ottla::client
