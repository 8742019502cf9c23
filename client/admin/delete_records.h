#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "client/admin/each_call.h"
#include "ottla/admin.h"
#include "protocol/messages/metadata.h"

namespace ottla::client {

// Asks who leads the partitions, then one leader after the other; those whose leader was another
// one are looked up again.
class DeleteRecordsCall final : public EachCall<TopicPartition, Result<std::int64_t>> {
 public:
  DeleteRecordsCall(Promise<DeletedRecords> promise, std::map<TopicPartition, std::int64_t> before);

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  Error about(const TopicPartition& partition, const Error& error) const override;
  std::string_view noun() const override { return "partition"; }

  Request ask_for_leaders(BrokerId broker);
  void take_leaders(const protocol::MetadataResponse& response);
  Request ask(BrokerId leader, std::int32_t timeout_ms);
  Keys led_by(BrokerId leader) const;
  std::optional<Error> take(const TopicPartition& partition, ErrorCode code, std::int64_t start);

  const std::map<TopicPartition, std::int64_t> before_;
  std::map<TopicPartition, BrokerId> leaders_;
};

}  // namespace ottla::client
