#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "client/admin/each_call.h"
#include "ottla/admin.h"
#include "protocol/messages/elect_leaders.h"

namespace ottla::client {

class ElectLeadersCall final : public EachCall<TopicPartition, std::optional<Error>> {
 public:
  // Without partitions: all there are.
  ElectLeadersCall(Promise<PartitionOutcomes> promise, ElectionType type,
                   std::optional<std::vector<TopicPartition>> partitions);

  bool for_controller() const override { return true; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  protocol::ElectLeadersRequest request_for(std::int32_t timeout_ms) const;
  void take(const protocol::ElectLeadersResponse& response);
  Error about(const TopicPartition& partition, const Error& error) const override;
  std::string_view noun() const override { return "partition"; }

  const ElectionType type_;
  const bool all_;
};

}  // namespace ottla::client
